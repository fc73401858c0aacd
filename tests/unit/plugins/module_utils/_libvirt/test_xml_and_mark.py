# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""XML in and out, and the ownership mark."""

from __future__ import annotations

import importlib
import sys

import libvirt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt import _xml
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._mark import mark_of, set_mark
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import dump, parse

BOMB = '<!DOCTYPE a [<!ENTITY b "boom">]><a>&b;</a>'
FILE = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'


@pytest.mark.parametrize("text", [BOMB, FILE, '<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><a/>'])
def test_document_types_are_refused(text):
    with pytest.raises(LabError, match="document type"):
        parse(text)


@pytest.mark.parametrize("text", ["", "no xml", "<a>", "<a></b>"])
def test_what_is_no_xml_is_refused(text):
    with pytest.raises(LabError, match="not well-formed"):
        parse(text)


def test_a_declared_encoding_is_no_obstacle():
    assert parse("<?xml version='1.0' encoding='UTF-8'?><a>ä</a>").text == "ä"


def test_mark_survives_a_round_trip():
    root = parse("<network><name>n</name><uuid>u</uuid><bridge name='b'/></network>")
    assert mark_of(root) is None
    set_mark(root, "hands-on")
    again = parse(dump(root))
    assert mark_of(again) == "hands-on"
    assert [child.tag for child in again] == ["name", "uuid", "metadata", "bridge"]


def test_other_metadata_stays_and_marking_twice_is_marking_once():
    root = parse("<domain><metadata><o:x xmlns:o='urn:other'/></metadata></domain>")
    set_mark(root, "one")
    set_mark(root, "two")
    metadata = parse(dump(root)).find("metadata")
    assert [child.tag for child in metadata] == ["{urn:other}x", "{urn:virtio.lab:1}lab"]
    assert mark_of(root) == "two"


NOTES = """<o:x xmlns:o="urn:other"><!-- why --><![CDATA[a < b]]> <o:y>
    two
  lines </o:y>
  <?tool keep?><o:z>  </o:z></o:x>"""


def test_other_metadata_stays_to_the_letter():
    text = f"<network><!-- gone --><name>a<!-- gone too -->b</name><metadata> {NOTES}\n</metadata> <?gone?></network>"
    root = parse(text)
    set_mark(root, "one")
    assert NOTES in dump(root)
    assert dump(parse(dump(root))) == dump(root)
    assert "gone" not in dump(root)
    assert root.findtext("name") == "ab"
    assert [child.tag for child in root] == ["name", "metadata"]


def test_a_text_can_be_had_with_all_that_is_in_it():
    text = f"<domain><!-- stays --> <name>n</name>\n<metadata>{NOTES}</metadata></domain>"
    assert _xml.etree.tostring(_xml.parse_whole(text), encoding="unicode") == text
    with pytest.raises(LabError, match="document type"):
        _xml.parse_whole(BOMB)


def test_another_namespace_is_no_mark():
    assert mark_of(parse("<domain><metadata><lab name='x'/></metadata></domain>")) is None


# What XML 1.0 can hold; a parser gives every end of a line as \n, and \t and \n in an attribute as spaces.
characters = st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")


@given(st.text(characters, min_size=1), st.text(characters))
def test_any_lab_and_any_text_survive_a_round_trip(lab, text):
    root = parse("<domain><name>n</name><description/><title/></domain>")
    root.find("description").text = text
    set_mark(root, lab)
    again = parse(dump(root))
    assert mark_of(again) == lab
    assert (again.findtext("description") or "") == text
    assert dump(parse(dump(again))) == dump(again)


@given(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1))
def test_libvirt_keeps_the_mark(lab):
    with libvirt.open("test:///default") as connection:
        root = parse("<network><name>marked</name><uuid>0cc74cef-906c-4d76-9940-a6ef886e6438</uuid></network>")
        set_mark(root, lab)
        network = connection.networkDefineXML(dump(root))
        try:
            kept = mark_of(parse(network.XMLDesc()))
        finally:
            network.undefine()
    assert kept == lab


def test_a_missing_lxml_is_named(monkeypatch):
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "lxml", None)  # an import of it fails from now on
        importlib.reload(_xml)
        with pytest.raises(LabError, match="install the package python3-lxml"):
            _xml.parse("<a/>")
    importlib.reload(_xml)
    assert _xml.parse("<a/>").tag == "a"
