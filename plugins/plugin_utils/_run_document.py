# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check run documents against their JSON Schema."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._requirements import require

SCHEMA = Path(__file__).parent / "_schema" / "run-1.json"


def validate(document: Any) -> None:
    """LabError naming the place and what is wrong there, for the first fault that matters most."""
    # Compiled, the schema takes a hundredth of the time; what it refuses is left to the one that can say why.
    if _compiled().is_valid(document):
        return
    found = require("jsonschema").exceptions.best_match(_validator().iter_errors(document))
    if found is not None:
        raise LabError(f"not a virtio.lab/run/1 document: {found.json_path}: {found.message[:300]}")


def _schema() -> Any:
    return json.loads(SCHEMA.read_text(encoding="utf-8"))


@functools.cache
def _compiled() -> Any:
    return require("jsonschema_rs").Draft202012Validator(_schema())


@functools.cache
def _validator() -> Any:
    return require("jsonschema").Draft202012Validator(_schema())
