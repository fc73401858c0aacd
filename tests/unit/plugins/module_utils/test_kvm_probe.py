# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The probe of KVM: cheap tells from captured CPU descriptions, and the time limit against real processes."""

from __future__ import annotations

import sys
import time

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._kvm import _probe

LAPTOP = "processor\t: 0\nmodel name\t: AMD Ryzen 7 7840U\nflags\t\t: fpu svm sse2\n"
CLOUD = "processor\t: 0\nmodel name\t: AMD EPYC\nflags\t\t: fpu hypervisor sse2\n"
LAB_HOST = "processor\t: 0\nmodel name\t: QEMU TCG CPU version 2.5+\nflags\t\t: fpu svm\n"


@pytest.fixture(name="device")
def device_file(tmp_path):
    path = tmp_path / "kvm"
    path.touch()
    return str(path)


def test_no_device_is_the_first_obstacle(tmp_path):
    assert "does not exist" in _probe.obstacle(str(tmp_path / "kvm"), LAPTOP, "x86_64")


@pytest.mark.parametrize(
    ("cpuinfo", "machine", "hindered"),
    [(LAPTOP, "x86_64", False), (LAB_HOST, "x86_64", False), (CLOUD, "x86_64", True), (CLOUD, "aarch64", False)],
)
def test_a_cpu_without_virtualization_cannot_run_a_stock_kernel(device, cpuinfo, machine, hindered):
    assert (_probe.obstacle(device, cpuinfo, machine) is not None) is hindered


def test_emulated_cpus_are_known_by_their_name():
    assert [_probe.is_emulated(text) for text in (LAPTOP, CLOUD, LAB_HOST)] == [False, False, True]


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_kernel_that_speaks_is_enough():
    started = time.monotonic()
    speaking = python("import time; print('[ 0.0] Linux version 6.12', flush=True); time.sleep(60)")
    assert _probe.boots(speaking, timeout_s=30) is None
    assert time.monotonic() - started < 30


def test_a_silent_kernel_meets_the_time_limit():
    assert _probe.boots(python("while True: pass"), timeout_s=0.5) == (
        "a stock kernel under KVM printed nothing within 0.5 s"
    )


def test_a_qemu_that_fails_is_quoted():
    failing = python("import sys; sys.exit('failed to initialize kvm: Permission denied')")
    assert _probe.boots(failing, timeout_s=30) == (
        "QEMU with KVM ended with 1: failed to initialize kvm: Permission denied"
    )


def test_the_verdict_says_when_nothing_was_booted(monkeypatch, device):
    monkeypatch.setattr(_probe, "obstacle", lambda *_: None)
    assert _probe.verdict(LAPTOP, "x86_64", None, "/boot/vmlinuz", 1)[:2] == (True, False)
    answer = _probe.verdict(LAPTOP, "x86_64", python("print('Linux version')"), "/boot/vmlinuz", 10)
    assert answer[:2] == (True, True)
