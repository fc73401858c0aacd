# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection's playbooks by their full names, from a folder of a user's own, as who comes from Galaxy runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
Played = subprocess.CompletedProcess[str]


@pytest.fixture(name="collections", scope="session")
def _collections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    collections = tmp_path_factory.mktemp("collections")
    (collections / "ansible_collections/virtio").mkdir(parents=True)
    (collections / "ansible_collections/virtio/lab").symlink_to(ROOT)
    return collections


@pytest.fixture
def play(collections: Path, tmp_path: Path) -> Callable[..., Played]:
    """Run ansible-playbook in tmp_path; extra variables by keyword."""

    def run(*arguments: str, environment: dict[str, str] | None = None, **variables: Any) -> Played:
        known = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
        known |= {"ANSIBLE_COLLECTIONS_PATH": str(collections), "ANSIBLE_HOME": str(tmp_path / "home")}
        program = str(Path(sys.executable).parent / "ansible-playbook")
        extra = ["-e", json.dumps(variables)] if variables else []
        return subprocess.run(
            [program, *arguments, *extra],
            cwd=tmp_path,
            env=known | (environment or {}),
            capture_output=True,
            text=True,
            check=False,
        )

    return run
