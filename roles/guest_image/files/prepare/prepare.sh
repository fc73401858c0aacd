#!/bin/sh
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs inside the image: the lab's servers start with the guest, the distribution's own do not take their ports.
set -eu
here=$(dirname "$0")
units=/etc/systemd/system

install -m 0644 "$here"/virtio-lab-*.service "$units"
install -D -m 0644 "$here"/virtio-lab-agent.conf "$units/qemu-guest-agent.service.d/virtio-lab.conf"
if [ -e /usr/lib/systemd/system/ssh.service ]; then
    install -D -m 0644 "$here"/virtio-lab-ssh.conf "$units/ssh.service.d/virtio-lab.conf"
fi
if [ -x /usr/lib/systemd/systemd-networkd ] && ! [ -d /etc/NetworkManager ]; then
    install -D -m 0644 "$here"/virtio-lab.network /etc/systemd/network/80-virtio-lab.network
    systemctl enable systemd-networkd.service
    systemctl mask systemd-networkd-wait-online.service
fi
systemctl mask iperf3.service netperf.service
systemctl enable virtio-lab-iperf3.service virtio-lab-netserver.service
rm -r "$here"
