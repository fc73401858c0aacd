# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The probe of KVM: cheap tells from captured CPU descriptions, and the time limit against real processes."""

from __future__ import annotations

import os
import sys

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
    speaking = python("import time; print('[ 0.0] Linux version 6.12', flush=True); time.sleep(60)")
    assert _probe.boots(speaking, timeout_s=30) is None


def test_a_silent_kernel_meets_the_time_limit():
    assert _probe.boots(python("while True: pass"), timeout_s=0.5) == (
        "a stock kernel under KVM printed nothing within 0.5 s"
    )


def test_a_qemu_that_fails_is_quoted():
    failing = python("import sys; sys.exit('failed to initialize kvm: Permission denied')")
    assert _probe.boots(failing, timeout_s=30) == (
        "QEMU with KVM ended with 1: failed to initialize kvm: Permission denied"
    )


def test_a_qemu_that_is_no_program_is_named(tmp_path):
    file = tmp_path / "qemu"
    file.write_text("no program", encoding="ascii")
    file.chmod(0o755)
    assert _probe.boots([str(file)], timeout_s=30) == f"{file} cannot be run: Exec format error"


@pytest.mark.parametrize(
    ("code", "usable", "probed", "reason"),
    [
        ("print('Linux version 6.12')", True, True, "/boot/vmlinuz boots under DEVICE"),
        ("raise SystemExit('no')", False, True, "DEVICE does not work: QEMU with KVM ended with 1: no"),
        ("raise SystemExit(3)", False, True, "DEVICE does not work: QEMU with KVM ended with 3: no message"),
        ("pass", False, True, "DEVICE does not work: a stock kernel under KVM printed nothing within 30 s"),
    ],
)
def test_the_verdict_is_what_qemu_did(device, code, usable, probed, reason):
    answer = _probe.answer(LAPTOP, "x86_64", python(code), "/boot/vmlinuz", 30, device)
    assert answer == (usable, probed, reason.replace("DEVICE", device))


@pytest.mark.parametrize(
    ("qemu", "kernel", "missing"),
    [(None, "/boot/vmlinuz", "QEMU"), ([], "/boot/vmlinuz", "QEMU"), (["qemu"], None, "a kernel under /boot")],
)
def test_the_verdict_says_when_nothing_was_booted(device, qemu, kernel, missing):
    answer = _probe.answer(LAPTOP, "x86_64", qemu, kernel, 1, device)
    assert answer[:2] == (True, False)
    assert answer.reason.endswith(f"not booted, for want of {missing}")


def test_an_obstacle_is_the_verdict_and_nothing_is_booted(device):
    answer = _probe.answer(CLOUD, "x86_64", python("raise SystemExit(1)"), "/boot/vmlinuz", 1, device)
    assert answer[:2] == (False, False)
    assert "neither vmx nor svm" in answer.reason


def test_a_device_of_others_is_an_obstacle(device, monkeypatch):
    monkeypatch.setattr(_probe.os, "access", lambda path, _mode: path != device)  # root may open everything
    assert "cannot be opened for reading and writing" in _probe.obstacle(device, LAPTOP, "x86_64")


@pytest.mark.parametrize(("field", "value"), [("flags", "fpu svm sse2"), ("model", ""), ("bogomips", "")])
def test_fields_of_cpuinfo_are_found_by_their_whole_name(field, value):
    assert _probe.cpu_field(LAPTOP + "no colon here\n", field) == value


def test_the_newest_kernel_is_the_one_installed_last(tmp_path):
    assert _probe.newest_kernel(str(tmp_path)) is None
    for age, release in enumerate(("6.12", "6.9", "6.1")):
        image = tmp_path / f"vmlinuz-{release}"
        image.touch()
        os.utime(image, (1000 - age, 1000 - age))
    (tmp_path / "vmlinuz-7.0").symlink_to("gone")
    assert _probe.newest_kernel(str(tmp_path)) == str(tmp_path / "vmlinuz-6.12")


def test_qemu_of_the_machine_comes_before_the_short_name(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert _probe.find_qemu("x86_64") is None
    for name in ("kvm", "qemu-system-x86_64"):
        program = tmp_path / name
        program.touch(mode=0o755)
        assert _probe.find_qemu("x86_64") == str(program)


def test_the_guest_has_a_kernel_and_a_serial_line_and_nothing_else():
    argv = _probe.probe_argv(["qemu", "-L", "/firmware"], "/boot/vmlinuz")
    assert argv[:3] == ["qemu", "-L", "/firmware"]
    assert {"-nodefaults", "-no-user-config", "-no-reboot"} <= set(argv)
    assert argv[argv.index("-kernel") + 1] == "/boot/vmlinuz"
    assert "accel=kvm" in argv[argv.index("-machine") + 1]
