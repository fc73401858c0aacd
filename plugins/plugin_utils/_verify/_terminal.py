# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A verification as lines for a terminal: what was verified, then what does not hold, the worst first."""

from __future__ import annotations

from ansible_collections.virtio.lab.plugins.module_utils._text import plain
from ansible_collections.virtio.lab.plugins.plugin_utils._verify._finding import FALSE, MISSING, UNPROVED
from ansible_collections.virtio.lab.plugins.plugin_utils._verify._verify import Verification

_SHOWN = 200
_WORDS = {FALSE: "false", MISSING: "missing", UNPROVED: "not proved"}


def render(found: Verification) -> list[str]:
    lines = [found.sentence()]
    if not found.signature.by and found.signature.why:
        lines.append(f"unsigned: {found.signature.why}")
    entries = [
        f"{word}: {finding.path}: {finding.what}"
        for severity, word in _WORDS.items()
        for finding in found.findings
        if finding.severity == severity
    ]
    more = len(entries) - _SHOWN
    return [plain(line) for line in [*lines, *entries[:_SHOWN], *([f"{more} more"] if more > 0 else [])]]
