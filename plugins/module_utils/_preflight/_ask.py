# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask another program, whatever it does: bounded in time and in what is kept of it, and nothing of it stays behind."""

from __future__ import annotations

import os
import selectors
import shlex
import signal
import subprocess
import time
from contextlib import suppress
from typing import Any, Dict, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._runner import Result

MOST = 4 << 20
_LOOK_S = 0.2


class LateError(LabError):
    """There was no answer in time."""


def ask(argv: Sequence[str], *, timeout: float, check: bool = True) -> Result:
    """Run argv as _runner.run() does. What it started is killed with it, and a pipe that this keeps is not waited for.

    Raises LateError after timeout seconds, LabError where it cannot be run and, with check, where it fails.
    """
    shown = shlex.join(argv)
    try:
        process = subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "LC_ALL": "C"},
            start_new_session=True,
        )
    except OSError as error:
        raise LabError(f"{argv[0]} cannot be run: {error.strerror}") from error
    with process:
        try:
            said, in_time = _read(process, time.monotonic() + timeout)
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
    if not in_time:
        raise LateError(f"`{shown}` did not answer within {timeout:g} s")
    if check and process.returncode != 0:
        raise LabError(f"`{shown}` failed with exit code {process.returncode}: {last_line(said[2] or said[1])}")
    return Result(process.returncode, said[1], said[2])


def last_line(text: str) -> str:
    """The last line of what a program said, which tells of its failure."""
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else "it printed nothing"


def _read(process: subprocess.Popen[bytes], until: float) -> tuple[Dict[int, str], bool]:
    """What it printed, by stream (1 and 2), and whether it ended in time."""
    kept: Dict[int, bytearray] = {1: bytearray(), 2: bytearray()}
    with selectors.DefaultSelector() as selector:
        streams: Dict[int, Any] = {1: process.stdout, 2: process.stderr}
        for number, stream in streams.items():
            selector.register(stream, selectors.EVENT_READ, number)
        while selector.get_map() and time.monotonic() < until:
            ready = selector.select(max(0.0, min(_LOOK_S, until - time.monotonic())))
            if not ready and process.poll() is not None:
                break  # what still holds its pipes is somebody else
            for key, _events in ready:
                chunk = os.read(key.fd, 65536)
                if not chunk:
                    selector.unregister(key.fileobj)
                kept[key.data] += chunk[: max(0, MOST - len(kept[key.data]))]
    in_time = True
    try:
        process.wait(max(0.0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        in_time = False
    return {number: bytes(text).decode(errors="replace") for number, text in kept.items()}, in_time
