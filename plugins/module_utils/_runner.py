# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a command: an argv list, the C locale, no shell."""

from __future__ import annotations

import os
import shlex
import subprocess
from typing import Callable, NamedTuple, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError


class Result(NamedTuple):
    """What a command left: exit code and its two streams as text."""

    rc: int
    stdout: str
    stderr: str


Runner = Callable[..., Result]


def run(
    argv: Sequence[str],
    *,
    stdin: Optional[str] = None,
    timeout: Optional[float] = None,
    check: bool = True,
    cwd: Optional[str] = None,
) -> Result:
    """Run argv to its end, in the folder cwd; timeout in seconds.

    Raises LabError when the program is missing or takes longer than timeout, and, with check,
    when it exits with anything but 0.
    """
    shown = shlex.join(argv)
    try:
        done = subprocess.run(
            list(argv),
            input="" if stdin is None else stdin,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
            cwd=cwd,
            env={**os.environ, "LC_ALL": "C"},
        )
    except FileNotFoundError as missing:
        raise LabError(f"{argv[0]}: no such program on this host; install the package that has it") from missing
    except PermissionError as denied:
        raise LabError(f"{argv[0]}: may not be run by this user") from denied
    except subprocess.TimeoutExpired as late:
        raise LabError(f"`{shown}` did not finish within {timeout:g} s") from late
    if check and done.returncode != 0:
        raise LabError(f"`{shown}` failed with exit code {done.returncode}: {_last_line(done.stderr or done.stdout)}")
    return Result(done.returncode, done.stdout, done.stderr)


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else "it printed nothing"
