# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The window around a load that never ends by itself."""

from __future__ import annotations

import time

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure import _window
from ansible_collections.virtio.lab.plugins.module_utils._measure._load import Figures, Load
from ansible_collections.virtio.lab.plugins.module_utils._measure._sampler import Tick


def gone() -> Tick:
    raise LabError("no process 7: QEMU has ended")


def tick() -> Tick:
    return Tick(time.monotonic(), {}, None, None)


class Sleep(Load):
    """A load that never ends by itself."""

    name = "sleep"
    warmup_s = 0
    duration_s = 1

    def argv(self) -> list[str]:
        return ["sleep", "60"]

    def parse(self, stdout: str, stderr: str = "") -> Figures:
        return Figures(1.0)


def measure(read, tmp_path):
    return _window.measure(Sleep(), None, duration_s=1, folder=tmp_path, read=read, witness=dict)


def test_a_guest_that_goes_is_named_and_its_load_not_waited_for(tmp_path):
    began = time.monotonic()
    with pytest.raises(LabError, match="QEMU has ended"):
        measure(gone, tmp_path)
    assert time.monotonic() - began < 10


def test_a_load_that_hangs_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(_window, "GRACE_S", 0.2)
    with pytest.raises(LabError, match="`sleep 60` did not finish in time"):
        measure(tick, tmp_path)
