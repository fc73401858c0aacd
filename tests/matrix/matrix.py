# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-core 2.18 to 2.21 on every Python that is here: all plugins are imported, one play of twenty tasks is run.

    matrix.py      prints a line for each pair; fails unless all return the same

A pair that ansible-core itself does not support is named and not run. Fewer than two pairs that ran are a failure, as
there was nothing to compare.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CORES = ("2.18", "2.19", "2.20", "2.21")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
IMPORT_ALL = """
import importlib, pkgutil, sys
from ansible.plugins.loader import init_plugin_loader
init_plugin_loader([sys.argv[1]])
import ansible_collections.virtio.lab.plugins as plugins
names = [found.name for found in pkgutil.walk_packages(plugins.__path__, plugins.__name__ + ".")]
for name in names:
    importlib.import_module(name)
print(len(names))
"""


def python_of(version: str) -> str | None:
    """A Python that runs: on the path, or one of pyenv's."""
    found = [shutil.which(f"python{version}")]
    found += sorted(str(path) for path in Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}"))
    for path in found:
        if path and subprocess.run([path, "-c", "import venv"], capture_output=True, check=False).returncode == 0:
            return path
    return None


def run(*argv: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **environment}
    return subprocess.run([str(part) for part in argv], capture_output=True, text=True, check=False, env=env)


def environment(python: str, folder: Path) -> Path:
    """An environment with all that the control node needs but ansible-core."""
    run(python, "-m", "venv", folder)
    needed = ROOT / "meta" / "ee-requirements.txt"
    done = run(folder / "bin" / "pip", "install", "-qq", "--disable-pip-version-check", "--requirement", needed)
    if done.returncode:
        sys.exit(f"matrix.py: {python} could not install {needed.name}:\n{done.stderr}")
    return folder / "bin"


def install_core(programs: Path, core: str) -> str | None:
    """Install the newest release of that ansible-core; None where it does not support this Python."""
    done = run(programs / "pip", "install", "-qq", "--disable-pip-version-check", f"ansible-core=={core}.*")
    if done.returncode == 0:
        return run(programs / "python", "-c", "import ansible.release as r; print(r.__version__)").stdout.strip()
    if re.search(r"Requires-Python|No matching distribution", done.stderr):
        return None
    sys.exit(f"matrix.py: ansible-core {core} could not be installed:\n{done.stderr}")


def returned(programs: Path, collections: Path, work: Path) -> dict:
    """Import all plugins and run the play; what its tasks returned."""
    imported = run(programs / "python", "-c", IMPORT_ALL, collections)
    if imported.returncode:
        sys.exit(f"matrix.py: a plugin cannot be imported:\n{imported.stderr[-3000:]}")
    done = run(
        programs / "ansible-playbook", "-i", "localhost,", "-c", "local", "-e", f"work={work}", HERE / "play.yml",
        ANSIBLE_COLLECTIONS_PATH=str(collections), ANSIBLE_CONFIG=str(collections.parent / "ansible.cfg"),
        ANSIBLE_PYTHON_INTERPRETER=str(programs / "python"),
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"matrix.py: the play failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    document = json.loads((work / "returned.json").read_text(encoding="utf-8"))
    document["imported"] = int(imported.stdout.split()[-1])
    for name in ("report.md", "report.csv"):
        document[name] = (work / "report" / name).read_text(encoding="utf-8")
    return document


def main() -> int:
    seen: dict[str, dict] = {}
    with tempfile.TemporaryDirectory(prefix="virtio-lab-matrix-") as place:
        collections = Path(place, "collections")
        link = collections / "ansible_collections" / "virtio" / "lab"
        link.parent.mkdir(parents=True)
        link.symlink_to(ROOT)
        Path(place, "ansible.cfg").write_text("", encoding="utf-8")  # none of the user's
        for version in PYTHONS:
            python = python_of(version)
            if python is None:
                print(f"Python {version}: not on this machine", flush=True)
                continue
            programs = environment(python, Path(place, f"python{version}"))
            for core in CORES:
                began = time.monotonic()
                release = install_core(programs, core)
                if release is None:
                    print(f"Python {version}, ansible-core {core}: ansible-core does not support it", flush=True)
                    continue
                work = Path(tempfile.mkdtemp(dir=place))
                pair = f"Python {version}, ansible-core {release}"
                seen[pair] = returned(programs, collections, work)
                count = seen[pair]["imported"]
                seconds = time.monotonic() - began
                print(f"{pair}: {count} modules imported, the play passed, {seconds:.0f} s", flush=True)
            shutil.rmtree(programs.parent)
    return compared(seen)


def compared(seen: dict[str, dict]) -> int:
    """0 when every pair returned the same."""
    if len(seen) < 2:
        print(f"matrix.py: {len(seen)} pairs ran, so nothing was compared")
        return 1
    (first, wanted), *others = seen.items()
    different = 0
    for pair, document in others:
        for key in sorted(wanted.keys() | document.keys()):
            if wanted.get(key) != document.get(key):
                different += 1
                print(
                    f"{pair}: {key} is not what it is with {first}:\n  {document.get(key)}\n  {wanted.get(key)}"[:2000]
                )
    print(f"{len(seen)} pairs ran, {different} results differ")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
