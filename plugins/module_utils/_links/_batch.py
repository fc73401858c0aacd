# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines through `ip -batch` or `bridge -batch`, and an exact account of a batch that failed half way."""

from __future__ import annotations

import re
from typing import Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner

FAILED_LINE = re.compile(r"^Command failed -:([0-9]{1,9})[ \t\r]{0,9}$", re.MULTILINE)


class BatchError(LabError):
    """`ip -batch` stopped. applied: how many lines from the front took effect; reason: what `ip` said of the next."""

    def __init__(self, applied: int, reason: str) -> None:
        super().__init__(reason)
        self.applied = applied
        self.reason = reason


def run_batch(netns: str, lines: Sequence[Sequence[str]], runner: Runner, program: str = "ip") -> None:
    """Run the lines in one `ip -batch` (or `bridge -batch`) in the namespace ("" is the own one).

    Raises BatchError at the first failure. Without -force the program stops at the line that failed and prints its
    number, so that what was done is known.
    """
    argv = [program, *(["-n", netns] if netns else []), "-batch", "-"]
    result = runner(argv, stdin="".join(" ".join(line) + "\n" for line in lines), check=False)
    if result.rc == 0:
        return
    failed = FAILED_LINE.search(result.stderr)
    said: list[str] = [line for line in FAILED_LINE.sub("", result.stderr).splitlines() if line.strip()]
    raise BatchError(int(failed.group(1)) - 1 if failed else 0, said[-1] if said else f"exit code {result.rc}")
