# Says the MiB of a file system on LVM on a partition: as made, after its disk grew and virtio-lab-grow ran, and after it
# ran again. Read by sshd's shell.
# shellcheck shell=sh
set -eu
size() { df --output=size --block-size=1M /run/it-lvm | tail -n 1; }
truncate --size=200M /var/tmp/it-lvm
disk=$(losetup --show --find --partscan /var/tmp/it-lvm)
printf 'label: gpt\n,\n' | sfdisk --quiet "$disk"
partx --update "$disk"
udevadm settle
pvcreate --quiet --quiet "${disk}p1"
vgcreate --quiet --quiet it-lvm "${disk}p1"
lvcreate --quiet --quiet --extents 100%FREE --name root it-lvm
mkfs.ext4 -q /dev/it-lvm/root
mkdir /run/it-lvm
mount /dev/it-lvm/root /run/it-lvm
made=$(size)
truncate --size=400M /var/tmp/it-lvm
losetup --set-capacity "$disk"
virtio-lab-grow /run/it-lvm > /dev/null 2>&1
grown=$(size)
virtio-lab-grow /run/it-lvm > /dev/null 2>&1
echo "$made" "$grown" "$(size)"
