# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A comparison → the files of the report, planned before anything is written."""

from __future__ import annotations

import functools
import json
import math
import os
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _files
from ansible_collections.virtio.lab.plugins.module_utils._text import lines
from ansible_collections.virtio.lab.plugins.plugin_utils._report import _csv, _html, _markdown

_LARGEST, _LONGEST_DIFF = 1 << 30, 10_000_000


@dataclass(frozen=True)
class Write:
    """One file whose content is not yet what it should be; ``before`` is None where there is no file."""

    path: Path
    before: str | None
    after: str

    def diff(self) -> dict[str, str]:
        """As Ansible shows differences."""
        name = str(self.path)
        before, after = (lines(text or "", _LONGEST_DIFF) for text in (self.before, self.after))
        return {"before_header": name, "after_header": name, "before": before, "after": after}


def plan(comparison: Mapping[str, Any], dest: Path) -> list[Write]:
    """The files under ``dest`` that differ from what the comparison says, every form made from that one document."""
    with ThreadPoolExecutor(1) as beside:
        page = beside.submit(_html.render, comparison)  # it waits for its pictures most of the time
        wanted = {
            "comparison.json": as_json(comparison),
            "report.md": _markdown.render(comparison),
            "report.csv": _csv.render(comparison),
        }
        return changes({**wanted, "report.html": page.result()}, dest)


def as_json(document: Mapping[str, Any]) -> str:
    """A line for each entry, and for each element of a list among them: Python indents ten times as slowly."""
    known: dict[int, str] = {}
    return "{\n" + ",\n".join(f"{_json(key)}: {_lines(value, known)}" for key, value in document.items()) + "\n}\n"


def _lines(value: Any, known: dict[int, str]) -> str:
    if not (isinstance(value, list) and value):
        return _json(value)
    return "[\n " + ",\n ".join(_with_figures(each, known) for each in value) + "\n]"


def _with_figures(value: Any, known: dict[int, str]) -> str:
    """A workload's figures each by itself, everything else as a whole."""
    if not (isinstance(value, dict) and isinstance(value.get("figures"), list)):
        return _json(value)
    figures = f"[{', '.join(_shared(figure, known) for figure in value['figures'])}]"
    return _object({name: figures if name == "figures" else _json(part) for name, part in value.items()})


def _shared(value: Any, known: dict[int, str]) -> str:
    """The values of the baseline stand beside those of every candidate, as the very same list: its text is made once.

    ``known``: text by identity, of lists that live as long as the document does.
    """
    if isinstance(value, dict):
        return _object({name: _shared(part, known) for name, part in value.items()})
    if isinstance(value, float) and math.isfinite(value):
        return float.__repr__(value)
    if not isinstance(value, list):
        return _json(value)
    if id(value) not in known:
        known[id(value)] = _json(value)
    return known[id(value)]


def _object(parts: Mapping[str, str]) -> str:
    return f"{{{', '.join(f'{_name(name)}: {text}' for name, text in parts.items())}}}"


# To make one takes longer than to write a number by it.
_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
_name = functools.lru_cache(maxsize=1024)(_json)


def changes(wanted: Mapping[str, str], dest: Path) -> list[Write]:
    """The files under ``dest``, by name, that have another content than wanted, or none.

    Raises LabError where they could not be written.
    """
    there = next(path for path in (dest, *dest.parents) if path.exists())
    if not there.is_dir():
        raise LabError(f"{dest} cannot be a folder, as {there} is a file; name another one")
    for name in wanted:
        if (dest / name).is_dir() and not (dest / name).is_symlink():
            raise LabError(f"{dest / name} is a folder, and a file is to be there; move it away, or name another dest")
    writes = [Write(dest / name, _content(dest / name), after) for name, after in wanted.items()]
    return [write for write in writes if write.before != write.after]


def apply(writes: Sequence[Write]) -> None:
    """Every file whole or not at all."""
    for write in writes:
        write.path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=write.path.parent, prefix=f".{write.path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(write.after)
            Path(temporary).chmod(0o644)
            Path(temporary).replace(write.path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def _content(path: Path) -> str | None:
    """What is there; None where there is none, or what is there is no regular file and is replaced by one."""
    try:
        return _files.read(path.parent, path.name, limit=_LARGEST).decode("utf-8", "replace")
    except (FileNotFoundError, LabError):
        return None
