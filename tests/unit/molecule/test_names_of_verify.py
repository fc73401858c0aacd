# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""molecule's verify is one run of many plays: what one registers stays, and hides a later play's vars of that name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
PLAYS = [*ROOT.glob("tests/integration/lab_host/**/*.yml"), *ROOT.glob("molecule/default/*.yml")]


def parts(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every mapping in a play, a task or a list of them."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts(inner)


def test_no_registered_name_is_also_a_variable():
    registered, variables = set(), set()
    for play in PLAYS:
        for part in parts(yaml.safe_load(play.read_text(encoding="utf-8"))):
            registered |= {part["register"]} if isinstance(part.get("register"), str) else set()
            registered |= set(part.get("ansible.builtin.set_fact", ()))
            variables |= set(part.get("vars") or ())
    assert len(registered) > 20
    assert len(variables) > 10
    assert registered & variables == set()
