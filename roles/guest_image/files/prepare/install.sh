#!/bin/sh
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# install.sh PACKAGE...: runs inside a ready image and installs those packages that it has not. Asks the repositories
# that the image itself names and leaves them as they are. Its last line begins with "virtio-lab:" when it fails.
# shellcheck disable=SC2086,SC2329 # lists of packages are words, and what asks for one is called by its name
set -eu

die() { echo "virtio-lab: $1"; exit 1; }

# Prints those of PACKAGE... for which the command in $has says no.
missing() { for package; do $has "$package" >/dev/null 2>&1 || printf '%s ' "$package"; done; }

apt() {
    # Only lists of packages, not of sources or translations: under emulation each of them takes as long as the rest.
    apt-get --quiet --yes --option Acquire::Languages=none --option Acquire::Retries=2 --option Acquire::http::Timeout=30 \
        --option Acquire::IndexTargets::deb-src::Sources::DefaultEnabled=false \
        --option Dpkg::Options::=--force-unsafe-io --option Dpkg::Options::=--force-confold "$@"
}
has_candidate() { apt-cache policy "$1" | grep -q '^  Candidate: [^(]'; }
is_installed() { [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# Debian 12 and older have netperf in non-free, which a stock image does not ask for. It is asked for here alone: what a
# lab's guest gets later comes from where its image gets everything.
# shellcheck disable=SC1091 # the image's own
is_old_debian() { (. /etc/os-release && [ "$ID" = debian ] && [ "${VERSION_ID:-99}" -le 12 ]); }
sources() { # SUFFIX: the files that apt reads, or what they were before
    find /etc/apt/sources.list* -type f ! -name '*[[:space:]]*' \( -name "*.list$1" -o -name "*.sources$1" \)
}
ask_for_non_free() {
    for file in $(sources ''); do
        cp -p "$file" "$file.virtio-lab-kept"
        sed -i -E '/non-free( |$)/! s/^(Components:.*|deb[[:space:]].*)([[:space:]]main)([[:space:]]|$)/\1\2 non-free\3/' "$file"
    done
}
ask_as_before() {
    for file in $(sources .virtio-lab-kept); do mv "$file" "${file%.virtio-lab-kept}"; done
}

install_by_apt() {
    export DEBIAN_FRONTEND=noninteractive
    has=is_installed
    wanted=$(missing "$@")
    [ -n "$wanted" ] || exit 0
    ! is_old_debian || ask_for_non_free
    said=$(apt update 2>&1) || true
    echo "$said"
    unreached=$(echo "$said" | sed -nE 's/^[EW]: Failed to fetch //p' | head -n 1)
    has=has_candidate
    unknown=$(missing $wanted)
    [ -z "$unknown" ] || [ -z "$unreached" ] || die "${unknown% } cannot be installed: not reached was $unreached"
    [ -z "$unknown" ] || die "its repositories have no ${unknown% }"
    apt --no-install-recommends install $wanted || die "apt-get could not install ${wanted% }"
    ask_as_before
    apt-get clean
    rm -rf /var/lib/apt/lists/*
}

install_by() { # TOOL ARGUMENT... -- PACKAGE...
    tool=$1
    shift
    has="rpm -q"
    wanted=$(missing "$@")
    [ -n "$wanted" ] || exit 0
    case $tool in
        zypper) zypper --non-interactive install --no-recommends $wanted ;;
        *) "$tool" --assumeyes --setopt=install_weak_deps=False install $wanted ;;
    esac || die "$tool could not install ${wanted% }"
    case $tool in zypper) zypper clean --all ;; *) "$tool" clean all ;; esac
}

for tool in apt-get dnf yum zypper; do
    command -v $tool >/dev/null || continue
    [ $tool = apt-get ] && install_by_apt "$@"
    [ $tool = apt-get ] || install_by $tool "$@"
    exit 0
done
die "it has none of apt-get, dnf, yum and zypper to install anything with"
