#!/usr/bin/env bash
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the targets lab and clean-lab of the Makefile run: lab.sh asked|run|clean [ARGUMENT OF ansible-playbook...]
# LAB, and HOST or INVENTORY, say of what and where. `asked` only looks whether they make sense, before anything is
# installed for it.
set -euo pipefail
cd "$(dirname "$0")/.."
what=$1
shift

refuse() {
    echo "make: $*" >&2
    exit 2
}

lab=${LAB:-labs/hands-on.yml}
case $lab in
    /*) ;;
    \~/*) lab=~/${lab#\~/} ;; # make, unlike a shell, hands it on as it is
    *) lab=$PWD/$lab ;;
esac
[ -e "$lab" ] || refuse "LAB=$LAB: there is no such lab file, seen from $PWD"

where=()
if [ -n "${HOST:-}" ]; then
    [ -z "${INVENTORY:-}" ] || refuse "HOST=$HOST and INVENTORY=$INVENTORY: give one of them"
    inventory=$(python3 scripts/host_inventory.py "$HOST") || exit
    where=(-i "$inventory")
elif [ -n "${INVENTORY:-}" ]; then
    case $INVENTORY in
        *,*) ;; # hosts, as Ansible takes them
        *) [ -e "$INVENTORY" ] || refuse "INVENTORY=$INVENTORY: there is no such inventory, seen from $PWD" ;;
    esac
    where=(-i "$INVENTORY")
fi
[ "$what" != asked ] || exit 0

# As JSON, for Ansible takes NAME=VALUE apart at blanks.
of=(-e "$(python3 -c 'import json, sys; print(json.dumps({"lab_file": sys.argv[1]}))' "$lab")")

changes=true
for argument in "$@"; do
    case $argument in
        --check | --syntax-check | --list-* | --help | --version) changes=false ;;
        --*) ;;
        -*[Ch]*) changes=false ;;
    esac
done

case $what in
    run)
        if [ ${#where[@]} -eq 0 ]; then
            exec scripts/again_after_reset.sh lab-host \
                ansible-playbook "$@" "${of[@]}" playbooks/check.yml playbooks/lab_host.yml playbooks/lab.yml
        fi
        exec ansible-playbook "${where[@]}" "$@" "${of[@]}" playbooks/check.yml playbooks/lab.yml
        ;;
    clean)
        if [ ${#where[@]} -eq 0 ]; then
            ansible-playbook "$@" playbooks/lab_host.yml -e lab_host_state=absent
        else
            ansible-playbook "${where[@]}" "$@" "${of[@]}" playbooks/check.yml playbooks/clean.yml
        fi
        ! $changes || echo "The lab is gone. Kept: results/, which are yours, and the cache of images for the next one."
        ;;
    *) refuse "lab.sh does not know '$what'; it is asked, run or clean" ;;
esac
