# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of datapaths in docs/datapaths.md, from the registry: datapaths_page.py [--check].

With --check nothing is written: it fails where the page differs, where a module's choices do not have every datapath,
and where code of plugins/ compares a datapath with a name. What differs between datapaths belongs into the registry.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import Host
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._registry import DATAPATHS, NAMES

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "datapaths.md"
BEGIN, END = "<!-- begin: scripts/datapaths_page.py -->\n", "<!-- end -->\n"
MODULES = ("datapath", "benchmark_run")
NOTHING = Host("KVM", "`/dev/vhost-net`", "macvtap")


def table() -> str:
    rows = [
        "| name | what it is | the guest has | who moves the packets | where they leave QEMU | needs |",
        "|---|" * 1,
    ]
    rows[1] = "|---|---|---|---|---|---|"
    for one in DATAPATHS:
        needs = ", ".join(one.lacks(NOTHING)) or "nothing"
        parts = (one.frontend.title, one.backend.title, one.attachment.title)
        rows.append(f"| `{one.name}` | {one.title}. {one.note} | {' | '.join(parts)} | {needs} |")
    return "\n".join(rows) + "\n"


def page() -> str:
    text = PAGE.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    return f"{head}{BEGIN}\n{table()}\n{END}{rest.split(END)[1]}"


def comparisons() -> Iterator[str]:
    """Where a datapath is compared with a name."""
    for path in sorted((ROOT / "plugins").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Compare):
                continue
            sides = [node.left, *node.comparators]
            names = [side.value for side in sides if isinstance(side, ast.Constant) and side.value in NAMES]
            if names and any(re.search("datapath|variant", ast.unparse(side)) for side in sides):
                yield f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}: ask the registry instead"


def choices() -> Iterator[str]:
    for name in MODULES:
        text = (ROOT / "plugins" / "modules" / f"{name}.py").read_text(encoding="utf-8")
        told = yaml.safe_load(text.split('DOCUMENTATION = r"""')[1].split('"""')[0])["options"]["datapath"]["choices"]
        if told != list(NAMES):
            yield f"plugins/modules/{name}.py: the choices of datapath are not those of the registry"


def main() -> int:
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    found = [*comparisons(), *choices()]
    if page() != PAGE.read_text(encoding="utf-8"):
        found.append("docs/datapaths.md: the table is not that of the registry; run scripts/datapaths_page.py")
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
