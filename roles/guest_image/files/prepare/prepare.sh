#!/bin/sh
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs inside the image: the lab's servers start with the guest, the distribution's own do not take their ports, and
# nothing else sets up what the lab sets up or works beside a measurement.
set -eu
here=$(dirname "$0")
units=/etc/systemd/system

install -m 0644 "$here"/virtio-lab-*.service "$units"
install -D -m 0644 "$here/virtio-lab-agent.conf" "$units/qemu-guest-agent.service.d/virtio-lab.conf"
if [ -e /usr/lib/systemd/system/ssh.service ]; then
    install -D -m 0644 "$here/virtio-lab-ssh.conf" "$units/ssh.service.d/virtio-lab.conf"
fi
if [ -x /usr/lib/systemd/systemd-networkd ] && ! [ -d /etc/NetworkManager ]; then
    install -D -m 0644 "$here/virtio-lab.network" /etc/systemd/network/80-virtio-lab.network
    systemctl enable systemd-networkd.service
    systemctl mask systemd-networkd-wait-online.service
fi
install -D -m 0755 "$here/virtio-lab-grow.sh" /usr/local/sbin/virtio-lab-grow
install -D -m 0644 "$here/virtio-lab-grow.rules" /etc/udev/rules.d/90-virtio-lab-grow.rules

# It would wait for a metadata service that a lab has not, and then set network, host name and logins its own way. Its own
# switch is used; to remove it could take packages along that the image needs.
[ ! -d /etc/cloud ] || touch /etc/cloud/cloud-init.disabled

# An emulated guest on a busy machine is slower than any unit expects, and one that gives up ends the boot in emergency.
mkdir -p "${units%/system}/system.conf.d"
printf '[Manager]\nDefaultTimeoutStartSec=600\nDefaultDeviceTimeoutSec=600\n' \
    > "${units%/system}/system.conf.d/virtio-lab.conf"

# Of its own for every guest: virt-sysprep sets one for all, from which networkd makes the identity that DHCP knows, so
# two guests would get one address.
: > /etc/machine-id
[ -L /var/lib/dbus/machine-id ] || rm -f /var/lib/dbus/machine-id

systemctl mask iperf3.service netperf.service
# Whatever looks after a machine from time to time would do so in a measured window.
systemctl mask apt-daily.timer apt-daily-upgrade.timer dnf-makecache.timer dpkg-db-backup.timer man-db.timer \
    e2scrub_all.timer e2scrub_reap.service fstrim.timer
systemctl enable virtio-lab-iperf3.service virtio-lab-netserver.service virtio-lab-grow.service
