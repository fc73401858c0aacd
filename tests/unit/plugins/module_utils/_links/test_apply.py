# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The account of a batch that stopped, from what `ip` itself printed (6.1)."""

from __future__ import annotations

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import ApplyError
from ansible_collections.virtio.lab.plugins.module_utils._links._apply import apply, commands
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Action
from ansible_collections.virtio.lab.plugins.module_utils._runner import Result

ACTIONS = [
    Action("", "a", ("tuntap", "add", "dev", "a"), ()),
    Action("", "b", ("tuntap", "add", "dev", "b"), ()),
    Action("lab", "c", ("tuntap", "add", "dev", "c"), ()),
]


def test_one_batch_per_namespace() -> None:
    calls = []

    def runner(argv, *, stdin, check):
        calls.append((argv, stdin))
        return Result(0, "", "")

    apply(ACTIONS, runner)
    assert calls == [
        (["ip", "-batch", "-"], "tuntap add dev a\ntuntap add dev b\n"),
        (["ip", "-n", "lab", "-batch", "-"], "tuntap add dev c\n"),
    ]


def test_the_second_line_fails() -> None:
    said = "ioctl(TUNSETIFF): Device or resource busy\nCommand failed -:2\n"
    with pytest.raises(ApplyError) as stopped:
        apply(ACTIONS, lambda argv, **_: Result(1, "", said))
    assert stopped.value.applied == ["ip tuntap add dev a"]
    assert str(stopped.value) == (
        "b: `ip tuntap add dev b` failed: ioctl(TUNSETIFF): Device or resource busy; "
        "1 of 3 commands were applied before it (ip tuntap add dev a); 1 after it were not run"
    )


def test_a_namespace_cannot_be_entered() -> None:
    def runner(argv, **_):
        return Result(255, "", "Cannot open network namespace\n") if "-n" in argv else Result(0, "", "")

    with pytest.raises(ApplyError, match="2 of 3 commands were applied") as stopped:
        apply(ACTIONS, runner)
    assert stopped.value.applied == ["ip tuntap add dev a", "ip tuntap add dev b"]


def test_the_commands_are_those_that_are_run() -> None:
    settings = [
        Action("lab", "c", ("link", "set", "dev", "c", *words), ())
        for words in (("alias", "virtio.lab"), ("master", "br0"), ("up",))
    ]
    said = []

    def runner(argv, *, stdin, check):
        said.extend(" ".join((*argv[:-2], line)) for line in stdin.splitlines())
        return Result(0, "", "")

    apply([*ACTIONS, *settings], runner)
    assert said[-1] == "ip -n lab link set dev c alias virtio.lab master br0 up"
    assert commands([*ACTIONS, *settings]) == said
