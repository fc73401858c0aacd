# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The raw output of a run: are the files there and what their record says, and what do the tools tell in them?"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _files
from ansible_collections.virtio.lab.plugins.module_utils._foreign._reads import reads
from ansible_collections.virtio.lab.plugins.module_utils._foreign._shape import mapping, optional
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._iperf3 import Iperf3
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._load import Figures
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._perf import Counts, Event
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._strace import Strace
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._syscalls import IOCTLS, Syscalls
from ansible_collections.virtio.lab.plugins.module_utils._text import plain
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._requirements import require
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._twice import twice
from ansible_collections.virtio.lab.plugins.plugin_utils._verify._load import load_of, outputs

# A minute of iperf3 with 128 streams writes a few MB.
_LARGEST = 64 << 20
_SHOWN_STDERR = 4096
# Of these it writes one for each stream into the one object (seen with 3.12, -P 3), and nothing here reads them.
_OF_EACH_STREAM = ("sock_bufsize", "sndbuf_actual", "rcvbuf_actual", "fq_rate", "tcp_mss_default")
_SYSCALL, _CMD = "syscalls:sys_enter_", "cmd == "


class Raw(NamedTuple):
    """What the tools told, None where it cannot be read again; ``false`` and ``unproved`` say what is wrong, or why."""

    figures: Figures | None = None
    syscalls: Syscalls | None = None
    starts: tuple[Mapping[str, Any], ...] = ()  # of iperf3: what each process was told to do, and when
    false: tuple[str, ...] = ()
    unproved: tuple[str, ...] = ()


def read_raw(results: Path, folder: tuple[str, ...], document: Mapping[str, Any]) -> Raw:
    """The raw output that lies in a folder below ``results``, as far as it is what the document says it is."""
    files: dict[str, bytes] = {}
    false, unproved = [], []
    for entry in document["raw"]:
        name = entry["path"]
        try:
            content = _files.read(results, *folder, _files.one_name(name, "raw output"), limit=_LARGEST)
        except OSError:
            unproved.append(f"its raw output {name} is not there")
        except LabError as refused:
            false.append(str(refused))
        else:
            if hashlib.sha256(content).hexdigest() == entry["sha256"]:
                files[name] = content
            else:
                false.append(f"{name} has another SHA-256 than its record says")
    if false or unproved:
        return Raw(false=tuple(false), unproved=tuple(unproved))
    return _told(document, files)


def _told(document: Mapping[str, Any], files: Mapping[str, bytes]) -> Raw:
    try:
        figures, starts = figures_in(document["workload"], files)
        syscalls = syscalls_in(document, files) if document.get("syscalls") else None
    except FileNotFoundError as lacks:
        return Raw(unproved=(f"it names no raw output {lacks}, which its figures would be in",))
    except LabError as unfit:
        return Raw(false=(f"its raw output cannot be what its figures were read from: {unfit}",))
    return Raw(figures, syscalls, starts)


@reads("the raw output")
def figures_in(
    workload: Mapping[str, Any], files: Mapping[str, bytes]
) -> tuple[Figures, tuple[Mapping[str, Any], ...]]:
    """What the load told, and of iperf3 what it was told; FileNotFoundError, with the name, where a file lacks."""
    load = load_of(workload)
    found, starts = [], []
    for member, name in zip(load.members(), outputs(load), strict=True):
        if isinstance(member, Iperf3):
            document = _json_of(files, name)
            starts.append(optional(document.get("start")))
            found.append(member.read(document))
        else:
            said = _text(files, name.replace(".stdout", ".stderr"), "")[:_SHOWN_STDERR]
            found.append(member.parse(_text(files, name), said))
    return load.combine(found), tuple(starts)


def _json_of(files: Mapping[str, bytes], name: str) -> dict[str, Any]:
    if name not in files:
        raise FileNotFoundError(name)
    found = mapping(_loads(files[name], name), name)
    doubled = [key for key in twice(files[name], found) if key not in _OF_EACH_STREAM]
    if doubled:
        raise LabError(f"{name} has {plain(', '.join(doubled), 80)} twice in one object, which iperf3 never writes")
    return found


def _loads(text: str | bytes, what: str) -> Any:
    """Of thousands of outputs the parser that measures takes three times as long; what either refuses is refused."""
    try:
        return require("orjson").loads(text)
    except (ValueError, RecursionError) as unfit:
        raise LabError(f"{what} is no JSON: {unfit}") from unfit


@reads("the tracer's output")
def syscalls_in(document: Mapping[str, Any], files: Mapping[str, bytes]) -> Syscalls:
    """What the tracer counted; FileNotFoundError, with the name, where a file lacks."""
    tool, pid = document["workload"]["tool"], document["witness"]["before"]["pid"]
    text, said = _text(files, f"{tool}.txt", "" if tool == "strace" else None), _text(files, f"{tool}.stderr", "")
    if tool == "strace":
        return Strace(pid, "").parse(text, said)
    return Counts(pid, events_in(document["workload"]["argv"])).parse(text, said, _loads)


def events_in(argv: list[str]) -> list[Event]:
    """What perf was asked to count, out of its command line."""
    names = {f"{code:#x}": name for name, code in IOCTLS.items()}
    found = []
    for at, (option, value) in enumerate(itertools.pairwise(argv)):
        if option != "-e":
            continue
        asked = argv[at + 2 : at + 4]
        wanted = asked[1] if len(asked) == 2 and asked[0] == "--filter" else None
        found.append(Event(_label(value, wanted, names), value, wanted))
    if not found or found[0].label != "total":
        raise LabError("its command line does not ask perf for the total of all calls first")
    return found


def _label(tracepoint: str, wanted: str | None, names: Mapping[str, str]) -> str:
    if wanted is not None:
        code = wanted.removeprefix(_CMD)
        return names.get(code, code)
    plain = {"raw_syscalls:sys_enter": "total", "kvm:kvm_exit": "kvm_exit"}
    return plain.get(tracepoint) or tracepoint.removeprefix(_SYSCALL)


def _text(files: Mapping[str, bytes], name: str, otherwise: str | None = None) -> str:
    """An empty file is not kept, nor named."""
    if name in files:
        return files[name].decode("utf-8", "replace")
    if otherwise is None:
        raise FileNotFoundError(name)
    return otherwise
