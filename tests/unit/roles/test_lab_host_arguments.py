# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the lab host's QEMU is told: no path that the user chose, and no door to the user's machine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

VARIABLES = yaml.safe_load(
    (Path(__file__).resolve().parents[3] / "roles" / "lab_host" / "vars" / "main.yml").read_text(encoding="utf-8")
)
TOLD = ("emulator", "sandbox", "machine", "boot_arguments", "devices", "credentials", "logs", "debugging")
# What these stand for are names of the role's own, numbers, choices, and the name that main.yml checks.
HARMLESS = {
    "lab_host_accelerator",
    "lab_host_boot_here",
    "lab_host_cpu",
    "lab_host_cpus",
    "lab_host_debug",
    "lab_host_effective_accelerator",
    "lab_host_here",
    "lab_host_internet",
    "lab_host_memory_mib",
    "lab_host_name",
    "lab_host_ssh_port",
}


@pytest.mark.parametrize("part", TOLD)
def test_nothing_that_the_user_chose_freely_is_part_of_an_argument(part):
    text = yaml.safe_dump(VARIABLES[f"lab_host_{part}"], width=10000)
    assert set(re.findall(r"lab_host_\w+", text)) <= HARMLESS


def test_the_paths_are_relative():
    assert VARIABLES["lab_host_here"] == "../../lab-host/{{ lab_host_digest }}"
    assert all(word.startswith(("{{ lab_host_here }}/", "-")) for word in VARIABLES["lab_host_emulator"])


def test_every_network_is_closed_unless_it_is_opened():
    devices = VARIABLES["lab_host_devices"]
    networks = [devices[at + 1] for at, word in enumerate(devices) if word == "-netdev"]
    # A hub that has no other port leads nowhere.
    assert networks.pop() == "hubport,id=wire,hubid=0"
    assert len(networks) == 1
    assert "restrict=' ~ lab_host_internet | ternary('off', 'on')" in networks[0]


def test_the_sandbox_denies_all_that_it_can():
    assert VARIABLES["lab_host_sandbox"] == [
        "-sandbox",
        "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
    ]
