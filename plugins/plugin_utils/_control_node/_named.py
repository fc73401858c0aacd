# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Folders of the control node that options name."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError


def folder(option: str, given: str) -> Path:
    """The folder as a full path. An empty text, as of a variable without a value, is none: it would be the current one.

    Raises LabError.
    """
    if not given.strip() or "\0" in given:
        raise LabError(f"{option} is {given!r}, which is no path; name a folder")
    return Path(given).absolute()


def campaign(option: str, given: str) -> Path:
    """The folder of a campaign, which links of the user's own may lead to; below it none is followed.

    Raises LabError.
    """
    try:
        return folder(option, given).resolve()
    except (OSError, RuntimeError) as loop:  # Python before 3.13 raises the second
        raise LabError(f"{option} is {given!r}, which leads nowhere; name a folder") from loop
