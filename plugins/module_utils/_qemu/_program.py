# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A QEMU binary as a file: is it one, and which version is it?"""

from __future__ import annotations

import re
from typing import Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner

_SAYS = re.compile(r"QEMU emulator version ([0-9][\x21-\x7e]{0,60})( \([\x20-\x7e]{1,100}\))?")
_WITHIN_S = 20


def version_line(path: str, runner: Runner) -> Optional[str]:
    """Return the version as path --version tells it, "7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)"; None of what is no QEMU.

    It is run with the rights of this process: only for a path that the user has named. Raises LabError where it cannot
    be run or does not end.
    """
    try:
        said = runner([path, "--version"], timeout=_WITHIN_S, check=False)
    except OSError as error:  # a program of another architecture
        raise LabError(f"{path} cannot be run: {error.strerror}") from error
    return version_in(said.stdout) if said.rc == 0 else None


def version_in(text: str) -> Optional[str]:
    """Return the version in the first line that QEMU prints about itself.

    >>> version_in("QEMU emulator version 9.2.0\\nCopyright (c) …")
    '9.2.0'
    """
    found = _SAYS.fullmatch(text[:1000].partition("\n")[0])
    return found.group(1) + (found.group(2) or "") if found else None
