#!/bin/sh
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# prepare.sh: builds netdevsim for the kernel of the lab host's image (the newest one in the cache) before that kernel runs,
# so that the molecule scenario finds it in the cache (load.yml) and does not wait.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/virtio.lab
# shellcheck disable=SC2012 # names of the role's own
kernel=$(ls -t "$cache"/lab-host/*/root/boot/vmlinuz-* 2> /dev/null | head -n 1)
[ -n "$kernel" ] || { echo "no image of the lab host in $cache: build it first (lab_host_state=built)" >&2; exit 1; }
root=${kernel%/boot/*}
release=${kernel##*/vmlinuz-}
version=$(dpkg-query --admindir="$root/var/lib/dpkg" --show --showformat='${Version}' "linux-image-$release")
# The trailing newline does not count, as in load.yml.
script=$(printf %s "$(cat "$here/build.sh")" | sha256sum | cut -c1-16)
exec "$here/build.sh" "$release" "$version" "$cache/netdevsim/$release-$script"
