# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The testpmd that serves a NIC over vhost-user: started before the NIC needs it, found again, ended.

It runs on its own, in a session of its own, and outlives the module. What says that it is there is the process: its
command line names the NIC's folder. Its TAP goes with it. Another testpmd, whoever started it, is never touched.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Callable, Dict, Iterable, Iterator, List, Optional

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._attachments import (
    TESTPMD_FOLDER,
    TESTPMD_PROGRAMS,
    testpmd_socket,
)
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _files, _json
from ansible_collections.virtio.lab.plugins.module_utils._foreign._shape import optional
from ansible_collections.virtio.lab.plugins.module_utils._kvm._vhost_user import PROGRAM
from ansible_collections.virtio.lab.plugins.module_utils._links._model import MARK
from ansible_collections.virtio.lab.plugins.module_utils._qemu._process import PROC, argv, is_stopped, pids
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner
from ansible_collections.virtio.lab.plugins.module_utils._text import plain

# It is up in about a second where nothing else runs.
_UP_WITHIN_S = 60.0
_ENDS_WITHIN_S = 10.0
_POLL_S = 0.1
_MEMORY_MIB, _PACKETS = 256, 8192
_LONGEST_LOG, _LONGEST_ANSWER = 1 << 20, 16384


def command(name: str, cpu: int) -> List[str]:
    """Return the command line of the testpmd of that name. Pure.

    Both of its threads are on one CPU: the first sleeps, the other polls.
    """
    return [
        PROGRAM,
        f"--lcores=0@{cpu},1@{cpu}",
        "--no-huge",
        f"-m{_MEMORY_MIB}",
        "--no-pci",
        f"--file-prefix={name}",
        f"--vdev=net_vhost0,iface={testpmd_socket(name)},queues=1",
        f"--vdev=net_tap0,iface={name}",
        "--",
        f"--total-num-mbufs={_PACKETS}",
        "--forward-mode=io",
        "--auto-start",
    ]


def is_its(words: List[str], name: str) -> bool:
    """Whether a command line is that of the testpmd of a name. Pure."""
    return (
        os.path.basename(next(iter(words), "")) in TESTPMD_PROGRAMS
        and f"--file-prefix={name}" in words
        and f"--vdev=net_vhost0,iface={testpmd_socket(name)},queues=1" in words
    )


def found(name: str, root: str = PROC) -> List[int]:
    """Return the pids of the testpmd of that name: one, or none."""
    return [pid for pid in pids(root) if is_its(argv(pid, root), name)]


def remains(names: Iterable[str]) -> List[str]:
    """Return those of the names of which there is anything: the process, or the folder."""
    return [name for name in names if os.path.lexists(f"{TESTPMD_FOLDER}/{name}") or found(name)]


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
                said.append(f"{PROGRAM}, process {pid}, did not serve {name} within {seconds:g} s and was killed")
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    timer = threading.Timer(seconds, kill)
    timer.daemon = True
    timer.start()
    try:
        yield said
    finally:
        timer.cancel()


def start(name: str, bridge: Optional[str], user: Optional[int], runner: Runner) -> None:
    """Start it, and return once it serves the socket and its TAP is a port of the bridge.

    user: who else than root may connect. Raises LabError, with nothing left, where it does not come up.
    """
    end(name)
    folder = Path(TESTPMD_FOLDER, name)
    for each in (folder.parent, folder):
        each.mkdir(mode=0o711, exist_ok=True)
        each.chmod(0o711)
    process = _begin(name, folder)
    try:
        _until(lambda: _is_up(name) or process.poll() is not None, _UP_WITHIN_S)
        if process.poll() is not None or not _is_up(name):
            raise LabError(f"{PROGRAM} did not come up within {_UP_WITHIN_S:g} s: {_last_words(folder)}")
        place = testpmd_socket(name)
        if user is not None:
            os.chown(place, user, -1)
        os.chmod(place, 0o600)
        master = ["master", bridge] if bridge else []
        # The mark comes last: what bears it is whole.
        for words in ([*master, "up"], ["alias", MARK]):
            runner(["ip", "link", "set", "dev", name, *words])
    except BaseException:
        process.kill()
        process.wait()
        end(name)
        raise


def end(name: str) -> None:
    """End it and remove what is left of it; raises LabError where it does not end."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in found(name):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
                os.kill(pid, signal.SIGCONT)  # one that was stopped hears it then
        _until(lambda: not found(name), _ENDS_WITHIN_S)
    left = found(name)
    if left:
        raise LabError(f"{PROGRAM}, process {left[0]}, which serves {name}, does not end; end it by hand")
    folder = Path(TESTPMD_FOLDER, name)
    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder)
    with suppress(OSError):  # another one is in it
        folder.parent.rmdir()


def _begin(name: str, folder: Path) -> subprocess.Popen[bytes]:
    """Start the process. It ends at the end of its input, so it is given one that it holds open itself."""
    cpu = max(os.sched_getaffinity(0))
    reads, writes = os.pipe()
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        return subprocess.Popen(
            command(name, cpu),
            stdin=reads,
            stdout=log,
            stderr=log,
            cwd="/",
            pass_fds=(writes,),
            start_new_session=True,
            # What DPDK keeps at run time lies in the same folder.
            env={**os.environ, "LC_ALL": "C", "RUNTIME_DIRECTORY": str(folder)},
        )
    except OSError as error:
        raise LabError(f"{PROGRAM} cannot be run: {error.strerror}") from error
    finally:
        for number in (reads, writes, log):
            os.close(number)


def _is_up(name: str) -> bool:
    return os.path.exists(testpmd_socket(name)) and os.path.exists(f"/sys/class/net/{name}") and _ports(name) == 2


def _ports(name: str) -> Optional[int]:
    """Return how many ports it says that it has, None where it does not answer."""
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)) as asked, suppress(OSError, LabError):
        asked.settimeout(5)
        asked.connect(f"{TESTPMD_FOLDER}/{name}/dpdk/{name}/dpdk_telemetry.v2")
        asked.recv(_LONGEST_ANSWER)
        asked.send(b"/ethdev/list")
        said = optional(_json.loads(asked.recv(_LONGEST_ANSWER).decode("utf-8", "replace"), f"what {PROGRAM} tells"))
        ports = said.get("/ethdev/list")
        return len(ports) if isinstance(ports, list) else None
    return None


def _last_words(folder: Path) -> str:
    with suppress(LabError, OSError):
        text = _files.read(folder.parent, folder.name, "log", limit=_LONGEST_LOG).decode("utf-8", "replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return plain(lines[-1], 200) if lines else "it printed nothing"
    return "it printed nothing"


def _until(done: Callable[[], bool], seconds: float) -> None:
    last = time.monotonic() + seconds
    while not done() and time.monotonic() < last:
        time.sleep(_POLL_S)
