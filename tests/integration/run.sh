#!/bin/sh
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# run.sh [TARGET...]: the integration tests, all or the named ones, one after the other. Each target is a small role that
# drives a module or a role against the real thing, on localhost as root, and asserts on the world. It has a libvirt of its
# own (lane.sh), so targets may also run beside each other: run.sh --prepared TARGET runs one without installing
# what all of them need, which run.sh --prepare does. Fails when a target fails or there is none of that name.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
netns=virtio-lab-test
ansible_playbook=${VENV:-$root/.venv}/bin/ansible-playbook
[ -x "$ansible_playbook" ] || ansible_playbook=$(command -v ansible-playbook)

if [ -z "${ANSIBLE_COLLECTIONS_PATH:-}" ]; then
    export ANSIBLE_COLLECTIONS_PATH="$root/.cache/collections"
    mkdir -p "$ANSIBLE_COLLECTIONS_PATH/ansible_collections/virtio"
    ln -sfn "$root" "$ANSIBLE_COLLECTIONS_PATH/ansible_collections/virtio/lab"
fi
# Not as an extra variable: a target may have a host with an interpreter of its own.
export ANSIBLE_PYTHON_INTERPRETER=/usr/bin/python3
export ANSIBLE_ROLES_PATH="$here/targets" ANSIBLE_LOCALHOST_WARNING=false ANSIBLE_RETRY_FILES_ENABLED=false

prepare() {
    # One at a time: it installs packages and starts libvirt to see that it works.
    exec 9>/run/lock/virtio-lab-test
    flock 9
    "$ansible_playbook" -i localhost, -c local "$here/setup.yml" 9>&- # daemons would keep the lock
    exec 9>&-
}

start_daemon() { # NAME SOCKET: in the namespace, where libvirt's bridges, taps and firewall rules never meet the machine's
    ip netns exec "$netns" "$1" -d
    tries=0
    until [ -S "/run/libvirt/$2" ]; do
        tries=$((tries + 1))
        [ "$tries" -le 300 ] || { echo "$1 did not come up within 30 s" >&2; return 1; }
        sleep 0.1
    done
}

in_lane() { # TARGET: within lane.sh, whose end is the daemons' end
    # What a target has to download it downloads here, outside the namespace of libvirt.
    export VIRTIO_LAB_TEST_UPLINK=/proc/$$/ns/net
    ip netns add "$netns"
    ip -n "$netns" link set lo up
    start_daemon virtlogd virtlogd-sock
    start_daemon libvirtd libvirt-sock
    ip netns exec "$netns" "$ansible_playbook" -i localhost, -c local -e target="$1" "$here/target.yml"
}

known() {
    [ -d "$here/targets/$1" ] || { echo "no integration target named $1 in $here/targets" >&2; exit 2; }
}

case "${1:-}" in
--prepare) prepare; exit ;;
--in-lane) in_lane "$2"; exit ;;
--prepared) known "$2"; exec "$here/lane.sh" "$0" --in-lane "$2" ;;
esac

if [ $# -eq 0 ]; then
    for folder in "$here"/targets/*/; do set -- "$@" "$(basename "$folder")"; done
fi
for target in "$@"; do known "$target"; done
echo "== setup"
prepare
failed=
for target in "$@"; do
    echo "== $target"
    began=$(date +%s)
    "$here/lane.sh" "$0" --in-lane "$target" && verdict=ok || verdict=FAILED
    [ "$verdict" = ok ] || failed="$failed $target"
    echo "== $target: $verdict in $(($(date +%s) - began)) s"
done
[ -z "$failed" ] || { echo "failed:$failed" >&2; exit 1; }
