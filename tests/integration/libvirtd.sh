#!/bin/sh
# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# libvirtd.sh start|stop|status: a real libvirt for the integration tests, in a network namespace of its own, so
# that its bridges, taps and firewall rules never meet the machine's. All may be repeated. start removes what a run that
# was killed left: namespaces virtio-lab-*, guests and networks it-*.
set -eu

netns=virtio-lab-test
run=/run/virtio-lab-test

alive() { # NAME: is the daemon that this script started still there?
    [ -s "$run/$1.pid" ] && [ "$(cat "/proc/$(cat "$run/$1.pid")/comm" 2>/dev/null)" = "$1" ]
}

start_daemon() { # NAME: start it in the namespace and wait for its socket
    alive "$1" && return 0
    if pidof "$1" >/dev/null; then
        echo "$1 already runs on this machine (process $(pidof "$1")), outside the test namespace: stop it first" >&2
        return 1
    fi
    ip netns exec "$netns" "$1" -d -p "$run/$1.pid"
    tries=0
    until alive "$1" && [ -S "/run/libvirt/$2" ]; do
        tries=$((tries + 1))
        [ "$tries" -le 100 ] || { echo "$1 did not come up within 10 s" >&2; return 1; }
        sleep 0.1
    done
}

stop_daemon() { # NAME
    alive "$1" || return 0
    pid=$(cat "$run/$1.pid")
    kill "$pid"
    while [ -d "/proc/$pid" ]; do sleep 0.1; done
    rm -f "$run/$1.pid"
}

remove_netns() { # NAME: with the guests and name servers in it, which would keep it alive without a name
    for pid in $(ip netns pids "$1"); do kill "$pid" 2>/dev/null || true; done
    ip netns delete "$1"
}

remove_objects() { # KIND: guests or networks of the tests; "" for guests, net- for networks
    for name in $(virsh --connect qemu:///system "${1:-}list" --all --name | grep '^it-'); do
        echo "removing $name, which a run that was killed left" >&2
        virsh --connect qemu:///system "$1destroy" "$name" >/dev/null 2>&1 || true
        virsh --connect qemu:///system "$1undefine" "$name" >/dev/null 2>&1 || true  # none of a transient one is left
    done
}

case "${1:-}" in
start)
    "$0" status && exit
    "$0" stop
    mkdir -p "$run"
    ip netns add "$netns"
    ip -n "$netns" link set lo up
    start_daemon virtlogd virtlogd-sock
    start_daemon libvirtd libvirt-sock
    remove_objects ""
    remove_objects net-
    ;;
stop)
    stop_daemon libvirtd
    stop_daemon virtlogd
    rm -rf "$run"
    ip netns list | awk '/^virtio-lab-/ { print $1 }' | while read -r left; do remove_netns "$left"; done
    ;;
status)
    alive virtlogd && alive libvirtd
    ;;
*)
    echo "usage: $0 start|stop|status" >&2
    exit 2
    ;;
esac
