# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a tool that takes long so that nothing of it outlives the one who asked for it, and tell why it failed."""

from __future__ import annotations

import ctypes
import fcntl
import os
import re
import select
import shlex
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Iterator, List, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError

# Processes and mounts of its own: the kernel ends all of the first, and with them the second, with the first process.
_OF_ITS_OWN = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--")
# And that ends with this process, however it ends (see _measure/_window/_background.py).
_DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--", "sh", "-c", '[ "$PPID" = "$0" ] && exec "$@"')
_PR_SET_CHILD_SUBREAPER = 36
_LOOK_S = 0.3
_TEXT = 1 << 20
_SHOWN = 500


class CutError(Exception):
    """Nobody waits for the result any more."""


class Lifeline:
    """Tells whether somebody still waits for what this process prints: the one who asked holds the pipe's other end."""

    def __init__(self, descriptor: int = 1) -> None:
        self._poll = select.poll()
        self._poll.register(descriptor, 0)  # POLLERR and POLLHUP are told always

    def check(self) -> None:
        """Raise CutError when the reader has gone."""
        if any(event & (select.POLLERR | select.POLLHUP) for _fd, event in self._poll.poll(0)):
            raise CutError


@contextmanager
def signals_cut() -> Iterator[None]:
    """Being told to end is as being left alone: CutError is raised, so that all is cleaned up first."""

    def cut(*_: object) -> None:
        for each in before:  # once is enough, and cleaning up must come to its end
            signal.signal(each, signal.SIG_IGN)
        raise CutError

    before = {each: signal.signal(each, cut) for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def tied(lifeline: Lifeline) -> Iterator[None]:
    """Raise CutError in what the main thread runs inside, when nobody waits for it or it is told to end."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_LOOK_S):
            try:
                lifeline.check()
            except CutError:
                os.kill(os.getpid(), signal.SIGTERM)
                return

    with signals_cut():
        threading.Thread(target=watch, daemon=True).start()
        try:
            yield
        finally:
            over.set()


def run(argv: Sequence[str], lifeline: Lifeline, folder: Optional[str] = None) -> None:
    """Run argv to its end; temporary files go into folder.

    Raises LabError that says why it failed, and CutError when nobody waits any more; nothing of it runs then.
    """
    _adopt_orphans()
    env = {**os.environ, "LC_ALL": "C", **({"TMPDIR": folder} if folder else {})}
    with tempfile.TemporaryFile() as printed:
        try:
            process = subprocess.Popen(
                [*_DIES_WITH_US, str(os.getpid()), *_namespaces(), *argv],
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                env=env,
                start_new_session=True,
            )
        except OSError as error:
            raise LabError(f"`{argv[0]}` could not be started: {error.strerror}") from error
        try:
            while process.poll() is None:
                lifeline.check()
                try:
                    process.wait(_LOOK_S)
                except subprocess.TimeoutExpired:
                    continue
        finally:
            _end_all()
        if process.returncode != 0:
            code = process.returncode
            ended = f"exit code {code}" if code > 0 else f"signal {-code}"
            raise LabError(f"`{argv[0]}` failed with {ended}: {why(_end_of(printed)) or 'it printed nothing'}")


def _namespaces() -> Sequence[str]:
    """Return the words that put a command into namespaces, none where that is not allowed."""
    if os.geteuid() != 0:
        return ()
    try:
        tried = subprocess.run([*_OF_ITS_OWN, "true"], capture_output=True, check=False, stdin=subprocess.DEVNULL)
    except OSError:
        return ()
    return _OF_ITS_OWN if tried.returncode == 0 else ()


def _adopt_orphans() -> None:
    """What a command leaves without a parent becomes this process's child, so that it can be found."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _end_all(within_s: float = 60) -> None:
    """Kill every descendant and see all of them gone."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        left = _descendants()
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            if not left:
                return
        time.sleep(0.02)


def _descendants() -> List[int]:
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
        except (OSError, ValueError):
            continue
        if state != "Z":
            parents[int(folder.name)] = int(parent)
    found = [os.getpid()]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found[1:]


def _end_of(printed: IO[bytes]) -> str:
    size = printed.seek(0, os.SEEK_END)
    printed.seek(max(0, size - _TEXT))
    return printed.read(_TEXT).decode(errors="replace")


# What apt and mmdebstrap say last is only that something failed.
_EMPTY_WORDS = re.compile(
    r"E: (?:mmdebstrap failed to run|Some index files failed to download|(?:setup|run_\w+|worker) failed|"
    r"[a-z-]+ (?:--)?\S.{0,4000} failed(?:\Z|:)|apt download failed|remove_essential failed)"
)
_TELLING = (
    re.compile(r"No space left on device|Disk quota exceeded"),
    re.compile(r"^virtio-lab: "),  # from a script of ours that knows better
    re.compile(r"^W: (?:GPG error|OpenPGP)"),
    re.compile(r"^E: Unable to locate package"),
    re.compile(r"^E: "),
    re.compile(r"^[\w.-]{1,100}: (?:error|fatal|fehler)[: ]|^\S{1,400}: error: "),
    re.compile(r"error|fail|cannot|could not|denied|no such|not found", re.IGNORECASE),
    re.compile(r"\S"),
)


def why(printed: str) -> str:
    """Return the line that says why a tool failed: the most telling kind of line, of that kind the first."""
    lines = [line.strip()[:_SHOWN] for line in printed.splitlines() if not _EMPTY_WORDS.match(line.strip()[:4096])]
    for kind in _TELLING[:-1]:
        for line in lines:
            if kind.search(line):
                return line
    return next((line for line in reversed(lines) if line), "")


@contextmanager
def turn(folder: str, lifeline: Lifeline) -> Iterator[None]:
    """Be the only one who works in folder; wait while another does."""
    lock = Path(folder).with_name(f".{Path(folder).name}.lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                lifeline.check()
                time.sleep(_LOOK_S)
        yield
    finally:
        os.close(descriptor)


def remove(folder: str) -> bool:
    """Remove a folder of this user's with all in it, what is mounted there first unmounted; tell whether it was there.

    Raises LabError when something of it stays.
    """
    if not os.path.lexists(folder):
        return False
    for mount in sorted(_mounts_below(os.path.realpath(folder)), reverse=True):
        subprocess.run(["umount", "--lazy", "--", mount], capture_output=True, check=False, stdin=subprocess.DEVNULL)
    done = subprocess.run(
        ["rm", "-rf", "--one-file-system", "--", folder],
        capture_output=True,
        check=False,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    if os.path.lexists(folder):
        raise LabError(
            f"{shlex.quote(folder)} could not be removed: {why(done.stderr) or 'something is mounted there'}"
        )
    return True


def _mounts_below(folder: str) -> List[str]:
    text = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape")
    places = [
        re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), line.split()[4]) for line in text.splitlines()
    ]
    return [place for place in places if place == folder or place.startswith(f"{folder}/")]
