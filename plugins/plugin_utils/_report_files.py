# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A directory of run documents → the files of the report, planned before anything is written."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils import _csv, _html, _markdown
from ansible_collections.virtio.lab.plugins.plugin_utils._run_document import validate

RUN = "run.json"


@dataclass(frozen=True)
class Write:
    """One file whose content is not yet what it should be; ``before`` is None where there is no file."""

    path: Path
    before: str | None
    after: str

    def diff(self) -> dict[str, str]:
        """As Ansible shows differences."""
        name = str(self.path)
        return {"before_header": name, "after_header": name, "before": self.before or "", "after": self.after}


def read_runs(results: Path) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """The run documents anywhere under ``results``, and {path, reason} of those that are none.

    Raises LabError when there is no such directory or no run document in it.
    """
    if not results.is_dir():
        raise LabError(f"{results} is not a directory: give the one that holds RUN_ID/{RUN} of a campaign")
    found, unreadable = [], []
    for path in sorted(results.rglob(RUN)):
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            validate(document)
        except (OSError, ValueError, LabError) as error:
            unreadable.append({"path": str(path.relative_to(results)), "reason": str(error)})
        else:
            found.append(document)
    if not found:
        why = f" ({unreadable[0]['path']}: {unreadable[0]['reason']})" if unreadable else ""
        raise LabError(f"no readable run document under {results}{why}: expected RUN_ID/{RUN}")
    return found, unreadable


def plan(comparison: Mapping[str, Any], dest: Path) -> list[Write]:
    """The files under ``dest`` that differ from what the comparison says, every form made from that one document."""
    wanted = {
        "comparison.json": as_json(comparison),
        "report.md": _markdown.render(comparison),
        "report.csv": _csv.render(comparison),
        "report.html": _html.render(comparison),
    }
    return changes(wanted, dest)


def as_json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def changes(wanted: Mapping[str, str], dest: Path) -> list[Write]:
    """The files under ``dest``, by name, that have another content than wanted, or none."""
    writes = [Write(dest / name, _content(dest / name), after) for name, after in wanted.items()]
    return [write for write in writes if write.before != write.after]


def apply(writes: Sequence[Write]) -> None:
    """Every file whole or not at all."""
    for write in writes:
        write.path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=write.path.parent, prefix=f".{write.path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(write.after)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(write.path)


def _content(path: Path) -> str | None:
    if not path.exists():
        return None
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        return file.read()
