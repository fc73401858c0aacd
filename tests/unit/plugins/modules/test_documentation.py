# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `ansible-test sanity` leaves to taste and this collection asks of every module."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

PLUGINS = Path(__file__).parents[4] / "plugins"
MODULES = sorted(path.stem for path in (PLUGINS / "modules").glob("[!_]*.py"))


def block(name: str, attribute: str) -> Any:
    module = importlib.import_module(f"ansible_collections.virtio.lab.plugins.modules.{name}")
    return yaml.safe_load(getattr(module, attribute))


@pytest.mark.parametrize("name", MODULES)
def test_every_returned_value_has_a_sample(name: str) -> None:
    assert list(_without_sample(block(name, "RETURN"))) == []


def _without_sample(values: dict[str, Any], path: str = "") -> Iterator[str]:
    for key, told in values.items():
        if "sample" in told:
            continue
        if "contains" in told:
            yield from _without_sample(told["contains"], f"{path}{key}.")
        else:
            yield f"{path}{key}"


@pytest.mark.parametrize("name", MODULES)
def test_check_mode_diff_mode_and_idempotence_are_told(name: str) -> None:
    documentation = block(name, "DOCUMENTATION")
    told = set(documentation.get("attributes", {}))
    for fragment in documentation.get("extends_documentation_fragment", []):
        told |= set(_fragment(fragment).get("attributes", {}))
    assert {"check_mode", "diff_mode", "idempotent"} <= told


def _fragment(full_name: str) -> dict[str, Any]:
    """``virtio.lab.NAME`` is DOCUMENTATION of doc_fragments/NAME.py, ``virtio.lab.NAME.PART`` its PART."""
    name, _dot, part = full_name.removeprefix("virtio.lab.").partition(".")
    module = importlib.import_module(f"ansible_collections.virtio.lab.plugins.doc_fragments.{name}")
    return yaml.safe_load(getattr(module.ModuleDocFragment, part.upper() or "DOCUMENTATION"))
