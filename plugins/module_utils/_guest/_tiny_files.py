# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tiny guest's own files: busybox init starts the servers, and the guest agent once they listen."""

from __future__ import annotations

from ansible_collections.virtio.lab.plugins.module_utils._guest._initramfs import Entry, folder, link, regular

# iperf3 reports once a second; on the serial console each letter would cost the measured vCPU an exit to QEMU.
_INITTAB = """\
::sysinit:/etc/rc
::respawn:/bin/iperf3 -s >/dev/null
::respawn:/bin/netserver -D
::respawn:/etc/agent
::respawn:/etc/nics
::respawn:/bin/busybox acpid -d -l /dev/null
ttyS0::askfirst:-/bin/sh
::restart:/init
::ctrlaltdel:/bin/busybox reboot -f
"""

_RC = """\
#!/bin/busybox sh
/bin/busybox --install -s
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts
mount -t devpts devpts /dev/pts
while read -r module; do insmod "$module"; done < /etc/modules
grep -q hostname= /proc/cmdline && hostname "$(sed 's/.*hostname=\\([^ ]*\\).*/\\1/' /proc/cmdline)"
ip link set lo up
"""

# What came before the kernel's news of it could be heard is looked for.
_NICS = """\
#!/bin/busybox sh
mkdir -p /run/nics
uevent /etc/nic &
for device in /sys/class/net/*; do
    ACTION=add SUBSYSTEM=net INTERFACE=${device##*/} IFINDEX=$(cat "$device/ifindex") /etc/nic
done
wait
"""

# Called for each piece of the kernel's news. A NIC that comes back under its name has another index; one may be told of
# both by the news and by the look. The client of one that went is killed without a last word: it would flush the
# address of the one that came, and by its lease the same MAC address gets the same address again.
_NIC = """\
#!/bin/busybox sh
[ "$SUBSYSTEM" = net ] && [ "$INTERFACE" != lo ] || exit 0
client=/run/nics/$INTERFACE.pid
case $ACTION in
add) mkdir "/run/nics/$IFINDEX" 2>/dev/null || exit 0 ;;
remove) ;;
*) exit 0 ;;
esac
[ -s "$client" ] && kill -9 "$(cat "$client")" 2>/dev/null
rm -f "$client"
[ "$ACTION" = add ] || exit 0
ip link set "$INTERFACE" up
udhcpc -b -S -i "$INTERFACE" -p "$client" -x "hostname:$(hostname)" -t 60 -T 1 -A 5 -s /etc/udhcpc \\
    </dev/null >/dev/null 2>&1 &
"""

# Whoever reaches the agent may measure at once, so it waits for both servers (5201 and 12865 in hexadecimal).
_AGENT = """\
#!/bin/busybox sh
for port in 1451 3241; do
    until grep -qi ":$port 0*:0000 0A" /proc/net/tcp /proc/net/tcp6; do usleep 50000; done
done
for device in /sys/class/virtio-ports/*; do
    [ "$(cat "$device/name")" = org.qemu.guest_agent.0 ] || continue
    exec qemu-ga -p "/dev/${device##*/}" -t /run -l /run/agent.log
done
sleep 5
"""

_UDHCPC = """\
#!/bin/busybox sh
case $1 in
deconfig) ip addr flush dev "$interface" ;;
bound | renew)
    ip addr replace "$ip/$mask" dev "$interface"
    [ -n "$router" ] && ip route replace default via "${router%% *}" dev "$interface"
    ;;
esac
exit 0
"""

# The guest agent calls this one: shutdown -h|-P|-r +0 "message".
_SHUTDOWN = """\
#!/bin/busybox sh
[ "$1" = -r ] && exec reboot -f
exec poweroff -f
"""

_POWER_BUTTON = """\
#!/bin/busybox sh
exec poweroff -f
"""


def skeleton() -> list[Entry]:
    """Return folders (everything under /usr, as distributions have it now), init and the scripts."""
    folders = ("proc", "sys", "dev", "run", "tmp", "root", "var", "usr/bin", "usr/lib", "usr/lib64")
    merged = {"bin": "usr/bin", "sbin": "usr/bin", "usr/sbin": "bin", "lib": "usr/lib", "lib64": "usr/lib64"}
    return [
        *(folder(path) for path in folders),
        *(link(path, target) for path, target in merged.items()),
        link("init", "bin/busybox"),
        link("var/run", "/run"),
        regular("etc/inittab", _INITTAB.encode()),
        regular("etc/rc", _RC.encode(), 0o755),
        regular("etc/agent", _AGENT.encode(), 0o755),
        regular("etc/nics", _NICS.encode(), 0o755),
        regular("etc/nic", _NIC.encode(), 0o755),
        regular("etc/udhcpc", _UDHCPC.encode(), 0o755),
        regular("etc/acpi/PWRF/00000080", _POWER_BUTTON.encode(), 0o755),
        regular("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n"),
        regular("etc/group", b"root:x:0:\n"),
        regular("usr/bin/shutdown", _SHUTDOWN.encode(), 0o755),
    ]
