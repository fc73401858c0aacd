#!/usr/bin/env bash
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# build.sh RELEASE FILESYSTEM: prints the path of a disk image made as Debian's generic cloud images are made
# (RELEASE bookworm or trixie, FILESYSTEM ext4 or btrfs), from packages alone. It is kept in the user's cache under the
# digest of this script. Needs root, and neither loop devices nor mounts: every file system is written by its own mkfs.
#
# As in Debian's images (https://salsa.debian.org/cloud-team/debian-cloud-images, config_space): GPT with root as the
# first partition and the last on the disk, bios_grub as 14, ESP as 15; GRUB for BIOS and signed for EFI; cloud-init,
# netplan, unattended-upgrades; apt's stock sources with main alone; no host keys, no machine-id, root locked; no guest
# agent. Otherwise: apt's mirror is named with http, which works without the CA certificates of whoever tests.
set -euo pipefail

[ $# -eq 2 ] || { echo "usage: build.sh bookworm|trixie ext4|btrfs" >&2; exit 2; }
release=$1 filesystem=$2
disk_mib=3072 esp_mib=124
# Fixed, so that the same packages make the same disk.
root_uuid=6d0f3ab2-7d0b-4c1e-9a55-0c1f6b0f5a01 root_partuuid=6d0f3ab2-7d0b-4c1e-9a55-0c1f6b0f5a02
esp_partuuid=6d0f3ab2-7d0b-4c1e-9a55-0c1f6b0f5a03 esp_serial=6D0F3AB2

packages=(
    systemd-sysv udev dbus kmod zstd initramfs-tools linux-image-cloud-amd64 iproute2 ca-certificates
    cloud-init cloud-guest-utils netplan.io systemd-resolved systemd-timesyncd openssh-server sudo python3
    unattended-upgrades fdisk gdisk dosfstools e2fsprogs grub-cloud-amd64
)
case $filesystem in
    ext4) ;;
    btrfs) packages+=(btrfs-progs) ;;
    *) echo "build.sh: no file system $filesystem; want ext4 or btrfs" >&2; exit 2 ;;
esac

began=$(date +%s)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/virtio.lab/cloud-images
digest=$(sha256sum "$0" | cut -c 1-12)
image=$cache/debian-$release-$filesystem-$digest.qcow2
[ ! -e "$image" ] || { echo "$image"; exit 0; }
exec 3>&1 >&2 # what is printed is the path alone: mkfs.btrfs has to say something even when it is to be quiet
mkdir -p "$cache"
work=$(mktemp -d "$cache/building.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root disk=$work/disk.raw

# shellcheck disable=SC2016 # apt expands it
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -n 1)
included=$(IFS=, && echo "${packages[*]}")
mmdebstrap --quiet --variant=minbase --format=directory --components=main \
    --aptopt='APT::Install-Recommends "false"' --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --include="$included" \
    "$release" "$root" "${mirror:-http://deb.debian.org/debian}"

# What apt was told for building is not in a stock image.
rm -f "$root"/etc/apt/sources.list "$root"/etc/apt/apt.conf.d/99mmdebstrap "$root"/etc/dpkg/dpkg.cfg.d/99mmdebstrap
mkdir -p "$root/etc/apt/mirrors"
echo http://deb.debian.org/debian > "$root/etc/apt/mirrors/debian.list"
echo http://deb.debian.org/debian-security > "$root/etc/apt/mirrors/debian-security.list"
cat > "$root/etc/apt/sources.list.d/debian.sources" << END
Types: deb deb-src
URIs: mirror+file:///etc/apt/mirrors/debian.list
Suites: $release $release-updates $release-backports
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb deb-src
URIs: mirror+file:///etc/apt/mirrors/debian-security.list
Suites: $release-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
END

cat > "$root/etc/netplan/90-default.yaml" << END
network:
  version: 2
  ethernets:
    all-en:
      match: {name: en*}
      dhcp4: true
      dhcp6: true
END
chmod 0600 "$root/etc/netplan/90-default.yaml"
cat > "$root/etc/fstab" << END
PARTUUID=$root_partuuid / $filesystem rw,discard,x-systemd.growfs 0 1
PARTUUID=$esp_partuuid /boot/efi vfat defaults 0 0
END
echo localhost > "$root/etc/hostname"
echo uninitialized > "$root/etc/machine-id"
ln -sf ../run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf"
rm -f "$root"/etc/ssh/ssh_host_* "$root/var/lib/dbus/machine-id"
sed -i 's/^root:[^:]*:/root:!unprovisioned:/' "$root/etc/shadow"
systemctl --quiet --root="$root" enable systemd-networkd

kernel=$(basename "$root"/boot/vmlinuz-*)
mkdir -p "$root/boot/efi" "$root/boot/grub" "$root/etc/default/grub.d"
cmdline="console=tty0 console=ttyS0,115200 earlyprintk=ttyS0,115200 consoleblank=0"
echo "GRUB_CMDLINE_LINUX=\"$cmdline\"" > "$root/etc/default/grub.d/10_cloud.cfg"
cat > "$root/boot/grub/grub.cfg" << END
set timeout=0
search --no-floppy --fs-uuid --set=root $root_uuid
menuentry 'Debian GNU/Linux' {
    linux /boot/$kernel root=PARTUUID=$root_partuuid ro $cmdline
    initrd /boot/initrd.img-${kernel#vmlinuz-}
}
END
printf "search.fs_uuid %s root\nset prefix=(\$root)'/boot/grub'\n" "$root_uuid" > "$root/boot/grub/early.cfg"

# GRUB for BIOS. grub-bios-setup wants a block device; all it would do is to write where core.img begins.
cp -r "$root/usr/lib/grub/i386-pc" "$root/boot/grub/"
chroot "$root" grub-mkimage --format i386-pc --output /boot/grub/core.img --prefix /boot/grub \
    --config /boot/grub/early.cfg biosdisk part_gpt ext2 btrfs search_fs_uuid normal
mv "$root/boot/grub/core.img" "$work/core.img"
cp "$root/usr/lib/grub/i386-pc/boot.img" "$work/boot.img"

# GRUB for EFI, in the place for removable disks.
mkdir "$work/esp"
echo "configfile \$prefix/grub.cfg" | cat "$root/boot/grub/early.cfg" - > "$work/esp/grub.cfg"
truncate -s ${esp_mib}M "$work/esp.img"
mkfs.vfat -i $esp_serial "$work/esp.img" > /dev/null
mmd -i "$work/esp.img" ::EFI ::EFI/BOOT ::EFI/debian
mcopy -i "$work/esp.img" "$root/usr/lib/shim/shimx64.efi.signed" ::EFI/BOOT/BOOTX64.EFI
mcopy -i "$work/esp.img" "$root/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed" ::EFI/BOOT/grubx64.efi
mcopy -i "$work/esp.img" "$work/esp/grub.cfg" ::EFI/debian/grub.cfg
rm "$root/boot/grub/early.cfg"

truncate -s ${disk_mib}M "$disk"
sfdisk --quiet "$disk" << END
label: gpt
14: start=1MiB, size=3MiB, type=21686148-6449-6E6F-744E-656564454649
15: start=4MiB, size=${esp_mib}MiB, type=uefi, uuid=$esp_partuuid
1: start=$((4 + esp_mib))MiB, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, uuid=$root_partuuid
END
into() { dd if="$1" of="$disk" bs="$2" seek="$3" conv=notrunc,sparse status=none; }
head -c 440 "$work/boot.img" > "$work/mbr"
into "$work/mbr" 1 0
into "$work/core.img" 512 2048
# In boot.img at 0x5c, and in core.img at the end of its first sector: the sector to go on with, little-endian.
printf '\000\010' | dd of="$disk" bs=1 seek=$((0x5c)) conv=notrunc status=none
printf '\001\010\000\000\000\000\000\000' | dd of="$disk" bs=1 seek=$((2048 * 512 + 0x1f4)) conv=notrunc status=none
into "$work/esp.img" 1M 4

root_mib=$((disk_mib - 4 - esp_mib - 1))
case $filesystem in
    ext4) mke2fs -q -t ext4 -U $root_uuid -d "$root" -E offset=$(((4 + esp_mib) * 1048576)) "$disk" ${root_mib}M ;;
    btrfs)
        truncate -s ${root_mib}M "$work/root.img"
        mkfs.btrfs --quiet --uuid $root_uuid --rootdir "$root" "$work/root.img"
        into "$work/root.img" 1M $((4 + esp_mib))
        ;;
esac
qemu-img convert -f raw -O qcow2 "$disk" "$work/disk.qcow2"
mv "$work/disk.qcow2" "$image"
echo "build.sh: $release with $filesystem in $(($(date +%s) - began)) s"
echo "$image" >&3
