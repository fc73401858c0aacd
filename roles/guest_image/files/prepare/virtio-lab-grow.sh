#!/bin/sh
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# virtio-lab-grow [MOUNT POINT]: runs inside a guest and makes the root file system, or another one, as large as its disk,
# through partition and LVM. What fills its disk already is not touched.
set -eu

grow_partition() { # DEVICE
    name=$(basename "$(readlink -f "$1")")
    here=/sys/class/block/$name
    [ -e "$here/partition" ] || return 0
    whole=$(basename "$(dirname "$(readlink -f "$here")")")
    left=$(($(cat "/sys/class/block/$whole/size") - $(cat "$here/start") - $(cat "$here/size")))
    # Less than 2 MiB is the table's own copy and what alignment leaves.
    [ "$left" -gt 4096 ] || return 0
    number=$(cat "$here/partition")
    echo ', +' | sfdisk --quiet --no-reread --no-tell-kernel -N "$number" "/dev/$whole"
    partx --update --nr "$number" "/dev/$whole"
}

at=${1:-/}
root=$(findmnt --noheadings --nofsroot --output SOURCE "$at")
case $root in
    /dev/mapper/*)
        group=$(lvs --noheadings --options vg_name "$root" | tr -d ' ')
        for volume in $(pvs --noheadings --options pv_name --select "vg_name=$group"); do
            grow_partition "$volume"
            pvresize --quiet "$volume"
        done
        free=$(vgs --noheadings --options vg_free_count "$group" | tr -d ' ')
        [ "$free" -eq 0 ] || lvextend --quiet --extents +100%FREE "$root"
        ;;
    *) grow_partition "$root" ;;
esac
exec /usr/lib/systemd/systemd-growfs "$at"
