# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Third-party packages of the control node, asked for where they are used, and all of them before a campaign."""

from __future__ import annotations

import importlib
import shlex
import sys
from importlib import metadata
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError

# By import, as requirements.txt has them beside Ansible itself: who lacks one needs that one, not another Ansible.
NEEDED = {
    "jsonschema": "jsonschema>=4.20,<5",
    "jsonschema_rs": "jsonschema-rs>=0.30,<1",
    "lxml.etree": "lxml>=5.0,<7",
    "orjson": "orjson>=3.10,<4",
    "scipy.special": "scipy>=1.12,<2",
    "vl_convert": "vl-convert-python>=1.7,<2",
}
# What comes along with one of these.
_BROUGHT_BY = {"numpy": "scipy.special", "scipy": "scipy.special", "lxml": "lxml.etree"}


def require(module: str) -> Any:
    """The imported module; LabError naming the interpreter and the cure when it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise LabError(
            f"the report needs the Python package of '{module}', which {sys.executable} does not have ({error}): "
            f"{_cure([requirement_of(module)])}"
        ) from error


def lacking() -> str:
    """What of all that is NEEDED this Python lacks or has too old, and the cure, in one sentence; '' where nothing."""
    wrong = {requirement: why for module, requirement in NEEDED.items() if (why := _wrong_with(module, requirement))}
    if not wrong:
        return ""
    said = ", ".join(f"{name_of(requirement)} ({why})" for requirement, why in wrong.items())
    return f"{sys.executable} lacks what a campaign's report needs: {said}; {_cure(list(wrong))}"


def requirement_of(module: str) -> str:
    """The requirement that brings a module, the module's own name where none is known to."""
    known = _BROUGHT_BY.get(module, _BROUGHT_BY.get(module.partition(".")[0], module))
    return NEEDED.get(known, module.partition(".")[0])


def name_of(requirement: str) -> str:
    """The package's name of a requirement."""
    return requirement.partition(">=")[0]


def _wrong_with(module: str, requirement: str) -> str:
    try:
        importlib.import_module(module)
    except ImportError as error:
        return str(error)
    least = requirement.partition(">=")[2].partition(",")[0]
    try:
        there = metadata.version(name_of(requirement))
    except metadata.PackageNotFoundError:  # imported from somewhere without a version, which is for who put it there
        return ""
    return f"{there} is too old" if _parts(there) < _parts(least) else ""


def _parts(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdecimal()]


def _cure(requirements: list[str]) -> str:
    return f"install it with {shlex.join([sys.executable, '-m', 'pip', 'install', *requirements])}"
