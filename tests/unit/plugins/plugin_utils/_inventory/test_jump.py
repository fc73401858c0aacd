# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way to a guest, as OpenSSH itself reads it (ssh -G)."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.plugin_utils._inventory._jump import ssh_arguments

PLAIN = {"inventory_hostname": "hv.example"}
FULL = {
    "inventory_hostname": "lab-host",
    "ansible_host": "127.0.0.1",
    "ansible_port": 22022,
    "ansible_user": "root",
    "ansible_ssh_common_args": "-o ControlPath=/cache/%C -o StrictHostKeyChecking=yes",
}


def read_by_ssh(arguments: list[str]) -> dict[str, str]:
    """Return the options that ssh takes from arguments for a guest at 192.0.2.7."""
    shown = subprocess.run(
        ["ssh", "-F", "/dev/null", "-G", *arguments, "192.0.2.7"], capture_output=True, text=True, check=True
    ).stdout
    # Of options that may be given more than once the first counts.
    return dict(line.partition(" ")[::2] for line in reversed(shown.splitlines()))


def way(hypervisor: dict[str, Any], connection: str = "ssh") -> dict[str, str]:
    # Ansible splits the variable as a shell splits words.
    return read_by_ssh(shlex.split(ssh_arguments("vhost-a", "/cache/of mine/known hosts", hypervisor, connection)))


def jump(hypervisor: dict[str, Any]) -> list[str]:
    """Return the words of the command that ssh runs, as a shell splits them."""
    return shlex.split(way(hypervisor)["proxycommand"].replace("%h", "192.0.2.7").replace("%p", "22"))


@pytest.mark.parametrize("connection", ["local", "ssh"])
def test_only_host_keys_known_under_the_guests_name_are_taken(connection: str) -> None:
    options = way(PLAIN, connection)
    assert options["stricthostkeychecking"] == "true"
    assert options["hostkeyalias"] == "vhost-a"
    assert options["globalknownhostsfile"] == "/dev/null"
    assert options["userknownhostsfile"] == "/cache/of mine/known hosts"
    assert ("proxycommand" in options) is (connection == "ssh")


def test_a_hypervisor_of_which_nothing_is_told_is_reached_by_its_name():
    assert jump(PLAIN) == ["ssh", "-W", "[192.0.2.7]:22", "hv.example"]


def test_the_jump_takes_all_that_ansible_is_told(tmp_path: Path) -> None:
    key = tmp_path / "of mine"
    key.touch()
    words = jump({**FULL, "ansible_ssh_private_key_file": str(key)})
    assert words[-3:] == ["-W", "[192.0.2.7]:22", "127.0.0.1"]
    # ssh makes one % of two when it runs the command.
    options = read_by_ssh([word.replace("%%", "%") for word in words[1:-3]])
    assert options["port"] == "22022"
    assert options["user"] == "root"
    assert options["identityfile"] == str(key)
    assert options["stricthostkeychecking"] == "true"
    assert options["controlpath"].startswith("/cache/")
    assert "%" not in options["controlpath"]


@pytest.mark.parametrize(
    ("older", "newer"),
    [("ansible_ssh_host", "ansible_host"), ("ansible_ssh_port", "ansible_port"), ("ansible_ssh_user", "ansible_user")],
)
def test_both_names_of_a_variable_are_known(older: str, newer: str) -> None:
    value = str(FULL[newer])
    assert jump({**PLAIN, older: value}) == jump({**PLAIN, newer: value})
    assert value in jump({**PLAIN, older: value})
