#!/usr/bin/env bash
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# apt_get.sh ARGUMENT...: apt-get that waits for whoever has its locks, as a freshly booted machine's own upgrade does. apt
# itself waits for the lock of dpkg alone, not for those of its lists and archives.
set -euo pipefail
patience_s=${APT_PATIENCE_S:-300}
said=$(mktemp)
trap 'rm -f "$said"' EXIT

waited=
until DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -o DPkg::Lock::Timeout="$patience_s" -o Acquire::Retries=3 "$@" 2> "$said"; do
    if ! grep -q 'Could not get lock' "$said" || [ "$SECONDS" -ge "$patience_s" ]; then
        cat "$said" >&2
        exit 100
    fi
    [ -n "$waited" ] || echo "== waiting for apt: $(grep 'Could not get lock' "$said" | head -n 1)" >&2
    waited=yes
    sleep 1
done
cat "$said" >&2
