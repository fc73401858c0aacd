#!/usr/bin/env bash
# Install the Debian packages that a target of the Makefile needs: packages.sh lab|test
set -euo pipefail

case "${1:-}" in
    lab) wanted=(python3-venv openssh-client mmdebstrap e2fsprogs procps cpio kmod xz-utils rsync iproute2) ;;
    # All that the tests want, so that none of them installs something while others run.
    test)
        wanted=(git iproute2 openssh-client cpio kmod chromium strace libvirt-dev pkg-config gcc libc6-dev python3-dev)
        wanted+=(qemu-utils gnupg gpgv openssl)
        wanted+=(dpdk-dev)                                                          # testpmd, for vhost-user
        wanted+=(openvswitch-switch-dpdk)                                           # an Open vSwitch that is started beside any
        wanted+=(xz-utils zstd bzip2 lz4 zip xorriso cryptsetup-bin)                # what image_fetch packs
        wanted+=(mmdebstrap fdisk e2fsprogs btrfs-progs dosfstools mtools)          # what cloud images are made with
        ;;
    *)
        echo "packages.sh: usage: packages.sh lab|test" >&2
        exit 2
        ;;
esac

if ! command -v dpkg-query > /dev/null; then
    echo "packages.sh: this is not a Debian machine; see that these are installed: ${wanted[*]}" >&2
    exit 0
fi

missing=()
for package in "${wanted[@]}"; do
    state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2> /dev/null || true)
    [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

sudo=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo > /dev/null || {
        echo "packages.sh: ${missing[*]} must be installed: become root or install sudo" >&2
        exit 1
    }
    sudo=(sudo)
fi

echo "== System packages: ${missing[*]}"
apt_get=$(dirname "$0")/apt_get.sh
"${sudo[@]}" "$apt_get" update -qq
"${sudo[@]}" "$apt_get" install -qq --yes --no-install-recommends "${missing[@]}" > /dev/null
