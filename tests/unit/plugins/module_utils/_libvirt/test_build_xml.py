# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Emulator, kernel and initrd in a domain's XML: read, exchanged, given back to the letter."""

from __future__ import annotations

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._build_xml import build_of, with_build
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse

DIRECT = """<domain type="kvm">
  <name>a</name>
  <metadata><!-- mine --><x:y xmlns:x="urn:x"><![CDATA[<emulator>]]></x:y></metadata>
  <os>
    <type arch="x86_64" machine="pc-q35-7.2">hvm</type>
    <kernel>/k/vmlinuz</kernel>
    <initrd>/k/initrd.img</initrd>
    <cmdline>quiet</cmdline>
  </os>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
  </devices>
</domain>"""
DISK = '<domain type="kvm"><os><type>hvm</type></os><devices><emulator>/q</emulator></devices></domain>'
OWN = {"emulator": "/usr/bin/qemu-system-x86_64", "kernel": "/k/vmlinuz", "initrd": "/k/initrd.img"}
OTHER = {"emulator": "/opt/q w/qemu", "kernel": "/k/new&old", "initrd": "/k/new.img"}


def test_what_a_domain_names() -> None:
    assert build_of(parse(DIRECT)) == OWN
    assert build_of(parse(DISK)) == {"emulator": "/q", "kernel": "", "initrd": ""}
    assert build_of(parse("<domain/>")) == {"emulator": "", "kernel": "", "initrd": ""}


def test_another_build_and_back_to_the_letter() -> None:
    changed = with_build(DIRECT, OTHER)
    assert build_of(parse(changed)) == OTHER
    assert with_build(changed, OWN) == DIRECT


def test_one_part_leaves_the_others() -> None:
    assert build_of(parse(with_build(DIRECT, {"kernel": "/k/new"}))) == {**OWN, "kernel": "/k/new"}
    assert with_build(DIRECT, {}) == DIRECT


def test_an_initrd_that_comes_and_goes() -> None:
    without = with_build(DIRECT, {"initrd": ""})
    assert "<initrd>" not in without
    assert build_of(parse(with_build(without, {"initrd": "/k/i"})))["initrd"] == "/k/i"
