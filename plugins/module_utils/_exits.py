# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a module that changes things ends where it cannot do what was asked."""

from __future__ import annotations

import math
import os
from contextlib import contextmanager
from typing import Any, Iterator

from ansible_collections.virtio.lab.plugins.module_utils._errors import ApplyError, LabError

LONGEST_S = 30 * 24 * 3600


def checked(module: Any) -> Any:
    """The AnsibleModule, whose options have passed what an argument spec cannot say; else it ends with a sentence.

    Times are numbers that a clock has, and paths that have to be given are full ones: the folder that a module happens
    to run in is nobody's choice.
    """
    for name, option in module.argument_spec.items():
        value = module.params.get(name)
        if value is None:
            continue
        if _is_no_text(value):
            module.fail_json(msg=f"{name} has a character that no path and no name can have: a NUL, or half of another")
        if option.get("type") == "float" and not (math.isfinite(value) and 0 <= value <= LONGEST_S):
            module.fail_json(msg=f"{name} is {value}; 0 to {LONGEST_S} seconds are right")
        if option.get("type") == "path" and option.get("required") and not os.path.isabs(value):
            module.fail_json(msg=f"{name} is {value!r}; a full path, which begins with /, is right")
    return module


def _is_no_text(value: Any) -> bool:
    """Whether a text in it ends before its end to the kernel and to libvirt, or cannot be written down at all."""
    if isinstance(value, str):
        return "\0" in value or any("\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, dict):
        return any(_is_no_text(part) for pair in value.items() for part in pair)
    return isinstance(value, list) and any(map(_is_no_text, value))


@contextmanager
def failing(module: Any) -> Iterator[None]:
    """A LabError raised inside ends the AnsibleModule with its sentence, an ApplyError also with what was done."""
    try:
        yield
    except ApplyError as error:
        module.fail_json(msg=str(error), changed=bool(error.applied), applied=error.applied)
    except LabError as error:
        module.fail_json(msg=str(error))
