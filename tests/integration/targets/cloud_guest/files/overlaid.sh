#!/bin/sh
# overlaid.sh SHELL SCRIPT...: runs it in a copy of this machine that forgets what was changed. To be called by
# unshare --mount. The script's folder is there too where it lies on a file system of its own, or in /tmp.
set -eu
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/root
mount --rbind /dev /mnt/root/dev
mount -t proc proc /mnt/root/proc
mount -t tmpfs tmpfs /mnt/root/tmp
shell=$1
folder=$(dirname "$(realpath "$2")")
script=$folder/$(basename "$2")
shift 2
mkdir -p "/mnt/root$folder"
mount --bind "$folder" "/mnt/root$folder"
exec chroot /mnt/root "$shell" "$script" "$@"
