#!/usr/bin/env bash
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# watched.sh LOG PATTERN COMMAND...: runs the command with all it prints in LOG. Shows the lines that match PATTERN as they
# come, and the last 150 of LOG when the command fails. Ends as the command does.
set -euo pipefail
log=$1 pattern=$2
shift 2
mkdir -p "$(dirname "$log")"

"$@" 2>&1 | tee "$log" | { grep --line-buffered -E "$pattern" || true; } && exit 0 || code=$?
tail -n 150 "$log"
echo "all of it: $log"
exit "$code"
