# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse and write XML with entities, DTDs and the network switched off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.virtio.lab.plugins.module_utils import _library
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError

try:
    from lxml import etree
except ImportError as missing:
    etree = None
    LXML_MISSING: ImportError | None = missing
else:
    LXML_MISSING = None

if TYPE_CHECKING:
    from lxml.etree import _Element


def parse(text: str) -> _Element:
    """Return the root element of text, without comments; raises LabError when it is no XML or has a DTD."""
    if etree is None:
        raise _library.missing("lxml", "python3-lxml", LXML_MISSING or ImportError()) from LXML_MISSING
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        remove_blank_text=True,
        remove_comments=True,
    )
    try:
        root = etree.fromstring(text.encode("utf-8"), parser)
    except etree.XMLSyntaxError as error:
        raise LabError(f"this is not well-formed XML: {error}") from error
    if root.getroottree().docinfo.doctype:
        raise LabError(f"the XML of <{root.tag}> declares a document type; that is refused")
    return root


def dump(element: _Element) -> str:
    """Return element as indented text without an XML declaration."""
    return etree.tostring(element, pretty_print=True, encoding="unicode")
