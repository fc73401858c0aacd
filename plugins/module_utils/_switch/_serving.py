# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The processes that serve NICs over vhost-user: found again by their command lines, waited for, ended.

Each runs on its own, in a session of its own, and outlives the module. What says that it is there is the process: its
command line names the NIC's folder. Its link goes with it. Another one, whoever started it, is never touched.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._server import Process, Server, server_of
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _files
from ansible_collections.virtio.lab.plugins.module_utils._links._model import MARK
from ansible_collections.virtio.lab.plugins.module_utils._qemu._process import PROC, argv, is_stopped, pids
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner
from ansible_collections.virtio.lab.plugins.module_utils._text import plain

# Each is up in about a second where nothing else runs.
UP_WITHIN_S = 60.0
_ENDS_WITHIN_S = 10.0
_POLL_S = 0.1
_LONGEST_LOG = 1 << 20


def is_its(words: List[str], name: str, process: Process, server: Server) -> bool:
    """Whether a command line is that of a process of the one of a name. Pure."""
    wanted = [each.format(name=name, folder=server.folder(name)) for each in process.words]
    return os.path.basename(next(iter(words), "")) in process.programs and all(each in words for each in wanted)


def found(name: str, root: str = PROC) -> List[int]:
    """Return the pids of the one of that name that serves: one, or none."""
    server = server_of(name)
    return _running(name, server, server.processes[:1], root) if server is not None else []


def remains(names: Iterable[str]) -> List[str]:
    """Return those of the names of which there is anything: a process, or the folder."""
    return [name for name in names if (server := server_of(name)) is not None and _is_left(name, server)]


def _is_left(name: str, server: Server) -> bool:
    return os.path.lexists(server.folder(name)) or bool(_running(name, server, server.processes))


def halted(names: Iterable[str], root: str = PROC) -> Dict[str, int]:
    """Return by name the pid of each that was stopped: QEMU waits for it without end, and libvirt for QEMU."""
    return {name: pid for name in names for pid in found(name, root) if is_stopped(pid, root)}


@contextmanager
def awaited(names: Iterable[str], seconds: float) -> Iterator[List[str]]:
    """Kill each of them that has not served QEMU's call within that time, and so end that call, with an error.

    What is yielded has in the end the sentence on it.
    """
    said: List[str] = []

    def kill() -> None:
        for name in names:
            for pid in found(name):
                program = program_of(pid)
                said.append(f"{program}, process {pid}, did not serve {name} within {seconds:g} s and was killed")
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    timer = threading.Timer(seconds, kill)
    timer.daemon = True
    timer.start()
    try:
        yield said
    finally:
        timer.cancel()


def program_of(pid: int) -> str:
    """Return the name of the program of a process."""
    return os.path.basename(next(iter(argv(pid)), "")) or "a process that has ended"


@contextmanager
def started(name: str) -> Iterator[Path]:
    """Give the folder of a new one of that name, and take all of it away where it does not come up."""
    end(name)
    server = _server(name)
    if os.path.exists(_link(name)):
        raise LabError(
            f"there is a link {name}, which would be that of a process to be started; remove it, or rename it"
        )
    folder = Path(server.folder(name))
    for each in (folder.parent, folder):
        each.mkdir(mode=0o711, exist_ok=True)
        each.chmod(0o711)
    try:
        yield folder
    except BaseException:
        end(name)
        raise


def begin(words: List[str], log: Path, stdin: int = subprocess.DEVNULL, **how: Any) -> subprocess.Popen[bytes]:
    """Start one of its processes, whose output goes to a file of its folder."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        # What DPDK keeps at run time lies in the same folder.
        environment = {**os.environ, "LC_ALL": "C", "RUNTIME_DIRECTORY": str(log.parent), **how.pop("variables", {})}
        return subprocess.Popen(
            words,
            stdin=stdin,
            stdout=output,
            stderr=output,
            cwd="/",
            start_new_session=True,
            env=environment,
            **how,
        )
    except OSError as error:
        raise LabError(f"{words[0]} cannot be run: {error.strerror}") from error
    finally:
        os.close(output)


def until_up(process: subprocess.Popen[bytes], program: str, is_up: Callable[[], bool], log: Path) -> None:
    """Return once a process is up; raises LabError, with the last it said, where it ends or takes too long."""
    until(lambda: is_up() or process.poll() is not None, UP_WITHIN_S)
    if process.poll() is not None or not is_up():
        raise LabError(f"{program} did not come up within {UP_WITHIN_S:g} s: {_last_words(log)}")


def open_to(name: str, bridge: Optional[str], user: Optional[int], runner: Runner) -> None:
    """Let a user connect to its socket, nobody else but root, and make its link a port of the bridge."""
    place = _server(name).socket(name)
    if user is not None:
        os.chown(place, user, -1)
    os.chmod(place, 0o600)
    master = ["master", bridge] if bridge else []
    # The mark comes last: what bears it is whole.
    for words in ([*master, "up"], ["alias", MARK]):
        runner(["ip", "link", "set", "dev", name, *words])


def end(name: str) -> None:
    """End it and remove what is left of it; raises LabError where it does not end."""
    server = _server(name)
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in _running(name, server, server.processes):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
                os.kill(pid, signal.SIGCONT)  # one that was stopped hears it then
        until(lambda: not _running(name, server, server.processes), _ENDS_WITHIN_S)
    left = _running(name, server, server.processes)
    if left:
        raise LabError(f"{program_of(left[0])}, process {left[0]}, which serves {name}, does not end; end it by hand")
    folder = Path(server.folder(name))
    if folder.is_dir() and not folder.is_symlink():
        # The kernel takes a network namespace away, and with it the link, some time after its last process.
        until(lambda: not os.path.exists(_link(name)), _ENDS_WITHIN_S)
        shutil.rmtree(folder)
    with suppress(OSError):  # another one is in it
        folder.parent.rmdir()


def until(done: Callable[[], bool], seconds: float) -> None:
    """Return once it is done, or after that time."""
    last = time.monotonic() + seconds
    while not done() and time.monotonic() < last:
        time.sleep(_POLL_S)


def _server(name: str) -> Server:
    server = server_of(name)
    if server is None:
        raise LabError(f"{name} is not what serves a NIC over vhost-user")
    return server


def _running(name: str, server: Server, processes: Iterable[Process], root: str = PROC) -> List[int]:
    return [pid for pid in pids(root) if any(is_its(argv(pid, root), name, process, server) for process in processes)]


def _link(name: str) -> str:
    return f"/sys/class/net/{name}"


def _last_words(log: Path) -> str:
    with suppress(LabError, OSError):
        text = _files.read(log.parents[1], log.parent.name, log.name, limit=_LONGEST_LOG).decode("utf-8", "replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return plain(lines[-1], 200) if lines else "it printed nothing"
    return "it printed nothing"
