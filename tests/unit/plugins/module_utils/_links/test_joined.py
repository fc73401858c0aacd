# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which lines are joined, and that the account of a batch that stopped does not know of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virtio.lab.plugins.module_utils._links._batch import BatchError, run_batch
from ansible_collections.virtio.lab.plugins.module_utils._links._joined import joined, run_joined
from ansible_collections.virtio.lab.plugins.module_utils._runner import Result


@pytest.mark.parametrize(
    ("lines", "groups"),
    [
        ([], []),
        (["tuntap add dev a mode tap", "link set dev a master br0", "link set dev a up"], [1, 2]),
        (
            ["link set dev a alias x", "link set dev a mtu 1400", "link set dev a address 02::", "link set dev a up"],
            [4],
        ),
        (["link set dev a up", "link set dev b up"], [1, 1]),
        (["link set dev a mtu 1400", "link set dev a mtu 1500"], [1, 1]),
        (["link set dev a down", "link set dev a mtu 1400"], [1, 1]),
        (["link set dev a master b", "link set dev a type bridge_slave cost 5", "link set dev a up"], [1, 1, 1]),
        (["link set dev a up", "address add 10.0.0.1/8 dev a"], [1, 1]),
        (["link set dev up", "link set dev up"], [1, 1]),
    ],
)
def test_what_is_joined(lines, groups):
    assert [len(group) for group in joined([line.split() for line in lines])] == groups


def kernel(broken):
    """A runner whose `ip` knows each attribute by itself, takes part of a joined line, and fails at those broken."""
    taken = []

    def runner(argv, *, stdin, check):
        for number, line in enumerate(stdin.splitlines(), 1):
            words = line.split()
            at = 4 if words[:2] == ["link", "set"] else len(words)
            while at < len(words):
                width = 1 if words[at] in ("up", "nomaster") else 2
                part = (words[3], *words[at : at + width])
                if part in broken:
                    return Result(1, "", f"no {part}\nCommand failed -:{number}\n")
                taken.append(part)
                at += width
        return Result(0, "", "")

    return runner, taken


PARTS = st.sampled_from([("alias", "x"), ("mtu", "1400"), ("mtu", "1500"), ("master", "b"), ("nomaster",), ("up",)])
LINES = st.lists(st.tuples(st.sampled_from("ab"), PARTS), max_size=8)


def outcome(run, lines, broken):
    runner, taken = kernel(broken)
    try:
        run("", [("link", "set", "dev", name, *part) for name, part in lines], runner)
    except BatchError as stopped:
        return stopped.applied, stopped.reason, dict.fromkeys(taken)
    return None, None, dict.fromkeys(taken)


@given(LINES, st.sets(st.tuples(st.sampled_from("ab"), PARTS), max_size=2))
def test_the_account_is_that_of_lines_run_one_by_one(lines, broken):
    broken = {(name, *part) for name, part in broken}
    assert outcome(run_joined, lines, broken) == outcome(run_batch, lines, broken)


def test_a_failure_that_passes_is_none():
    calls = []

    def runner(argv, *, stdin, check):
        calls.append(stdin)
        return Result(1, "", "busy\nCommand failed -:1\n") if len(calls) == 1 else Result(0, "", "")

    run_joined("", [("link", "set", "dev", "a", "mtu", "1400"), ("link", "set", "dev", "a", "up")], runner)
    assert calls == ["link set dev a mtu 1400 up\n", "link set dev a mtu 1400\nlink set dev a up\n"]
