#!/usr/bin/env bash
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The fixed load of lab_host_resets.py, inside the lab host: power cycles of one nested guest, in each of them both kinds of
# request/response, both directions of a stream, and the guest agent asked on the way. What is done is told, a line each, on
# the second serial line: KIND NUMBER.
set -u
here=$(dirname "$(readlink -f "$0")")
address=192.168.122.50
say() { echo "$*" > /dev/ttyS1; }
agent() { virsh --quiet qemu-agent-command load "$1" > /dev/null 2>&1; }
answered() { # answered TIMES COMMAND...: until it succeeds
    local times=$1
    shift
    for ((i = 0; i < times; i++)); do
        "$@" > /dev/null 2>&1 && return
        sleep 1
    done
    return 1
}

modprobe pvpanic-pci || true
answered 60 virsh --quiet list || say "error libvirt"
virsh --quiet net-define "$here/network.xml" > /dev/null
virsh --quiet net-start load > /dev/null || say "error network"
virsh --quiet define "$here/guest.xml" > /dev/null || say "error guest"
say "ready 1"
while :; do
    virsh --quiet start load > /dev/null || say "error start"
    answered 300 agent '{"execute":"guest-ping"}' || say "error agent"
    answered 60 ping -c 1 -W 1 "$address" || say "error address"
    say "boot 1"
    for _ in 1 2; do
        for kind in TCP_RR UDP_RR; do
            rate=$(timeout 60 netperf -P 0 -v 0 -H "$address" -t "$kind" -l 8 2> /dev/null | tr -d ' ')
            say "$kind $(awk -v rate="${rate:-0}" 'BEGIN { print int(rate * 8) }')"
            agent '{"execute":"guest-network-get-interfaces"}' && say "agent 1"
        done
        for direction in '' -R; do
            # shellcheck disable=SC2086
            timeout 60 iperf3 -c "$address" -t 3 $direction > /dev/null 2>&1 && say "stream 1"
            sleep 1
        done
    done
    virsh --quiet destroy load > /dev/null || say "error destroy"
    say "cycle 1"
done
