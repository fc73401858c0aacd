# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which programs a domain's XML names: QEMU's binary, and the kernel and initrd of a directly booted guest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, Mapping

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import etree, parse_whole

if TYPE_CHECKING:
    from lxml.etree import _Element

# Part → where it stands in a <domain>.
PARTS: Mapping[str, str] = {"emulator": "devices/emulator", "kernel": "os/kernel", "initrd": "os/initrd"}


def build_of(root: _Element) -> Dict[str, str]:
    """Return the path of each part, "" where the domain has none."""
    return {part: (root.findtext(place) or "").strip() for part, place in PARTS.items()}


def with_build(text: str, wanted: Mapping[str, str]) -> str:
    """Return a domain's XML with other paths for the parts that are wanted; "" takes one away. All else stays."""
    root = parse_whole(text)
    for part, path in wanted.items():
        place = PARTS[part]
        element = root.find(place)
        if path and element is None:
            parent, tag = place.split("/")
            element = etree.SubElement(root.find(parent), tag)
        if path:
            element.text = path
        elif element is not None:
            element.getparent().remove(element)
    return str(etree.tostring(root, encoding="unicode"))
