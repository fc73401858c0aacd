# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of datapaths in docs/datapaths.md and the modules' choices, from the registry: datapaths_page.py [--check].

With --check nothing is written: it fails where the page or the choices differ, and where code of plugins/ compares a
datapath with a name. What differs between datapaths belongs into the registry.
"""

from __future__ import annotations

import ast
import re
import runpy
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

if "ansible_collections.virtio.lab" not in sys.modules:  # as the unit tests find this tree
    runpy.run_path(str(ROOT / "tests" / "unit" / "conftest.py"))

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import Host  # noqa: E402
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._registry import DATAPATHS, NAMES  # noqa: E402

PAGE = ROOT / "docs" / "datapaths.md"
BEGIN, END = "<!-- begin: scripts/datapaths_page.py -->\n", "<!-- end -->\n"
MODULES = ("datapath", "benchmark_run")
CHOICES = re.compile(r"(\n  datapath:\n(?:    .*\n)*?)    choices: \[[^]]*\]")
NOTHING = Host(
    "KVM",
    "`/dev/vhost-net`",
    "macvtap",
    "`/dev/net/tun`",
    "Open vSwitch",
    "its kernel module",
    "`dpdk-testpmd`",
    "a guest that shares its memory",
    "an SR-IOV card with virtual functions",
    "Open vSwitch with DPDK",
    "passt, libvirt 11 and a default route",
    "an IOMMU",
    "vfio-pci",
)


def table() -> str:
    rows = [
        "| name | what it is | the guest has | who moves the packets | where they leave QEMU | needs |",
        "|---|---|---|---|---|---|",
    ]
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


def with_choices(text: str) -> str:
    """A module's source whose documentation has every datapath for a choice of its option."""
    told = textwrap.fill(
        f"choices: [{', '.join(NAMES)}]", 118, initial_indent="    ", subsequent_indent="      ", break_on_hyphens=False
    )
    changed, times = CHOICES.subn(lambda found: found[1] + told, text)
    if times != 1:
        raise ValueError(f"the documentation has {times} options `datapath` with choices")
    return changed


def generated() -> dict[Path, str]:
    """All that is written from the registry: path → what is to be in it."""
    modules = (ROOT / "plugins" / "modules" / f"{name}.py" for name in MODULES)
    return {PAGE: page(), **{path: with_choices(path.read_text(encoding="utf-8")) for path in modules}}


def main() -> int:
    differing = {path: text for path, text in generated().items() if path.read_text(encoding="utf-8") != text}
    if "--check" not in sys.argv[1:]:
        for path, text in differing.items():
            path.write_text(text, encoding="utf-8")
        return 0
    found = list(comparisons())
    found += [
        f"{path.relative_to(ROOT)} is not what the registry says; run scripts/datapaths_page.py" for path in differing
    ]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
