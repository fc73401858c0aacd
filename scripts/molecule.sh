#!/usr/bin/env bash
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The molecule scenario, once more where the lab host was reset under it. Shows which action and which play runs, and the
# end of what failed; all of it is in .cache/molecule.log.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/again_after_reset.sh molecule \
    scripts/watched.sh .cache/molecule.log 'INFO|WARNING|PLAY \[' molecule test --destroy=never && code=0 || code=$?
molecule destroy
exit "$code"
