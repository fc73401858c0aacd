# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A command is run again after a reset of the lab host, and after nothing else."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "scripts" / "again_after_reset.sh"
BOOT = "CPU Reset (CPU 0)\nCPU Reset (CPU 1)\n" * 2
# What a lab host wrote: a boot, its panic, the next boot.
CONSOLE = (
    "\x1b[!p\x1b]104\x07\x1b[?7h[   15.527258] systemd-ssh-generator[230]: Failed to query local AF_VSOCK CID\n"
    "lab-host login: \x1b]52;c;ZXZpbA==\x07\n"
    "[ 1021.114000] Kernel panic - not syncing: corrupted stack end detected inside scheduler\n"
    "[ 1021.114312] CPU: 0 UID: 0 PID: 2263 Comm: CPU 0/KVM Not tainted 6.12.117+deb13-amd64\n"
    "[ 1021.120003] Rebooting immediately\n"
    "\x1b[!p\x1b]104\x07\x1b[?7h[   14.901007] systemd-ssh-generator[231]: Failed to query local AF_VSOCK CID\n"
    "lab-host login: "
)
RESET = "Triple fault\n" + BOOT


@pytest.fixture
def lab_host(tmp_path):
    run = tmp_path / "virtio.lab" / "run" / "one"
    run.mkdir(parents=True)
    return run


def ran(lab_host: Path, command: str) -> tuple[int, int]:
    """Run the shell command in the lab host's folder as the script does; return its exit code and how often it ran."""
    done = told(lab_host, command)
    return done.returncode, len((lab_host / "times").read_text(encoding="ascii").splitlines())


def told(lab_host: Path, command: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [SCRIPT, "one", "sh", "-c", f"cd '{lab_host}'; echo >> times; {command}"],
        env={**os.environ, "XDG_CACHE_HOME": str(lab_host.parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done


def runs(lab_host: Path, log: str = BOOT, process: str = "1") -> None:
    (lab_host / "emulator.log").write_text(log, encoding="ascii")
    (lab_host / "qemu.pid").write_text(process, encoding="ascii")
    (lab_host / "console.log").write_text(CONSOLE, encoding="ascii")


def test_what_succeeds_is_run_once(lab_host):
    runs(lab_host)
    assert ran(lab_host, f"printf '{RESET}' >> emulator.log") == (0, 1)


@pytest.mark.parametrize("log", [BOOT, BOOT + RESET])
def test_what_fails_without_a_reset_has_failed(lab_host, log):
    runs(lab_host, log)
    assert ran(lab_host, "exit 4") == (4, 1)


def test_without_any_lab_host_a_failure_is_one(lab_host):
    assert ran(lab_host, "exit 2") == (2, 1)


def test_what_fails_as_it_was_reset_is_run_again(lab_host):
    runs(lab_host)
    once = "[ -e done ] && exit 0; touch done"
    assert ran(lab_host, f"{once}; printf '{RESET}' >> emulator.log; exit 4") == (0, 2)


def test_a_failure_after_that_is_one(lab_host):
    runs(lab_host)
    assert ran(lab_host, f"[ -e done ] && exit 3; touch done; printf '{RESET}' >> emulator.log; exit 4") == (3, 2)


def test_it_is_run_three_times_at_most(lab_host):
    runs(lab_host)
    assert ran(lab_host, f"printf '{RESET}' >> emulator.log; exit 4") == (4, 3)


@pytest.mark.parametrize(("log", "times"), [(BOOT, 1), (BOOT + RESET, 3)])
def test_a_lab_host_that_was_started_meanwhile_has_a_log_of_its_own(lab_host, log, times):
    runs(lab_host, BOOT + RESET + RESET)
    assert ran(lab_host, f"echo $$ > qemu.pid; printf '{log}' > emulator.log; exit 4") == (4, times)


def test_the_message_has_what_the_console_said_last_before_the_reset(lab_host):
    runs(lab_host)
    printed = told(lab_host, f"[ -e done ] && exit 0; touch done; printf '{RESET}' >> emulator.log; exit 4").stdout
    words, _emulators, _log = printed.partition("== the emulator's log ends:")
    assert words.splitlines()[-3:] == [
        "[ 1021.114000] Kernel panic - not syncing: corrupted stack end detected inside scheduler",
        "[ 1021.114312] CPU: 0 UID: 0 PID: 2263 Comm: CPU 0/KVM Not tainted 6.12.117+deb13-amd64",
        "[ 1021.120003] Rebooting immediately",
    ]
    assert "14.901007" not in words
    assert "\x1b" not in words
    assert "\x07" not in words


def test_where_the_console_tells_nothing_the_rest_is_told(lab_host):
    runs(lab_host)
    (lab_host / "console.log").unlink()
    done = subprocess.run(
        ["sh", "-c", f"'{SCRIPT}' one sh -c \"printf '{RESET}' >> '{lab_host}/emulator.log'; exit 4\" 2>/dev/null"],
        env={**os.environ, "XDG_CACHE_HOME": str(lab_host.parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4
    assert "Triple fault" in done.stdout
