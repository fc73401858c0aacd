# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every task among the modules' examples is one that the module's own argument spec accepts."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator

MODULES = sorted(path.stem for path in Path(__file__).parents[4].joinpath("plugins/modules").glob("[!_]*.py"))
RULES = ("mutually_exclusive", "required_together", "required_one_of", "required_if", "required_by")


class Spec(Exception):  # noqa: N818 (raised to get out, no error)
    """What a module asked AnsibleModule for."""

    def __init__(self, argument_spec: dict[str, Any], **rules: Any) -> None:
        super().__init__()
        self.argument_spec = argument_spec
        self.rules = {name: rules.get(name) for name in RULES}


def examples() -> list[Any]:
    """Every task of every module's examples, blocks opened."""
    found = []
    for name in MODULES:
        module = importlib.import_module(f"ansible_collections.virtio.lab.plugins.modules.{name}")
        for task in _tasks(yaml.safe_load(module.EXAMPLES)):
            if f"virtio.lab.{name}" in task:
                found.append(pytest.param(name, task[f"virtio.lab.{name}"] or {}, id=f"{name}: {task['name']}"))
    return found


def _tasks(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    tasks = []
    for entry in entries:
        inner = entry.get("block") or entry.get("tasks")
        tasks += _tasks(inner) if inner else [entry]
    return tasks


def test_every_module_has_examples() -> None:
    assert {case.values[0] for case in examples()} == set(MODULES)


@pytest.mark.parametrize(("name", "arguments"), examples())
def test_the_example_is_accepted(name: str, arguments: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    spec = _spec(name, monkeypatch)
    said = ModuleArgumentSpecValidator(spec.argument_spec, **spec.rules).validate(arguments)
    assert said.error_messages == []


def _spec(name: str, monkeypatch: pytest.MonkeyPatch) -> Spec:
    module = importlib.import_module(f"ansible_collections.virtio.lab.plugins.modules.{name}")
    if not hasattr(module, "main"):  # an action plugin works on the control node; the documentation is its only spec
        options = yaml.safe_load(module.DOCUMENTATION)["options"]
        known = ("type", "elements", "choices", "required")
        return Spec({option: {key: told[key] for key in known if key in told} for option, told in options.items()})

    def capture(argument_spec: dict[str, Any], **rules: Any) -> None:
        raise Spec(argument_spec, **rules)

    monkeypatch.setattr(module, "AnsibleModule", capture)
    with pytest.raises(Spec) as asked:
        module.main()
    return asked.value
