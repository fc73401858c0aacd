#!/bin/sh
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# lane.sh COMMAND...: runs the command as on a hypervisor of its own, so that several run beside each other and none meets
# the machine's own libvirt. A lane has its own processes, its own /run (sockets, locks, named network namespaces) and its
# own state of libvirt and of the collection. All of it is new, and gone at the end; what the command leaves running is
# killed. What is installed, /var/tmp and the network namespace are the machine's.
set -eu

if [ "${1:-}" != --inside ]; then
    [ "$(id -u)" -eq 0 ] || { echo "lane.sh: it makes namespaces, which needs root; run it as root" >&2; exit 1; }
    lane=$(mktemp -d /var/tmp/virtio-lab-lane-XXXXXX) # on the disk: guests' disks do not fit into memory
    export lane
    trap 'rm -rf --one-file-system "$lane"' EXIT
    code=0
    unshare --mount --propagation private --pid --fork --kill-child --mount-proc "$0" --inside "$@" || code=$?
    exit "$code"
fi
shift

# own FOLDER RSYNC-FILTER...: a folder of the lane's in its place, with what the filters take of it
own() {
    folder=$1
    shift
    mkdir -p "$folder" "$lane$folder"
    rsync --archive "$@" "$folder/" "$lane$folder/"
    mount --bind "$lane$folder" "$folder"
}

# The settings and libvirt's own network; guests and networks of the machine's user stay where they are.
own /etc/libvirt --exclude='/qemu/*.xml' --exclude='/qemu/autostart' --exclude='/qemu/networks/autostart/*' \
    --include='/qemu/networks/default.xml' --exclude='/qemu/networks/*.xml'
own /var/cache/libvirt # what libvirt found out about QEMU
for folder in /var/lib/libvirt /var/log/libvirt; do own "$folder" --include='*/' --exclude='*'; done
own /var/lib/virtio-lab --exclude='*'

mount -t tmpfs -o mode=755 tmpfs /run
mkdir -m 1777 /run/lock
mkdir /run/netns
ln -s /dev/shm /run/shm
exec "$@"
