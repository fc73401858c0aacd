# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import signal

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node import _processes
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._processes import each


@pytest.fixture(autouse=True)
def three(monkeypatch):
    monkeypatch.setattr(_processes, "processors", lambda: 3)


@pytest.mark.parametrize("many", [0, 1, 2, 3, 7, 10])
def test_what_is_made_comes_in_the_order_of_the_things(many):
    assert each(lambda thing: thing * 2, range(many), 1) == [2 * thing for thing in range(many)]


def test_things_are_shared_among_as_many_processes_as_they_are_worth():
    assert len(set(each(lambda _thing: os.getpid(), range(9), 3))) == 3
    assert len(set(each(lambda _thing: os.getpid(), range(9), 4))) == 2
    assert set(each(lambda _thing: os.getpid(), range(9), 5)) == {os.getpid()}


@pytest.mark.parametrize("at", range(6))
def test_an_error_in_any_process_is_raised(at):
    def work(thing):
        if thing == at:
            raise LabError(f"{thing} is wrong")
        return thing

    with pytest.raises(LabError, match=f"{at} is wrong"):
        each(work, range(6), 1)


def test_what_a_process_does_not_bring_to_its_end_is_done_here():
    here = os.getpid()

    def work(thing):
        if os.getpid() != here and thing > 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return thing, os.getpid() == here

    made = each(work, range(6), 1)
    assert [thing for thing, _here in made] == list(range(6))
    assert all(was_here for thing, was_here in made if thing > 3)


def test_what_cannot_be_handed_over_is_made_here():
    assert [made() for made in each(lambda thing: lambda: thing, range(6), 1)] == list(range(6))


def test_no_process_is_left_behind():
    copies = set(each(lambda _thing: os.getpid(), range(6), 1)) - {os.getpid()}
    assert len(copies) == 2
    for process in copies:
        with pytest.raises(ChildProcessError):
            os.waitpid(process, os.WNOHANG)
