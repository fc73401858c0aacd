# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ownership mark: whatever a lab makes in libvirt names that lab in its <metadata>."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Iterable, Optional

if TYPE_CHECKING:
    from lxml.etree import _Element

NAMESPACE = "urn:virtio.lab:1"
PREFIX = "lab"
_TAG = f"{{{NAMESPACE}}}lab"


def mark_of(root: _Element) -> Optional[str]:
    """Return the lab that a domain or network belongs to, None for an object that no lab made."""
    mark = root.find(f"metadata/{_TAG}")
    return None if mark is None else mark.get("name")


def is_mark(entry: _Element) -> bool:
    """Tell whether an element of <metadata> is the mark."""
    return entry.tag == _TAG


def metadata_of(root: _Element) -> _Element:
    """Return root's <metadata>, made where there is none."""
    metadata = root.find("metadata")
    if metadata is None:
        metadata = root.makeelement("metadata", {})
        # libvirt's schema wants <metadata> near the top; after name and uuid suits domain and network alike.
        root.insert(sum(1 for child in root if child.tag in ("name", "uuid")), metadata)
    return metadata


def set_mark(root: _Element, lab: str) -> None:
    """Write the mark of lab into root's <metadata>, in place of any mark it had; other metadata stays."""
    metadata = metadata_of(root)
    mark = metadata.find(_TAG)
    if mark is None:
        mark = metadata.makeelement(_TAG, {}, nsmap={PREFIX: NAMESPACE})
        metadata.append(mark)
    mark.set("name", lab)


def keep_notes(root: _Element, notes: Iterable[_Element]) -> None:
    """Put elements of another <metadata> into root's, as far as it has none of their namespace; the mark is no note."""
    for note in notes:
        namespace = f"{note.tag.partition('}')[0]}}}"
        if not is_mark(note) and not any(entry.tag.startswith(namespace) for entry in root.iterfind("metadata/*")):
            kept = deepcopy(note)
            kept.tail = None
            metadata_of(root).append(kept)


def clear_mark(root: _Element) -> None:
    """Take the mark away; other metadata stays."""
    for metadata in root.findall("metadata"):
        for mark in metadata.findall(_TAG):
            metadata.remove(mark)
