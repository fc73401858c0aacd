# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task registers or sets lives on in the play, so no role gives it the name of an option of any role."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROLES = Path(__file__).resolve().parents[3] / "roles"
OPTIONS = {
    option
    for spec in ROLES.glob("*/meta/argument_specs.yml")
    for option in yaml.safe_load(spec.read_text(encoding="utf-8"))["argument_specs"]["main"]["options"]
}
REGISTERED = re.compile(r"^ *register: (\w+)", re.MULTILINE)


@pytest.mark.parametrize("role", sorted(path.name for path in ROLES.iterdir()))
def test_no_task_registers_the_name_of_an_option(role: str) -> None:
    names = {
        name
        for path in (ROLES / role / "tasks").glob("*.yml")
        for name in REGISTERED.findall(path.read_text(encoding="utf-8"))
    }
    assert names & OPTIONS == set()


def test_there_are_options_to_keep() -> None:
    assert "benchmark_host" in OPTIONS
