# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ticks come at moments fixed beforehand, whatever one of them took."""

from __future__ import annotations

import time

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._measure._window import _sampler
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._sampler import Sampler, Tick, schedule

pytestmark = pytest.mark.slow

STEP_S = 0.2


def slow(seconds: dict[int, float]):
    """Return a reader whose Nth reading takes seconds[N]."""
    count = iter(range(100))

    def read() -> Tick:
        began = time.monotonic()
        time.sleep(seconds.get(next(count), 0))
        return Tick(began, {}, None, None)

    return read


def ticked(begin: float, steps: int, taking: dict[int, float]) -> Sampler:
    sampler = Sampler(slow(taking), [begin + number * STEP_S for number in range(steps + 1)])
    sampler.run()
    return sampler


def test_the_schedule_is_the_window_or_its_ends():
    assert schedule(10.0, 3) == [10.0, 11.0, 12.0, 13.0]
    assert schedule(10.0, 3, every_second=False) == [10.0, 13.0]


def test_a_slow_tick_delays_no_other():
    begin = time.monotonic() + 0.05
    sampler = ticked(begin, 4, {1: 0.5})
    numbers = [int((one.at_s - begin) / STEP_S + 1e-6) for one in sampler.ticks]
    assert numbers[:2] == [0, 1]
    assert numbers[-1] >= 4  # the last is never left out
    assert sampler.cost.missed == 5 - len(numbers) >= 1
    assert all(one.at_s >= begin + number * STEP_S for one, number in zip(sampler.ticks, numbers, strict=True))


def test_a_window_that_has_passed_still_has_its_ends():
    sampler = ticked(time.monotonic() - 60, 4, {})
    assert len(sampler.ticks) == 2
    assert sampler.cost.missed == 3
    assert sampler.cost.late_s > 59


def test_what_sampling_costs_is_the_threads_own_time():
    def busy() -> Tick:
        until = time.thread_time() + 0.1
        while time.thread_time() < until:
            pass
        return Tick(time.monotonic(), {}, None, None)

    sampler = Sampler(busy, [time.monotonic()] * 2)
    sampler.start()
    sampler.join()
    assert sampler.cost.ticks == 2
    assert sampler.cost.cpu_s == pytest.approx(0.2, abs=0.1)


def test_a_stopped_sampler_ticks_no_more():
    sampler = Sampler(slow({}), schedule(time.monotonic() + 60, 1))
    sampler.start()
    sampler.stop()
    assert sampler.ticks == []
    assert sampler.failure is None


def test_the_packets_of_a_device_that_goes_are_not_known():
    assert _sampler.tap_packets(_sampler.tap_meters(None)) is None
    assert _sampler.tap_packets(_sampler.tap_meters("no-such-device")) is None
    assert isinstance(_sampler.tap_packets(_sampler.tap_meters("lo")), int)
    assert _sampler.difference(None, 1) is None
    assert _sampler.difference(1, 3) == 2
