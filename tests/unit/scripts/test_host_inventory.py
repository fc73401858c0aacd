# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What HOST of `make lab` means, told by ansible-inventory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "scripts" / "host_inventory.py"


def written(folder: Path, host: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCRIPT, host], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("host", "name", "variables"),
    [
        ("localhost", "localhost", {"ansible_connection": "local"}),
        ("hv1.example.org", "hv1.example.org", {"ansible_host": "hv1.example.org"}),
        ("hv1:2222", "hv1-2222", {"ansible_host": "hv1", "ansible_port": 2222}),
        ("hv1:22", "hv1", {"ansible_host": "hv1", "ansible_port": 22}),
        ("me@hv1", "hv1", {"ansible_host": "hv1", "ansible_user": "me"}),
        ("me@hv1:22022", "hv1-22022", {"ansible_host": "hv1", "ansible_user": "me", "ansible_port": 22022}),
        ("me@corp.example@hv1", "hv1", {"ansible_host": "hv1", "ansible_user": "me@corp.example"}),
        ("192.0.2.1:2222", "192.0.2.1-2222", {"ansible_host": "192.0.2.1", "ansible_port": 2222}),
        ("2001:db8::1", "2001-db8--1", {"ansible_host": "2001:db8::1"}),
        ("[2001:db8::1]", "2001-db8--1", {"ansible_host": "2001:db8::1"}),
        (
            "root@[2001:db8::1]:2222",
            "2001-db8--1-2222",
            {"ansible_host": "2001:db8::1", "ansible_user": "root", "ansible_port": 2222},
        ),
        ("fe80::1%eth0", "fe80--1-eth0", {"ansible_host": "fe80::1%eth0"}),
        ("localhost:2222", "localhost-2222", {"ansible_host": "localhost", "ansible_port": 2222}),
    ],
)
def test_a_host_is_in_the_group_with_its_connection(tmp_path, host, name, variables):
    done = written(tmp_path, host)
    assert done.returncode == 0, done.stderr
    program = Path(sys.executable).parent / "ansible-inventory"
    said = subprocess.run(
        [program, "-i", done.stdout.strip(), "--list"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    listed = json.loads(said.stdout)
    assert listed["hypervisors"]["hosts"] == [name]
    assert listed["_meta"]["hostvars"][name] == variables


def test_several_are_one_group(tmp_path):
    path = tmp_path / written(tmp_path, "hv1, root@hv2:2222,").stdout.strip()
    assert list(json.loads(path.read_text(encoding="ascii"))["hypervisors"]["hosts"]) == ["hv1", "hv2-2222"]


@pytest.mark.parametrize(
    ("host", "says"),
    [
        ("", "'' is no host's name"),
        ("hv1:ssh", "'ssh' is no port"),
        ("hv1:0", "'0' is no port"),
        ("hv1:99999", "'99999' is no port"),
        ("hv1:", "'' is no port"),
        ("@hv1", "'' is no user's name"),
        ("-oProxyCommand=x", "is no host's name"),
        ("-l@hv1", "'-l' is no user's name"),
        ("a b", "'a b' is no host's name"),
        ("$(id)", "is no host's name"),
        ("2001:db8::g", "'2001:db8::g' is no IPv6 address"),
        ("[hv1]:22", "'hv1' is no IPv6 address"),
        ("hv1,hv1", "hv1 is there more than once"),
    ],
)
def test_what_is_no_host_is_refused_in_one_sentence(tmp_path, host, says):
    done = written(tmp_path, host)
    assert done.returncode == 1
    assert done.stderr.startswith(f"make: HOST={host}: ")
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / ".cache").exists()
