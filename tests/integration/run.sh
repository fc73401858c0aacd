#!/bin/sh
# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# run.sh [TARGET...]: the integration tests, all or the named ones. Each target is a small role that drives a module or
# a role against the real thing, here on localhost as root, in the network namespace that libvirtd.sh makes, and
# asserts on the world. Prints each target's seconds; fails when a target fails or there is none of that name. What the
# named ones print is seen as it comes; of all of them it is in .cache/integration, and its end is shown of one that fails.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
netns=virtio-lab-test
ansible_playbook=$root/.venv/bin/ansible-playbook
[ -x "$ansible_playbook" ] || ansible_playbook=$(command -v ansible-playbook)

if [ -z "${ANSIBLE_COLLECTIONS_PATH:-}" ]; then
    export ANSIBLE_COLLECTIONS_PATH="$root/.cache/collections"
    mkdir -p "$ANSIBLE_COLLECTIONS_PATH/ansible_collections/virtio"
    ln -sfn "$root" "$ANSIBLE_COLLECTIONS_PATH/ansible_collections/virtio/lab"
fi
# Not as an extra variable: a target may have a host with an interpreter of its own.
export ANSIBLE_PYTHON_INTERPRETER=/usr/bin/python3
# What a target has to download it downloads here, outside the namespace.
export VIRTIO_LAB_TEST_UPLINK=/proc/$$/ns/net
export ANSIBLE_ROLES_PATH="$here/targets" ANSIBLE_LOCALHOST_WARNING=false ANSIBLE_RETRY_FILES_ENABLED=false

logs=
if [ $# -eq 0 ]; then
    logs=$root/.cache/integration
    for folder in "$here"/targets/*/; do set -- "$@" "$(basename "$folder")"; done
fi
for target in "$@"; do
    [ -d "$here/targets/$target" ] || { echo "no integration target named $target in $here/targets" >&2; exit 2; }
done

# One run at a time: there is one libvirt and one namespace. Children must not inherit the lock, daemons would keep it.
exec 9>/run/lock/virtio-lab-test
flock 9

# logged NAME COMMAND...: of a whole run only what fails is shown.
logged() {
    name=$1
    shift
    if [ -n "$logs" ]; then "$root/scripts/watched.sh" "$logs/$name.log" '.^' "$@"; else "$@"; fi
}

echo "== setup"
logged setup "$ansible_playbook" -i localhost, -c local "$here/setup.yml" 9>&-

# A libvirt that ran before runs on afterwards: somebody else may be using it.
"$here/libvirtd.sh" status || trap '"$here/libvirtd.sh" stop' EXIT
"$here/libvirtd.sh" start 9>&-

failed=
for target in "$@"; do
    echo "== $target"
    began=$(date +%s)
    logged "$target" ip netns exec "$netns" "$ansible_playbook" -i localhost, -c local -e target="$target" "$here/target.yml" 9>&- &&
        verdict=ok || verdict=FAILED
    [ "$verdict" = ok ] || failed="$failed $target"
    echo "== $target: $verdict in $(($(date +%s) - began)) s"
done
[ -z "$failed" ] || { echo "failed:$failed" >&2; exit 1; }
