# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether KVM on this machine really runs a guest: the cheap tells first, then a boot with a time limit."""

from __future__ import annotations

import glob
import os
import selectors
import shutil
import subprocess
import time
from contextlib import suppress
from typing import IO, List, NamedTuple, Optional, cast

FIRST_LINE = b"Linux version"


class Answer(NamedTuple):
    """The answer of a probe: usable or not, whether a kernel was booted to find out, and one sentence why."""

    usable: bool
    probed: bool
    reason: str


def cpu_field(cpuinfo: str, field: str) -> str:
    """Return the first value of a field of /proc/cpuinfo, or an empty string."""
    for line in cpuinfo.splitlines():
        name, separator, value = line.partition(":")
        if separator and name.strip() == field:
            return value.strip()
    return ""


def is_emulated(cpuinfo: str) -> bool:
    """Tell whether the CPU is QEMU's TCG, by the model name it gives to ``-cpu max`` and ``-cpu qemu64`` guests."""
    return cpu_field(cpuinfo, "model name").startswith(("QEMU TCG CPU", "QEMU Virtual CPU"))


def obstacle(device: str, cpuinfo: str, machine: str) -> Optional[str]:
    """Name what rules KVM out without starting a guest, or None."""
    if not os.path.exists(device):
        return f"{device} does not exist: load kvm_intel or kvm_amd, or enable virtualization in the firmware"
    if not os.access(device, os.R_OK | os.W_OK):
        return f"{device} cannot be opened for reading and writing: join the group that owns it or become root"
    flags = cpu_field(cpuinfo, "flags").split()
    if machine == "x86_64" and not {"vmx", "svm"}.intersection(flags):
        # A KVM without hardware virtualization runs modified kernels only; a stock one spins for ever, silent.
        return f"{device} exists, but the CPU shows neither vmx nor svm, so it cannot run an unmodified kernel"
    return None


def probe_argv(qemu: List[str], kernel: str) -> List[str]:
    """Build the command of a guest that has a kernel and a serial line and nothing else."""
    return [
        *qemu,
        *("-machine", "q35,accel=kvm", "-cpu", "host", "-m", "256", "-nodefaults", "-no-user-config"),
        *("-display", "none", "-no-reboot", "-serial", "stdio", "-kernel", kernel),
        *("-append", "console=ttyS0 earlyprintk=ttyS0 panic=-1"),
    ]


def boots(argv: List[str], timeout_s: float) -> Optional[str]:
    """Start the guest and wait for its kernel's first line; return None when it came, else why not."""
    try:
        started = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, close_fds=True
        )
    except OSError as error:
        return f"{argv[0]} cannot be run: {error.strerror}"
    with started as guest:
        try:
            seen = _read_until(guest, FIRST_LINE, timeout_s)
        finally:
            guest.kill()
    if FIRST_LINE in seen:
        return None
    if guest.returncode not in (0, -9):
        last = seen.decode(errors="replace").strip().splitlines()
        return f"QEMU with KVM ended with {guest.returncode}: {last[-1] if last else 'no message'}"
    return f"a stock kernel under KVM printed nothing within {timeout_s:g} s"


def _read_until(guest: subprocess.Popen, mark: bytes, timeout_s: float) -> bytes:
    output = cast(IO[bytes], guest.stdout)  # a pipe
    seen = b""
    deadline = time.monotonic() + timeout_s
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        while mark not in seen and time.monotonic() < deadline:
            if selector.select(timeout=max(0.0, deadline - time.monotonic())):
                chunk = os.read(output.fileno(), 65536)
                if not chunk:
                    with suppress(subprocess.TimeoutExpired):  # it closed its output and goes on
                        guest.wait(timeout=5)
                    break
                seen += chunk
    return seen


def newest_kernel(folder: str = "/boot") -> Optional[str]:
    """Return the newest kernel image in folder, or None."""
    kernels = sorted(filter(os.path.isfile, glob.glob(f"{folder}/vmlinuz-*")), key=os.path.getmtime)
    return kernels[-1] if kernels else None


def find_qemu(machine: str) -> Optional[str]:
    """Return the path of QEMU's system emulator for the machine, or None."""
    return shutil.which(f"qemu-system-{machine}") or shutil.which("kvm")


def answer(
    cpuinfo: str,
    machine: str,
    qemu: Optional[List[str]],
    kernel: Optional[str],
    timeout_s: float,
    device: str = "/dev/kvm",
    boot: bool = True,
) -> Answer:
    """Decide whether KVM runs a guest here, without boot only by what rules it out."""
    hindrance = obstacle(device, cpuinfo, machine)
    if hindrance:
        return Answer(False, False, hindrance)
    if not boot:
        return Answer(True, False, f"{device} and the CPU's flags look right; nothing was booted")
    if not qemu or not kernel:
        missing = "QEMU" if not qemu else "a kernel under /boot"
        return Answer(True, False, f"{device} and the CPU's flags look right; not booted, for want of {missing}")
    failure = boots(probe_argv(qemu, kernel), timeout_s)
    if failure:
        return Answer(False, True, f"{device} does not work: {failure}")
    return Answer(True, True, f"{kernel} boots under {device}")
