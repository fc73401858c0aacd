#!/bin/sh
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# build.sh KERNEL VERSION DESTINATION: Debian 13's kernel has netdevsim switched off, so build the module from the very
# source of that kernel (its release, as `uname -r` prints it, and its package's version) into DESTINATION/netdevsim.ko.
# A compiler and the kernel's headers go into a directory that is thrown away. Needs root and mmdebstrap, as building
# the lab host does; downloads about 220 MB, most of it the kernel's source.
#
# mmdebstrap calls it once more with HOOK=1 and that directory as its argument, when the compiler is in place.
set -eu

if [ -n "${HOOK:-}" ]; then
    root=$1
    series=$(echo "$VERSION" | cut -d. -f1-2)
    cd "$root/tmp"
    # By name, because the headers' dependencies would bring the kernel's image too.
    APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get download "linux-source-$series=$VERSION" "linux-headers-$KERNEL=$VERSION" \
        "linux-headers-${KERNEL%-*}-common=$VERSION" "linux-kbuild-${KERNEL%-*}=$VERSION"
    for package in linux-headers-*.deb linux-kbuild-*.deb; do dpkg-deb --extract "$package" "$root"; done
    dpkg-deb --fsys-tarfile linux-source-*.deb | tar --extract --to-stdout --wildcards '*/linux-source-*.tar.xz' |
        tar --extract --xz --directory "$root/usr/src" --strip-components=3 --wildcards '*/drivers/net/netdevsim'
    ln -sf gawk "$root/usr/bin/awk"  # packages are unpacked and not configured
    PATH=/usr/sbin:/usr/bin chroot "$root" \
        make -C "/usr/src/linux-headers-$KERNEL" M=/usr/src/netdevsim CONFIG_NETDEVSIM=m CONFIG_DEBUG_INFO_BTF_MODULES= modules
    PATH=/usr/sbin:/usr/bin chroot "$root" strip --strip-debug /usr/src/netdevsim/netdevsim.ko
    cp "$root/usr/src/netdevsim/netdevsim.ko" "$DESTINATION/netdevsim.ko.new"
    exit
fi

export KERNEL="$1" VERSION="$2" DESTINATION="$3" HOOK=1
mkdir -p "$DESTINATION"
exec 9> "$DESTINATION/lock"
flock 9
[ ! -e "$DESTINATION/netdevsim.ko" ] || exit 0
# The machine's own mirror where it is a Debian. apt-get fills in the address.
# shellcheck disable=SC2016
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -n 1 || true)
mmdebstrap --quiet --variant=extract --format=null --architectures=amd64 --aptopt='APT::Install-Recommends "false"' \
    --include=base-files,bash,coreutils,dash,diffutils,findutils,gawk,gcc-14,grep,libelf1t64,make,perl-base,sed \
    "--extract-hook=$(realpath "$0") \"\$1\"" trixie - ${mirror:+"$mirror"}
mv "$DESTINATION/netdevsim.ko.new" "$DESTINATION/netdevsim.ko"  # what stands there is complete
