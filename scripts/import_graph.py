# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which room of module_utils and plugin_utils imports which, and where they import each other in a circle.

    import_graph.py              figures, rooms, arrows and circles as text
    import_graph.py --write      draws the rooms in docs/architecture.md
    import_graph.py --check      fails on circles, on module_utils importing plugin_utils, on a drawing of other rooms

A room is a folder; a file that lies in none is a room of its own. --tree FOLDER looks at another tree.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

COLLECTION = "ansible_collections.virtio.lab.plugins."
PARTS = ("module_utils", "plugin_utils")
BEGIN, END = "<!-- rooms: scripts/import_graph.py --write -->", "<!-- rooms end -->"

Graph = Mapping[str, frozenset[str]]


class House(NamedTuple):
    """The files of every room, which room imports which, and which file imports which."""

    rooms: Mapping[str, list[str]]
    arrows: Graph
    files: Graph


def house(plugins: Path) -> House:
    """Read every file of both folders. Imports under TYPE_CHECKING and inside functions count."""
    paths = sorted(path for part in PARTS for path in plugins.joinpath(part).rglob("*.py"))
    names = {dotted(path, plugins): path for path in paths}
    files = {
        path: {names[name] for name in imported(path.read_text(encoding="utf-8"), names)} - {path} for path in paths
    }
    rooms: dict[str, list[str]] = {}
    arrows: dict[str, set[str]] = {}
    for path, targets in files.items():
        here = room(path, plugins)
        rooms.setdefault(here, []).append(path.name)
        arrows.setdefault(here, set()).update({room(target, plugins) for target in targets} - {here})
    return House(
        rooms,
        {here: frozenset(there) for here, there in arrows.items()},
        {
            path.relative_to(plugins).as_posix(): frozenset(other.relative_to(plugins).as_posix() for other in targets)
            for path, targets in files.items()
        },
    )


def dotted(path: Path, plugins: Path) -> str:
    """The name by which Python imports a file, without what all have before it."""
    parts = path.relative_to(plugins).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room(path: Path, plugins: Path) -> str:
    """The folder a file lies in, or the file itself where it lies loose in module_utils or plugin_utils."""
    inside = path.relative_to(plugins)
    return (inside.parent if len(inside.parts) > 2 else inside).as_posix()


def imported(source: str, names: Iterable[str]) -> Iterator[str]:
    """The names of files that a source imports: ``from …module_utils._a import _b`` is _a/_b where there is such."""
    known = set(names)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(COLLECTION):
            module = str(node.module).removeprefix(COLLECTION)
            for alias in node.names:
                yield from ({f"{module}.{alias.name}"} & known or {module} & known)


def circles(graph: Graph) -> list[list[str]]:
    """Groups in which each reaches each other one, sorted."""
    beyond = {node: reached(graph, node) for node in graph}
    groups = {frozenset(other for other in beyond[node] if node in beyond.get(other, ())) for node in graph}
    return sorted(sorted(group) for group in groups if len(group) > 1)


def reached(graph: Graph, start: str) -> set[str]:
    """All that can be reached from start by one arrow or more."""
    found: set[str] = set()
    ahead = list(graph.get(start, ()))
    while ahead:
        node = ahead.pop()
        if node not in found:
            found.add(node)
            ahead += graph.get(node, ())
    return found


def shortest(graph: Graph) -> dict[str, frozenset[str]]:
    """Without the arrows that others say already: of a -> b -> c and a -> c the last goes. graph has no circles."""
    return {
        node: frozenset(
            target for target in targets if not any(target in reached(graph, other) for other in targets - {target})
        )
        for node, targets in graph.items()
    }


def backwards(graph: Graph) -> list[str]:
    """Arrows from what runs on managed hosts to what is on the control node only."""
    return [
        f"{node} -> {target}"
        for node, targets in sorted(graph.items())
        for target in sorted(targets)
        if node.startswith(PARTS[0]) and target.startswith(PARTS[1])
    ]


def as_text(seen: House) -> str:
    loose = [name for name in seen.rooms if name.endswith(".py")]
    largest = max(seen.rooms, key=lambda name: len(seen.rooms[name]))
    where = ", ".join(f"{sum(name.startswith(part) for name in loose)} in {part}" for part in PARTS)
    lines = [
        f"{len(seen.files)} files in {len(seen.rooms) - len(loose)} rooms; loose among them: {len(loose)} ({where})",
        f"largest room: {largest}, {len(seen.rooms[largest])} files",
        f"arrows between rooms: {sum(map(len, seen.arrows.values()))}",
        f"circles of rooms: {len(circles(seen.arrows))}; of files: {len(circles(seen.files))}",
        *(f"  circle: {', '.join(group)}" for group in [*circles(seen.arrows), *circles(seen.files)]),
        "",
    ]
    for name in sorted(seen.rooms):
        lines.append(f"{name} ({len(seen.rooms[name])})" if name not in loose else name)
        lines += [f"  -> {target}" for target in sorted(seen.arrows[name])]
    return "\n".join(lines)


def drawing(graph: Graph) -> str:
    """Folders only, those above first, each arrow that no others say already."""
    folders = {
        node: frozenset(target for target in targets if not target.endswith(".py"))
        for node, targets in graph.items()
        if not node.endswith(".py")
    }
    arrows = shortest(folders)
    lines = []
    for part in reversed(PARTS):
        lines.append(f"    {part}")
        inside = [node for node in folders if node.startswith(part)]
        for node in sorted(inside, key=lambda node: (-len(reached(folders, node)), node)):
            to = ", ".join(target.partition("/")[2] for target in sorted(arrows[node]))
            lines.append(f"      {node.partition('/')[2]:<20}{'→ ' + to if to else ''}".rstrip())
    return "\n".join(lines)


def drawn(page: str, graph: Graph) -> str:
    """The page with the rooms drawn between its two marks."""
    before, begin, rest = page.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"import_graph.py: docs/architecture.md lacks the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{drawing(graph)}\n\n{END}{after}"


def wrong(tree: Path, seen: House) -> list[str]:
    """Sentences, [] where all is well."""
    found = [f"these rooms import each other in a circle: {', '.join(group)}" for group in circles(seen.arrows)]
    found += [f"these files import each other in a circle: {', '.join(group)}" for group in circles(seen.files)]
    found += [f"module_utils is shipped without plugin_utils: {arrow}" for arrow in backwards(seen.arrows)]
    page = tree / "docs" / "architecture.md"
    if not found and drawn(page.read_text(encoding="utf-8"), seen.arrows) != page.read_text(encoding="utf-8"):
        found.append("docs/architecture.md draws other rooms: run python scripts/import_graph.py --write")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tree", type=Path, default=Path(__file__).resolve().parents[1])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    seen = house(asked.tree / "plugins")
    if asked.check:
        found = wrong(asked.tree, seen)
        print("\n".join(found) or f"{len(seen.rooms)} rooms, no circle")
        return 1 if found else 0
    if asked.write:
        page = asked.tree / "docs" / "architecture.md"
        page.write_text(drawn(page.read_text(encoding="utf-8"), seen.arrows), encoding="utf-8")
        return 0
    print(as_text(seen))
    return 0


if __name__ == "__main__":
    sys.exit(main())
