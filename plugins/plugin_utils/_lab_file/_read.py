# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the text of a lab file to a lab, or to one message with everything that is wrong."""

from __future__ import annotations

from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._lab import examine
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._yaml import line_of, load


def read_lab(text: str, name: str) -> dict[str, Any]:
    """The lab in text, normal and complete; name (of the file) is for the message.

    Raises LabError: the file, then a line for each problem with its line number and path.
    """
    try:
        document, lines, problems = load(text)
    except LabError as error:
        raise LabError(f"{name}, {error}") from None
    lab, found = examine(document)
    problems += found
    if problems:
        ordered = sorted((line_of(problem.path, lines), problem) for problem in problems)
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        told = [f"  line {line}: {problem.path or 'the file'}: {problem.sentence}" for line, problem in ordered]
        raise LabError("\n".join([f"{name}: {count}, nothing was changed", *told]))
    return lab
