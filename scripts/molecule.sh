#!/usr/bin/env bash
# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The molecule scenario. Once more, and only once, where the machine that QEMU emulates was reset under the lab host, which
# its console shows as a second boot: that says nothing of the collection. What fails in a lab host of one boot has failed.
# Shows which action and which play runs, and the end of what failed; all of it is in .cache/molecule.log.
set -euo pipefail
cd "$(dirname "$0")/.."
console=${XDG_CACHE_HOME:-$HOME/.cache}/virtio.lab/run/molecule/console.log

molecule_test() { scripts/watched.sh ".cache/$1.log" 'INFO|WARNING|PLAY \[' molecule test "${@:2}"; }

if molecule_test molecule --destroy=never; then
    exec molecule destroy
fi
boots=$(grep -c 'lab-host login:' "$console" || true)
molecule destroy
[ "${boots:-0}" -gt 1 ] || exit 1
echo "== molecule: the lab host was reset by the emulation under it, its console shows $boots boots; once more"
molecule_test molecule-2
