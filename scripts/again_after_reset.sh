#!/usr/bin/env bash
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# again_after_reset.sh NAME COMMAND...: runs the command, and at most twice more where it fails and the machine that QEMU
# emulates was reset under the lab host NAME meanwhile: that says nothing of the collection (docs/lab-host.md). What fails
# in a lab host that was not reset has failed.
set -euo pipefail
name=$1
cache=${XDG_CACHE_HOME:-}
case $cache in /*) ;; *) cache=~/.cache ;; esac # as the roles have it; without HOME bash asks passwd
run=$cache/virtio.lab/run/$name
shift

process() { cat "$run/qemu.pid" 2> /dev/null || true; }
resets() { # QEMU resets its CPUs twice as it starts
    local seen
    seen=$(grep -c '^CPU Reset (CPU 0)' "$run/emulator.log" 2> /dev/null) || true
    echo $((${seen:-0} > 2 ? ${seen:-0} - 2 : 0))
}

for time in 1 2 3; do
    process_before=$(process)
    resets_before=$(resets)
    "$@" && exit 0 || code=$?
    [ "$(process)" = "$process_before" ] || resets_before=0
    [ "$time" -lt 3 ] && [ "$(resets)" -gt "$resets_before" ] || exit "$code"
    echo "== the lab host $name was reset by the emulation under it; once more. Its console ended before that:"
    awk -f "$(dirname "$0")/../roles/lab_host/awk/last_words.awk" "$run/console.log" || true
    echo "== the emulator's log ends:"
    grep -E '^(Triple fault|CPU Reset|RIP=|CR0=|GDT=|IDT=)' "$run/emulator.log" | tail -n 20
done
