# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one error a user is meant to read."""

from __future__ import annotations


class LabError(Exception):
    """One clear sentence: the thing, its value, what would be right. A module's main() hands it to fail_json."""
