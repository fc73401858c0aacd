# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape of a mapping, declared once: which keys, which values, which defaults.

A check is a function (value, path, problems) that returns the value in its normal form, or adds to problems and returns
None: a key that is there with None was given and is wrong, a key that is not there was not given and has no default.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Callable

from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._problem import Problem, instead, join, show

Check = Callable[[Any, str, "list[Problem]"], Any]


class UnfitError(ValueError):
    """The rest of the sentence that starts with the value: `is not …; … would be right`."""


@dataclass(frozen=True)
class Field:
    """One key: the check of its value, and what holds when it is not given."""

    check: Check
    required: bool = False
    default: Any = None


def value(rule: Callable[[Any], Any], secret: bool = False) -> Check:
    """A check from a rule that returns the normal form or raises UnfitError; a secret is not shown."""

    def check(given: Any, path: str, problems: list[Problem]) -> Any:
        try:
            return rule(given)
        except UnfitError as wrong:
            shown = "the value (not shown)" if secret else show(given)
            problems.append(Problem(path, f"{shown} {wrong}"))
            return None

    return check


def items(of: Check, least: int = 1) -> Check:
    """A list of at least so many values; one that is wrong stays in it as None, so that the others keep their index."""

    def check(given: Any, path: str, problems: list[Problem]) -> Any:
        if not isinstance(given, list):
            problems.append(Problem(path, f"{show(given)} is no list; start the line of each entry with '- '"))
            return None
        if len(given) < least:
            problems.append(Problem(path, f"is a list of {len(given)}; at least {least} is needed"))
        return [of(item, f"{path}[{index}]", problems) for index, item in enumerate(given)]

    return check


def section(fields: dict[str, Field]) -> Check:
    """A mapping with these keys and no others."""

    def check(given: Any, path: str, problems: list[Problem]) -> Any:
        if not isinstance(given, dict):
            problems.append(Problem(path, f"{show(given)} is no mapping; its keys are {', '.join(fields)}"))
            return None
        for key in given:
            if key not in fields:
                problems.append(Problem(join(path, key), f"is no key of this mapping; {instead(key, fields)}"))
        return _known(fields, given, path, problems)

    return check


def _known(fields: dict[str, Field], given: dict[str, Any], path: str, problems: list[Problem]) -> dict[str, Any]:
    known = {}
    for key, field in fields.items():
        if key in given:
            known[key] = field.check(given[key], join(path, key), problems)
        elif field.required:
            problems.append(Problem(join(path, key), "is missing; it must be given"))
        elif field.default is not None:
            known[key] = deepcopy(field.default)
    return known


def variants(key: str, common: dict[str, Field], kinds: dict[str, dict[str, Field]]) -> Check:
    """A mapping with common keys and those that the value of one key (the kind) brings along."""

    def kind(given: Any) -> str:
        if not isinstance(given, str) or given not in kinds:
            raise UnfitError(f"is unknown; {instead(given, kinds)}")
        return given

    always = {**common, key: Field(value(kind), required=True)}

    def check(given: Any, path: str, problems: list[Problem]) -> Any:
        if isinstance(given, dict) and given.get(key) not in list(kinds):
            return _known(always, given, path, problems)  # its other keys cannot be judged
        own = kinds[given[key]] if isinstance(given, dict) else {}
        return section({**always, **own})(given, path, problems)

    return check
