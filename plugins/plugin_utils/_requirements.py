# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Third-party packages of the control node, asked for where they are used."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError


def require(module: str) -> Any:
    """The imported module; LabError naming the interpreter and the cure when it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise LabError(
            f"the report needs the Python package of '{module}', which {sys.executable} does not have ({error}): "
            "install the collection's requirements.txt there"
        ) from error
