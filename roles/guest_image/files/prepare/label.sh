#!/bin/sh
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs inside the image, last: every file gets the SELinux label that the image's policy has for it, by the image's own
# setfiles. libguestfs of Debian and Ubuntu has none; virt-sysprep would then have the guest do it in its first boot.
set -eu
rm -r "$(dirname "$0")"
[ -e /etc/selinux/config ] || exit 0
# shellcheck disable=SC1091 # the image's own
. /etc/selinux/config
labels=/etc/selinux/${SELINUXTYPE:-none}/contexts/files/file_contexts
[ -e "$labels" ] || exit 0
if ! command -v setfiles > /dev/null; then
    touch /.autorelabel
    exit 0
fi
# A kernel without SELinux tells of no mount that it has labels (-m), so what can have none is left out by its kind.
set --
while read -r _ at kind _; do
    case $at:$kind in
        /:* | *:ext[234] | *:xfs | *:btrfs | *:f2fs) ;;
        *) set -- "$@" -e "$at" ;;
    esac
done < /proc/mounts
setfiles -F -m "$@" "$labels" /
