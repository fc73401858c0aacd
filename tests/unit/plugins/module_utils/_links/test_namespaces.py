# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Namespaces: the plan, what is refused, who runs in one."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links import _namespaces
from ansible_collections.virtio.lab.plugins.module_utils._links._holders import Holder
from ansible_collections.virtio.lab.plugins.module_utils._links._model import MARK, Link
from ansible_collections.virtio.lab.plugins.module_utils._links._namespaces import (
    plan_namespaces,
    reconcile_namespaces,
    refuse_namespaces,
    users,
)
from ansible_collections.virtio.lab.plugins.module_utils._links._paths import left_over
from ansible_collections.virtio.lab.plugins.module_utils._runner import Result


@pytest.mark.parametrize(
    ("state", "there", "commands"),
    [
        ("present", [], ["ip netns add a", "ip netns add b", "ip -n a link set dev lo alias virtio.lab",
                         "ip -n b link set dev lo alias virtio.lab"]),
        ("present", ["a"], ["ip netns add b", "ip -n b link set dev lo alias virtio.lab"]),
        ("present", ["a", "b"], []),
        ("absent", ["b", "c"], ["ip netns delete b"]),
        ("absent", [], []),
    ],
)  # fmt: skip
def test_decision(state: str, there: list[str], commands: list[str]) -> None:
    assert [action.command for action in plan_namespaces(["a", "b"], state, there)] == commands


def test_refusal() -> None:
    refuse_namespaces({"a": MARK}, {})
    with pytest.raises(LabError, match="namespace a was not made by this collection"):
        refuse_namespaces({"a": ""}, {})
    with pytest.raises(LabError, match=r"namespace a is used by sh \(pid 7\)"):
        refuse_namespaces({"a": MARK}, {"a": [Holder(7, "sh")]})


def test_users_are_the_processes_in_a_namespace() -> None:
    """This process runs in its own one, for which its entry in /proc stands here."""
    found = users(["net"], folder=f"/proc/{os.getpid()}/ns")
    assert os.getpid() in [holder.pid for holder in found["net"]]


class World:
    def __init__(self) -> None:
        self.names: list[str] = []
        self.batches: list[str] = []

    def __call__(self, argv: list[str], stdin: str = "", check: bool = True) -> Result:
        if "-batch" in argv:
            self.batches.append(stdin)
            self.names += [line.split()[2] for line in stdin.splitlines() if line.startswith("netns add")]
            return Result(0, "", "")
        if "list" in argv:
            return Result(0, json.dumps([{"name": name} for name in self.names]), "")
        return Result(0, json.dumps([{"ifname": "lo"}]), "")


def test_reconcile() -> None:
    world = World()
    checked = reconcile_namespaces(["a", "a"], "present", False, True, world)
    assert world.batches == []
    made = reconcile_namespaces(["a", "a"], "present", False, False, world)
    assert made == checked
    assert made["diff"]["after"] == {"a": {"state": "present"}}
    assert not reconcile_namespaces(["a"], "present", False, False, world)["changed"]
    assert reconcile_namespaces(["a"], "absent", True, True, world)["commands"] == ["ip netns delete a"]
    assert not reconcile_namespaces(["b"], "absent", False, False, world)["changed"]


@pytest.mark.parametrize(("name", "words"), [("", "without a name"), ("a/b", "is not a name")])
def test_bad_names(name: str, words: str) -> None:
    with pytest.raises(LabError, match=words):
        reconcile_namespaces([name], "present", False, True, World())


def test_what_was_left_of_a_namespace_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "nowhere").symlink_to("none")
    (tmp_path / "real").symlink_to("/proc/self/ns/net")
    monkeypatch.setattr(_namespaces, "left_over", lambda name: left_over(name, str(tmp_path)))
    world = World()
    world.names = ["file", "folder", "nowhere", "real"]
    for name in ("file", "folder", "nowhere"):
        for state in ("present", "absent"):
            with pytest.raises(LabError, match=f"/{name} is there and is no network namespace; remove it first"):
                reconcile_namespaces([name], state, False, True, world)
        assert reconcile_namespaces([name], "absent", True, True, world)["commands"] == [f"ip netns delete {name}"]
    assert not reconcile_namespaces(["real"], "present", False, True, world)["changed"]
    assert not left_over("none", str(tmp_path))


def test_a_device_that_is_held_keeps_its_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_namespaces, "read_links", lambda name, runner: {"tap0": Link("tap0", "tun", True, 1500)})
    monkeypatch.setattr(_namespaces, "holders", lambda links, runner: {("a", "tap0"): [Holder(7, "qemu")]})
    with pytest.raises(LabError, match=r"namespace a has tap0, which is held by qemu \(pid 7\)"):
        _namespaces.refuse_devices(["a"], World())


def test_a_thread_of_a_process_may_be_in_another_namespace(tmp_path: Path) -> None:
    for pid, thread, inode in ((1, 1, "net"), (2, 2, "own"), (2, 3, "net"), (4, 4, "own")):
        (tmp_path / f"{pid}/task/{thread}/ns").mkdir(parents=True)
        (tmp_path / inode).touch()
        (tmp_path / f"{pid}/task/{thread}/ns/net").symlink_to(tmp_path / inode)
        (tmp_path / f"{pid}/comm").write_text("sh\n")
    found = users(["net"], str(tmp_path), str(tmp_path))
    assert [holder.pid for holder in found["net"]] == [1, 2]
