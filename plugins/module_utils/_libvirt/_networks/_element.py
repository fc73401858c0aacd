# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small steps on XML elements that all builders take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping, Optional

if TYPE_CHECKING:
    from lxml.etree import _Element


def child_of(parent: _Element, tag: str) -> _Element:
    """Return parent's first child of that tag, made when there is none."""
    found = parent.find(tag)
    return add(parent, tag) if found is None else found


def add(parent: _Element, tag: str, attributes: Optional[Mapping[str, Any]] = None) -> _Element:
    """Append a child with those attributes that are not None, as text; return it."""
    child = parent.makeelement(tag, {})
    fill(child, attributes or {})
    parent.append(child)
    return child


def fill(element: _Element, attributes: Mapping[str, Any]) -> None:
    """Set those attributes that are not None, as text."""
    for name, value in attributes.items():
        if value is not None:
            element.set(name, str(value))


def remove(parent: _Element, *tags: str) -> None:
    """Remove parent's children of these tags."""
    for tag in tags:
        for child in parent.findall(tag):
            parent.remove(child)


def replace(parent: _Element, tag: str) -> _Element:
    """Return a new, empty child in the place of all of that tag; first of all children where it was not there."""
    found = parent.find(tag)
    at = 0 if found is None else parent.index(found)
    remove(parent, tag)
    child = parent.makeelement(tag, {})
    parent.insert(at, child)
    return child


def yes_no(element: _Element, attribute: str, value: Optional[bool]) -> None:
    """Set an attribute to libvirt's yes or no; None leaves it alone."""
    if value is not None:
        element.set(attribute, "yes" if value else "no")
