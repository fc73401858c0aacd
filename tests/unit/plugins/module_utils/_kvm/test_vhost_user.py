# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands against vhost-user here."""

from __future__ import annotations

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._kvm import _vhost_user
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse

SHARED = "<access mode='shared'/>"


@pytest.mark.parametrize(
    ("inside", "is_shared"),
    [
        ("", False),
        ("<memoryBacking/>", False),
        (f"<memoryBacking><source type='memfd'/>{SHARED}</memoryBacking>", True),
        (f"<memoryBacking><source type='file'/>{SHARED}</memoryBacking>", True),
        (f"<memoryBacking><hugepages/>{SHARED}</memoryBacking>", True),
        (f"<memoryBacking><source type='anonymous'/>{SHARED}</memoryBacking>", False),
        (f"<memoryBacking>{SHARED}</memoryBacking>", False),
        ("<memoryBacking><source type='memfd'/></memoryBacking>", False),
        ("<memoryBacking><source type='memfd'/><access mode='private'/></memoryBacking>", False),
        ("<cpu><numa><cell id='0' memory='1' memAccess='shared'/></numa></cpu>", True),
        ("<cpu><numa><cell memAccess='shared'/><cell/></numa></cpu>", False),
    ],
)
def test_memory_that_another_process_can_have(inside, is_shared):
    why = _vhost_user.lacks_shared_memory(parse(f"<domain>{inside}</domain>"))
    assert (why is None) == is_shared
    assert is_shared or "<source type='memfd'/> and <access mode='shared'/>" in str(why)


@pytest.mark.parametrize(
    ("kind", "cmdline", "version", "ends"),
    [
        ("qemu", "quiet", 7_002_022, True),
        ("qemu", "quiet pci=nomsix", 9_002_000, True),
        ("qemu", "quiet pci=nomsi", 7_002_022, False),
        ("qemu", "quiet", 10_000_000, False),
        ("kvm", "quiet", 7_002_022, False),
    ],
)
def test_a_qemu_that_would_end(kind, cmdline, version, ends):
    root = parse(f"<domain type='{kind}'><os><cmdline>{cmdline}</cmdline></os></domain>")
    why = _vhost_user.would_end(root, version)
    assert (why is not None) == ends


def test_the_sentence_names_the_version_and_the_remedy():
    why = _vhost_user.would_end(parse("<domain type='qemu'/>"), 7_002_022)
    assert str(why).startswith("QEMU 7.2.22 without KVM may end")
    assert "pci=nomsi" in str(why)


def test_a_program_that_is_not_there(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "dpdk-dev of Debian" in str(_vhost_user.lacks_testpmd())
    program = tmp_path / "dpdk-testpmd"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    assert _vhost_user.lacks_testpmd() is None
