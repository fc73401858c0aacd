#!/bin/sh
# overlaid.sh COMMAND...: runs it in a copy of this machine that forgets what was changed. To be called by unshare --mount.
set -eu
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/root
mount --rbind /dev /mnt/root/dev
mount -t proc proc /mnt/root/proc
mount -t tmpfs tmpfs /mnt/root/tmp
exec chroot /mnt/root "$@"
