# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said where a Python library of the distribution cannot be imported."""

from __future__ import annotations

import platform
import sys

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError

# Whose libraries the distribution's packages are.
SYSTEM_PYTHON = "/usr/bin/python3"


def missing(library: str, package: str, error: ImportError) -> LabError:
    """The error, which names the interpreter that was asked: the library may be there for another one."""
    cure = f"install the package {package}"
    if sys.executable != SYSTEM_PYTHON:
        cure += f", and where it is installed let ansible_python_interpreter be the Python that has it, {SYSTEM_PYTHON}"
    return LabError(
        f"the Python library {library} cannot be imported on {platform.node()} by {sys.executable} ({error}): {cure}"
    )
