# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The machine that is looked at: where its file systems are, and how its programs are found and asked."""

from __future__ import annotations

import functools
import os
import shutil
from pathlib import Path
from typing import Callable, NamedTuple, Optional

from ansible_collections.virtio.lab.plugins.module_utils._kvm._modules import has_module
from ansible_collections.virtio.lab.plugins.module_utils._preflight._ask import ask
from ansible_collections.virtio.lab.plugins.module_utils._preflight._capability import Capability, no, unknown, yes
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner
from ansible_collections.virtio.lab.plugins.module_utils._sriov._host import content

# A module that is run with the rights of another user may not have these in its search path.
_MORE = ("/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin")


def find(program: str) -> Optional[str]:
    """Return the path of a program, None where there is none."""
    return shutil.which(program, path=os.pathsep.join([os.environ.get("PATH", ""), *_MORE]))


class Machine(NamedTuple):
    """release: of its kernel; architecture: as uname has it. runner asks a program within the time it is given."""

    release: str
    architecture: str
    runner: Runner = functools.partial(ask, timeout=30)
    find: Callable[[str], Optional[str]] = find
    root: str = "/"

    def at(self, path: str) -> str:
        """A path on this machine, given without the slash that it begins with."""
        return os.path.join(self.root, path)

    def there(self, path: str) -> bool:
        """Whether there is something at that path."""
        return os.path.exists(self.at(path))

    def text(self, path: str) -> Optional[str]:
        """A file's text without the white space around it; None where it cannot be read."""
        return content(self.at(path))

    def numbers(self, folder: str, prefix: str) -> list[int]:
        """The numbers of the entries of a folder whose names are prefix and a number."""
        found = Path(self.at(folder)).glob(f"{prefix}*")
        names = (path.name[len(prefix) :] for path in found)
        return sorted(int(name) for name in names if name.isdecimal() and name.isascii() and len(name) < 10)


def driver(of: Machine, name: str, module: str, trace: str, remedy: str) -> Capability:
    """Whether the kernel has a driver: trace is there while it is loaded, module is what it is loaded from."""
    if of.there(trace):
        return yes(name, f"/{trace} is there: the kernel {of.release} has it")
    found = has_module(module, of.release, of.root)
    if found:
        return yes(name, f"the kernel {of.release} has the module {module}, which is loaded when it is needed")
    if found is None:
        return unknown(
            name,
            f"/{trace} is missing, and no /lib/modules/{of.release} tells whether there is a module {module}",
            remedy,
        )
    return no(name, f"the kernel {of.release} has no module {module}", remedy)
