# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A short run of the fuzzers (tests/fuzz): a share of the same inputs each time, and a few of hypothesis' own.

`tests/fuzz/run.py --inputs 1000000` runs the whole.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import libvirt_qemu
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..conftest import loaded

FUZZ = Path(__file__).parents[2] / "fuzz"
INPUTS = 3000


mutate, targets, run = (loaded(FUZZ / f"{name}.py", name) for name in ("mutate", "targets", "run"))
TARGETS = {target.name: target for target in targets.targets()}
SHARES = sum(target.share for target in TARGETS.values())


@pytest.fixture(autouse=True)
def _bounded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The targets put an agent of their own in the place of libvirt's; it is put back."""
    for name in ("qemuAgentCommand", "qemuMonitorCommand"):
        monkeypatch.setattr(libvirt_qemu, name, getattr(libvirt_qemu, name))
    before = signal.getsignal(signal.SIGPROF)
    run.bound_time()
    yield
    signal.signal(signal.SIGPROF, before)


@pytest.mark.parametrize("name", TARGETS)
def test_whatever_comes_in_only_laberror_comes_out(name):
    target = TARGETS[name]
    for number in range(max(3, round(INPUTS * target.share / SHARES))):
        found = run.run_one(target, 1, number)
        assert found is None, f"{found.kind}; tests/fuzz/run.py --only {name!r} --at {number}\n{found.text}"


def test_the_same_seed_gives_the_same_inputs():
    target = TARGETS["netperf"]
    assert [target.make(run.source(7, "netperf", n)) for n in range(20)] == [
        target.make(run.source(7, "netperf", n)) for n in range(20)
    ]
    assert len({target.make(run.source(7, "netperf", n)) for n in range(20)}) > 15


def test_a_finding_is_found():
    """What is not LabError, and what takes too long, does come out of run_one."""
    broken = TARGETS["netperf"]._replace(run=lambda _given: {}["x"])
    assert run.run_one(broken, 1, 0).kind.startswith("KeyError in ")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
OF_TEXT = [name for name in TARGETS if isinstance(TARGETS[name].make(run.source(1, name, 0)), str)]


@pytest.mark.parametrize("name", OF_TEXT)
@settings(max_examples=20, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
@given(text=st.text(max_size=200))
def test_whatever_text(name, text):
    targets.survives(TARGETS[name], text)


@settings(max_examples=150, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
@given(value=VALUES)
def test_whatever_value_is_a_document_or_refused(value):
    for name in ("run document", "report", "two campaigns", "progress", "fetch"):
        targets.survives(TARGETS[name], value)
