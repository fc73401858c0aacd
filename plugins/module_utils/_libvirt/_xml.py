# Copyright (c) 2026, virtio.lab contributors
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
    """Return the root element of text; raises LabError when it is no XML or has a DTD.

    Blanks, comments and processing instructions between elements are left out, but not in <metadata>: what stands there
    is other people's, and stays to the letter, as it does in libvirt.
    """
    root = parse_whole(text)
    tidy(root)
    return root


def parse_whole(text: str) -> _Element:
    """Return the root element of text with all that is in it; raises LabError as parse() does."""
    if etree is None:
        raise _library.missing("lxml", "python3-lxml", LXML_MISSING or ImportError()) from LXML_MISSING
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        strip_cdata=False,
    )
    try:
        root = etree.fromstring(text.encode("utf-8"), parser)
    except (etree.XMLSyntaxError, UnicodeEncodeError, ValueError) as error:
        raise LabError(f"this is not well-formed XML: {error}") from error
    if root.getroottree().docinfo.doctype:
        raise LabError(f"the XML of <{root.tag}> declares a document type; that is refused")
    return root


def tidy(element: _Element) -> None:
    """Take blanks, comments and processing instructions from between the elements of element."""
    for child in list(element):
        if not isinstance(child.tag, str):
            _take_out(element, child)
        elif child.tag != "metadata":
            tidy(child)
    if len(element):
        element.text = _unless_blank(element.text)
        for child in element:
            child.tail = _unless_blank(child.tail)


def _take_out(parent: _Element, child: _Element) -> None:
    """Remove a comment or the like; the text that it stood in stays."""
    before, text = child.getprevious(), child.tail or ""
    if before is None:
        parent.text = f"{parent.text or ''}{text}"
    else:
        before.tail = f"{before.tail or ''}{text}"
    parent.remove(child)


def _unless_blank(text: str | None) -> str | None:
    return text if text and text.strip() else None


def dump(element: _Element) -> str:
    """Return element as indented text without an XML declaration."""
    return etree.tostring(element, pretty_print=True, encoding="unicode")
