# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vl-convert in processes of its own, which draw beside each other and beside this one.

It takes a second to begin, while it draws no thread of its process goes on, and a text that it cannot bear ends the
process it is in.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._text import plain
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._processes import processors
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._requirements import require

Spec = Mapping[str, Any]
EACH = 32  # drawings that are worth another engine
_VEGA_LITE = "5.20"
# A line in, a line out. What is printed by others goes where errors go. The first drawing, of nothing, is for its own
# beginning.
_PROGRAM = """
import json, os, sys
answers = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)
sys.path.append(sys.argv[1])
from vl_convert import vegalite_to_svg
vegalite_to_svg(vl_spec={"data": {"values": []}, "mark": "point"}, vl_version=sys.argv[2])
for line in sys.stdin.buffer:
    try:
        told = {"svg": vegalite_to_svg(vl_spec=json.loads(line), vl_version=sys.argv[2])}
    except ValueError as refused:
        told = {"refused": str(refused)}
    answers.write(json.dumps(told).encode() + b"\\n")
    answers.flush()
"""


class _Engine:
    def __init__(self) -> None:
        where = Path(require("vl_convert").__file__).parents[1]
        # -P: a folder that it happens to be called in may hold a stranger's json.py.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _PROGRAM, str(where), _VEGA_LITE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def draw(self, spec: Spec) -> str:
        # Both are pipes, which the types do not say.
        asked, answers = cast(BinaryIO, self._process.stdin), cast(BinaryIO, self._process.stdout)
        line = b""
        with suppress(BrokenPipeError):
            asked.write(json.dumps(spec).encode() + b"\n")
            asked.flush()
            line = answers.readline()
        if not line.endswith(b"\n"):
            self._process.kill()  # its answers ended, so it has, or is about to
            raise LabError(f"vl-convert ended while it drew a picture of the report, with {self._process.wait()}")
        told = json.loads(line)
        if "svg" not in told:
            raise LabError(f"vl-convert cannot draw a picture of the report: {plain(told['refused'])}")
        return str(told["svg"])

    def end(self) -> None:
        self._process.kill()  # it may still be at its beginning, which nobody waits for any more
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()
        self._process.wait()


class Engines:
    """Begun when they are needed, or before, and kept for the next drawings."""

    def __init__(self) -> None:
        self._begun: list[_Engine] = []
        self._owner = 0
        self._using = threading.Lock()

    def begin(self, many: int = 1) -> None:
        """Have so many of them, at least."""
        if self._owner != os.getpid():  # those of the process that this is a copy of are not ours
            self._begun, self._owner = [], os.getpid()
        self._begun += [_Engine() for _missing in range(many - len(self._begun))]

    def draw(self, specs: Sequence[Spec]) -> list[str]:
        """An SVG document for each Vega-Lite specification. LabError where there can be none."""
        # Each engine has to learn to draw, and this process makes the other forms meanwhile: it has one processor.
        many = max(1, min(processors() - 1, len(specs) // EACH))
        with self._using, ThreadPoolExecutor(many) as threads:
            self.begin(many)
            drawn: list[str] = [""] * len(specs)
            waiting = enumerate(specs)  # one that has begun already draws more than one that begins now
            try:
                for made in threads.map(lambda engine: _those_by(engine, waiting), self._begun[:many]):
                    for at, picture in made:
                        drawn[at] = picture
            except LabError:
                self.end()
                raise
            return drawn

    def end(self) -> None:
        ours, self._begun = self._begun if self._owner == os.getpid() else [], []
        for engine in ours:
            engine.end()


def _those_by(engine: _Engine, waiting: Iterator[tuple[int, Spec]]) -> list[tuple[int, str]]:
    """(number, picture) of what this one drew of what waits for all of them."""
    return [(at, engine.draw(spec)) for at, spec in waiting]


ENGINES = Engines()
atexit.register(ENGINES.end)


@contextmanager
def drawing() -> Iterator[None]:
    """An engine that begins while other work is done, and is gone afterwards with all others."""
    ENGINES.begin()
    try:
        yield
    finally:
        ENGINES.end()
