# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of options in each role's README.md, from its argument specification.

    role_readmes.py            writes the tables
    role_readmes.py --check    names the files that differ, and fails

What stands above the marker is written by hand: what the role does, and an example.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import yaml

ROLES = Path(__file__).resolve().parents[1] / "roles"
MARKER = "<!-- options: scripts/role_readmes.py -->"
MARKUP = re.compile(r"\b[A-Z]+\(([^()]*)\)")


def plain(text: str) -> str:
    """Ansible's markup as Markdown: O(name) and C(value) become `name` and `value`."""
    return MARKUP.sub(lambda found: f"`{found[1]}`", text).replace("|", "\\|").replace("\n", " ")


def table(options: dict[str, dict]) -> str:
    """One row an option: its name, type, default, and the first sentences of its description."""
    rows = ["| option | type | default | meaning |", "|---|---|---|---|"]
    for name, option in options.items():
        said = option["description"]
        first = said if isinstance(said, str) else said[0]
        default = "required" if option.get("required") else f"`{option['default']}`" if "default" in option else ""
        rows.append(f"| `{name}` | {option['type']} | {default} | {plain(first)} |")
    return "\n".join(rows)


def readme(role: Path) -> str:
    """The whole README.md of a role as it should be."""
    path = role / "README.md"
    if not path.is_file():
        sys.exit(f"role_readmes.py: role {role.name} has no README.md; write one, with the line {MARKER}")
    by_hand, marker, _table = path.read_text(encoding="utf-8").partition(MARKER)
    if not marker:
        sys.exit(f"role_readmes.py: {path.relative_to(ROLES.parent)} lacks the line {MARKER}")
    spec = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    return f"{by_hand}{MARKER}\n\n{table(spec['argument_specs']['main']['options'])}\n"


def main() -> int:
    stale = []
    for role in sorted(ROLES.iterdir()):
        path = role / "README.md"
        text = readme(role)
        if path.read_text(encoding="utf-8") == text:
            continue
        if "--check" in sys.argv[1:]:
            stale.append(str(path.relative_to(ROLES.parent)))
        else:
            path.write_text(text, encoding="utf-8")
    if stale:
        print(f"options have changed: run python scripts/role_readmes.py for {', '.join(stale)}")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
