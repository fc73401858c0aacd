# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A command that runs while something else is measured: its output goes to files, its end is waited for or forced."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
from pathlib import Path
from typing import List, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _files
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._privileges import dropped

# No tool writes more to a file of its own: the kernel stops it there.
LARGEST_RAW = 256 << 20
# The kernel ends the program when this process ends, however it ends: nothing stays attached to QEMU or keeps a guest
# busy. setpriv sets this up between fork and exec, where Python must not run code once there are threads. That is of no
# use where this process has gone by then, so the program is run only if it is still the parent. What it writes to files
# is bounded, in blocks of 512 bytes.
_DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL")
_RUN = ("--", "sh", "-c", f'ulimit -f {LARGEST_RAW // 512}; [ "$PPID" = "$0" ] && exec "$@"')


class Background:
    """Start argv at once; leaving the with block kills what still runs, and so does the end of this process.

    It dies with the thread that starts it too. keep: the capabilities that it is left of root's, None for all of root.
    Raises LabError when the program is missing or cannot be started.
    """

    def __init__(
        self,
        argv: List[str],
        folder: Path,
        name: str,
        keep: Optional[Sequence[str]] = (),
        pass_fds: Sequence[int] = (),
    ) -> None:
        self.argv = argv
        self._stdout = folder / f"{name}.stdout"
        self._stderr = folder / f"{name}.stderr"
        if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
            # Inherited from a shell's `&`; strace would inherit it too and never end on SIGINT.
            signal.signal(signal.SIGINT, signal.default_int_handler)
        for program in (argv[0], _DIES_WITH_US[0]):
            if shutil.which(program) is None:
                raise LabError(f"{program}: no such program on this host; install the package that has it")
        try:
            with _files.fresh(self._stdout) as stdout, _files.fresh(self._stderr) as stderr:
                self._process = subprocess.Popen(
                    [*_DIES_WITH_US, *dropped(keep), *_RUN, str(os.getpid()), *argv],
                    stdin=subprocess.DEVNULL,
                    stdout=stdout,
                    stderr=stderr,
                    pass_fds=pass_fds,
                    cwd=None if keep is None else "/",
                    env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                )
        except OSError as error:
            raise LabError(f"{argv[0]} could not be started in {folder}: {error.strerror}") from error

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    @property
    def is_waited_for(self) -> bool:
        """Whether its end was seen, after which the kernel may give its number to another process."""
        return self._process.returncode is not None

    def __enter__(self) -> Background:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def ended(self, within_s: float) -> bool:
        """Wait up to within_s for the end; tell whether it came."""
        try:
            self._process.wait(max(0.0, within_s))
        except subprocess.TimeoutExpired:
            return False
        return True

    def has_ended(self) -> bool:
        """Tell whether it has ended."""
        return self._process.poll() is not None

    def finish(self, within_s: float) -> int:
        """Wait for the end and return the exit code.

        Raises LabError when it did not come within that time.
        """
        if not self.ended(within_s):
            raise LabError(f"`{shlex.join(self.argv)}` did not finish in time")
        return self._process.returncode

    def interrupt(self) -> None:
        """Send SIGINT."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)

    def stdout(self) -> str:
        """Return what it wrote on standard output so far."""
        return _files.read(self._stdout.parent, self._stdout.name, limit=LARGEST_RAW).decode("utf-8", "replace")

    def stderr(self, limit: Optional[int] = 4096) -> str:
        """Return the first characters of what it wrote on standard error so far."""
        text = _files.read(self._stderr.parent, self._stderr.name, limit=LARGEST_RAW).decode("utf-8", "replace")
        return text[:limit]
