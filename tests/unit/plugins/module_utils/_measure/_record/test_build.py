# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run on another build than its variant asks for does not count."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._measure._record._build import build_reasons, number_of

BUILD = {
    "emulator": {"path": "/q", "file": "/q", "exe": "/q", "version": "9.2.0 (Debian 1)", "sha256": "a" * 64},
    "kernel": {
        "path": "/k",
        "argv": "/k",
        "file_release": "6.12.1",
        "file_version": "#1 SMP",
        "release": "6.12.1",
        "version": "#1 SMP",
        "sha256": "b" * 64,
    },
    "initrd": {"path": "/i", "argv": "/i", "sha256": "c" * 64},
}
ASKED = {"emulator": "/q", "kernel": "/k", "initrd": "/i", "driver": {}, "mtu": 1500}


@pytest.mark.parametrize(
    ("options", "kernel", "says"),
    [
        (ASKED, {}, ""),
        ({"driver": {}}, {"release": "5"}, ""),
        ({"emulator": "/q", "kernel": None}, {"release": "5"}, ""),
        (ASKED, {"release": "6.1"}, "the release of the guest's kernel is 6.1, that of /k is 6.12.1"),
        (ASKED, {"version": "#2 SMP"}, "the version of the guest's kernel is #2 SMP, that of /k is #1 SMP"),
        (ASKED, {"release": None, "version": "#1 SMP"}, "is not told by the guest, that of /k is 6.12.1"),
        (ASKED, {"file_release": None, "file_version": None, "release": None}, ""),
        (ASKED, {"path": "/l"}, "the kernel in libvirt's live XML is /l"),
        (ASKED, {"argv": "/l"}, "QEMU was started with the kernel /l"),
    ],
)
def test_the_build_that_was_asked_for(options: dict[str, Any], kernel: dict[str, Any], says: str) -> None:
    found = build_reasons(options, {**BUILD, "kernel": {**BUILD["kernel"], **kernel}})
    assert (len(found), says in "; ".join(found)) == (int(bool(says)), True)


def test_what_was_not_recorded_does_not_count() -> None:
    assert build_reasons(ASKED, None) == [
        "which emulator and kernel and initrd the guest was started by was not recorded"
    ]
    assert build_reasons({}, None) == []


def test_the_number_of_a_version() -> None:
    assert number_of(BUILD) == "9.2.0"
    assert number_of({"emulator": {"version": None}}) is None
