# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make `ansible_collections.virtio.lab` this tree, wherever it is checked out."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from hypothesis import settings

ROOT = Path(__file__).resolve().parents[2]


def _package(name: str, path: list[str]) -> None:
    module = ModuleType(name)
    module.__path__ = path
    sys.modules[name] = module


def _locate(name: str) -> list[str]:
    spec = importlib.util.find_spec(name)
    return list(spec.submodule_search_locations or []) if spec else []


if "ansible_collections" not in sys.modules:  # under ansible-test the loader of Ansible did it already
    _package("ansible_collections", _locate("ansible_collections"))
    _package("ansible_collections.virtio", [])
    _package("ansible_collections.virtio.lab", [str(ROOT)])


def loaded(path: Path, name: str | None = None) -> ModuleType:
    """Return a file outside of the collection as a module, which others then import by its name."""
    spec = importlib.util.spec_from_file_location(name or f"virtio_lab_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


# Slow machines and coverage make single examples slow; that says nothing of the code.
settings.register_profile("virtio.lab", deadline=None)
settings.load_profile("virtio.lab")
