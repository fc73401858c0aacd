# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""<metadata>: what others note at a network, each in a namespace of its own. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Mapping, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._mark import NAMESPACE, metadata_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._canonical import uri_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse_whole

if TYPE_CHECKING:
    from lxml.etree import _Element


def checked(name: str, asked: Sequence[Mapping[str, str]]) -> None:
    """Raise LabError where an entry of the option metadata is not what libvirt would keep."""
    for entry in asked:
        uri, text = entry["uri"], entry["xml"]
        if not uri or uri == NAMESPACE:
            raise LabError(
                f"network {name}: metadata uri {uri!r}: a namespace of your own such as urn:example:1 is right"
            )
        if not text:
            continue
        try:
            found = uri_of(parse_whole(text))
        except LabError as error:
            raise LabError(f"network {name}: metadata of {uri}: {error}") from error
        if found != uri:
            told = "no namespace" if found is None else f"the namespace {found}"
            raise LabError(
                f"network {name}: metadata of {uri}: its element has {told}; <x:note xmlns:x='{uri}'/> is right"
            )


def set_metadata(root: _Element, asked: Sequence[Mapping[str, str]]) -> None:
    """Write the option metadata: each entry in the place of what there is of its namespace, "" for nothing there."""
    for entry in asked:
        metadata = metadata_of(root)
        for element in metadata.findall(f"{{{entry['uri']}}}*"):
            metadata.remove(element)
        if entry["xml"]:
            metadata.append(parse_whole(entry["xml"]))
