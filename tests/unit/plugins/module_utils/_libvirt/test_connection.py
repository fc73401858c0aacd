# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections to libvirt's own test driver, and to nothing."""

from __future__ import annotations

import sys

import libvirt
import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._connection import connect, words_of


def test_a_connection_lasts_as_long_as_its_block():
    with connect("test:///default") as connection:
        assert connection.getType() == "TEST"
        assert connection.isAlive()
    with pytest.raises(libvirt.libvirtError):
        connection.getType()


def test_nothing_at_a_uri_is_named(tmp_path):
    uri = f"qemu+unix:///system?socket={tmp_path}/none"
    with pytest.raises(LabError, match=r"libvirt does not answer at 'qemu.*none'.*is libvirtd running"), connect(uri):
        pass


def test_what_libvirt_refuses_in_the_block_is_an_error_for_users_and_closes(capfd):
    with pytest.raises(LabError, match="libvirt refused: Domain not found"), connect("test:///default") as connection:
        connection.lookupByName("missing")
    with pytest.raises(libvirt.libvirtError):
        connection.getType()
    assert capfd.readouterr() == ("", "")  # a module's output is not spoilt


def test_errors_of_others_pass_unchanged():
    with pytest.raises(LabError, match=r"^mine$"), connect("test:///default"):
        raise LabError("mine")


def test_a_missing_binding_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "libvirt", None)  # an import of it fails from now on
    with pytest.raises(LabError, match="install the package python3-libvirt"), connect("test:///default"):
        pass


def test_what_libvirt_says_is_one_line() -> None:
    class Error(Exception):
        @staticmethod
        def get_error_message() -> str:
            return "Child process (dnsmasq) unexpected exit status 1: \ndnsmasq: bad option at line 16\n"

    assert words_of(Error()).endswith("exit status 1: dnsmasq: bad option at line 16")
