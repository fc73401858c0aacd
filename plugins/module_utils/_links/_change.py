# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an action alters, and the diff that a list of such changes amounts to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable


@dataclass(frozen=True)
class Change:
    """One attribute of one thing, before and after an action."""

    attribute: str
    before: Any
    after: Any


def diff(changes: Iterable[tuple[str, Change]]) -> dict[str, dict[str, dict[str, Any]]]:
    """Ansible's diff of (thing, change) pairs in the order of the actions.

    An attribute changed several times counts from its first before to its last after; where these are equal
    (a device taken down and up again) nothing is shown. Of what comes or goes, that alone is shown on the side where it
    is absent.
    """
    first: dict[tuple[str, str], Any] = {}
    last: dict[tuple[str, str], Any] = {}
    for thing, change in changes:
        key = (thing, change.attribute)
        first.setdefault(key, change.before)
        last[key] = change.after
    before: dict[str, dict[str, Any]] = {}
    after: dict[str, dict[str, Any]] = {}
    for (thing, attribute), old in first.items():
        new = last[thing, attribute]
        if old != new:
            before.setdefault(thing, {})[attribute] = old
            after.setdefault(thing, {})[attribute] = new
    for side in (before, after):
        for thing, attributes in side.items():
            if attributes.get("state") == "absent":
                side[thing] = {"state": "absent"}
    return {"before": before, "after": after}
