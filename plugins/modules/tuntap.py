#!/usr/bin/python
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tuntap
short_description: Manage persistent TAP and TUN devices
version_added: 0.1.0
description:
  - Creates, changes and removes persistent TUN/TAP devices, one or many in a call, in any network namespace.
  - Only options that are given are compared. The smallest change is made, by one C(ip -batch) per namespace.
  - O(mode), O(multi_queue), O(vnet_hdr) and O(packet_info) are decided when a device is made. Where one of them differs
    the device is deleted and made anew, with everything that is not mentioned (MAC address, MTU, bridge, VLANs of the
    port, addresses, up or down) as it was.
    What else was set of it is lost, such as routes through it and the length of its queue. An address with a peer
    (point to point) would be lost, too, which is refused unless O(force=true).
  - Where the kernel refuses a part of that, the rest is given back all the same, and the module fails. What is missing
    stays due. The next call that names the device gives it back, until the machine is booted.
  - A device made here has the alias V(virtio.lab). One without it, which somebody else made, is configured like any
    other, but it is neither removed nor made anew unless O(force=true).
  - A device that a process holds open, such as that of a running guest, is neither removed nor made anew, and its owner
    and group are not changed, unless O(force=true). The error names the process.
  - A link of the same name that is not a TUN/TAP device is an error and is not touched.
  - Input is checked as a whole before anything is changed.
  - In check mode a namespace, bridge, user or group that is missing is taken as made by an earlier task. A warning says
    so.
  - The diff of a new device shows what was asked for, not what the kernel decides.
  - Tasks that run at the same time on one host, as several hosts may delegate them, wait for each other.
author:
  - virtio.lab contributors (@virtio-lab)
extends_documentation_fragment:
  - virtio.lab._attributes
  - virtio.lab._links
requirements:
  - iproute2 5.0 or later on the managed host
  - the privilege to administer the network (root, or the capability CAP_NET_ADMIN)
options:
  devices:
    description:
      - The devices, for more than one in a call. What an entry leaves out is taken from the option of the same name at
        top level.
      - Mutually exclusive with O(name). One of the two is required.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - Name of the device, up to 15 bytes of printable ASCII.
        type: str
        required: true
      mode:
        description:
          - Whether the device carries Ethernet frames (V(tap)) or IP packets (V(tun)).
          - A new device is a TAP device where this is not given.
        type: str
        choices: [tap, tun]
      state:
        description:
          - V(present) means that the device exists, up or down. V(up) and V(down) mean that it exists and is so.
          - V(absent) means that there is no such device.
          - Means V(present) where it is not given.
          - When a device goes down the kernel drops its IPv6 addresses. Those in O(addresses) are put back.
        type: str
        choices: [present, up, down, absent]
      owner:
        description:
          - User (name or number) that may open the device without the capability CAP_NET_ADMIN.
          - Changed on a device that exists by opening it for a moment.
        type: str
      group:
        description:
          - Group (name or number) whose members may open the device without the capability CAP_NET_ADMIN.
        type: str
      multi_queue:
        description:
          - Whether the device can be opened several times, once per queue.
          - A new device has one queue where this is not given.
        type: bool
      vnet_hdr:
        description:
          - Whether every packet is preceded by a virtio-net header, which checksum and segmentation offload need.
          - A process that opens the device sets this anew to what it asks for, and the kernel keeps that. Leave it out
            for a device that QEMU opens.
        type: bool
      packet_info:
        description:
          - Whether every packet is preceded by four bytes that name its protocol.
          - A process that opens the device sets this anew, as with O(vnet_hdr).
        type: bool
      mtu:
        description:
          - Largest packet in bytes.
          - From 68 to 65521 for a TAP device and to 65535 for a TUN device; at least 1280 for IPv6 addresses.
        type: int
      mac:
        description:
          - MAC address of the host's side of a TAP device.
        type: str
      bridge:
        description:
          - Bridge in the same namespace that the TAP device is a port of. It must exist.
          - An empty string takes the device out of its bridge.
        type: str
        aliases: [master]
      addresses:
        description:
          - All IP addresses of the device, each with its prefix length. Others are removed; an empty list removes all.
          - IPv6 link-local addresses that are not listed stay, since the kernel gives these itself.
        type: list
        elements: str
      netns:
        description:
          - Network namespace, as C(ip netns list) shows it, in which the device is. It must exist.
          - The namespace that the module runs in where it is not given.
        type: str
  name:
    description:
      - Name of the device, for one device in a call.
    type: str
  mode:
    description: See O(devices[].mode).
    type: str
    choices: [tap, tun]
  state:
    description: See O(devices[].state).
    type: str
    choices: [present, up, down, absent]
  owner:
    description: See O(devices[].owner).
    type: str
  group:
    description: See O(devices[].group).
    type: str
  multi_queue:
    description: See O(devices[].multi_queue).
    type: bool
  vnet_hdr:
    description: See O(devices[].vnet_hdr).
    type: bool
  packet_info:
    description: See O(devices[].packet_info).
    type: bool
  mtu:
    description: See O(devices[].mtu).
    type: int
  mac:
    description: See O(devices[].mac).
    type: str
  bridge:
    description: See O(devices[].bridge).
    type: str
    aliases: [master]
  addresses:
    description: See O(devices[].addresses).
    type: list
    elements: str
  netns:
    description: See O(devices[].netns).
    type: str
  force:
    description:
      - Removes a device, or makes it anew, also where somebody else made it, while a process holds it, or while another
        link is on top of it. The process loses the network it gave; the links on top go with it.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: A TAP device that the user alice may open
  virtio.lab.tuntap:
    name: tap-alice
    owner: alice
    state: up

- name: Three ports of a bridge in a namespace, one with several queues
  virtio.lab.tuntap:
    netns: lab
    bridge: br0
    state: up
    devices:
      - name: tap0
      - name: tap1
        mtu: 9000
      - name: tap2
        multi_queue: true

- name: A TUN device with addresses
  virtio.lab.tuntap:
    name: tun0
    mode: tun
    addresses: [192.0.2.1/24, "2001:db8::1/64"]
    state: up

- name: Remove a device, even under a running process
  virtio.lab.tuntap:
    name: tap-alice
    state: absent
    force: true
"""

RETURN = r"""
commands:
  description:
    - What was run, or would be in check mode, in order and as one would type it. A line that begins with C(ioctl) is a
      system call for which C(ip) has no command.
  returned: success
  type: list
  elements: str
  sample: ["ip -n lab tuntap add dev tap0 mode tap", "ip -n lab link set dev tap0 alias virtio.lab up"]
devices:
  description: The devices in the order they were given, as they are at the end. In check mode, as they are now.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the device.
      type: str
      sample: tap0
    netns:
      description: Its network namespace; V(null) is the one the module runs in.
      type: str
      sample: lab
    state:
      description: V(up), V(down) or V(absent). An absent device has no further keys.
      type: str
      sample: up
    mode:
      description: V(tap) or V(tun).
      type: str
      sample: tap
    owner:
      description: Id of the user that may open it, V(null) when none is set.
      type: int
      sample: 1000
    group:
      description: Id of the group that may open it, V(null) when none is set.
      type: int
      sample: 1000
    multi_queue:
      description: Whether it can be opened several times.
      type: bool
      sample: false
    vnet_hdr:
      description: Whether packets have a virtio-net header.
      type: bool
      sample: true
    packet_info:
      description: Whether packets have a protocol header.
      type: bool
      sample: false
    mtu:
      description: Largest packet in bytes.
      type: int
      sample: 1500
    mac:
      description: MAC address, V(null) for a TUN device.
      type: str
      sample: "52:54:00:12:34:56"
    bridge:
      description: Bridge it is a port of, V(null) when there is none.
      type: str
      sample: br0
    addresses:
      description: IP addresses with prefix length, the kernel's link-local ones among them.
      type: list
      elements: str
      sample: ["192.0.2.1/24"]
applied:
  description:
    - The commands that took effect although one failed. After it only those were run that give back what a link had
      that was made anew.
  returned: failure, when a command failed half way
  type: list
  elements: str
  sample: ["ip tuntap add dev tap0 mode tap"]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.virtio.lab.plugins.module_utils._links._entry import keep
from ansible_collections.virtio.lab.plugins.module_utils._links._tuntap_options import device_wishes


def device_options(name_required):
    """Argument spec of one device."""
    return {
        "name": {"type": "str", "required": name_required},
        "mode": {"type": "str", "choices": ["tap", "tun"]},
        "state": {"type": "str", "choices": ["present", "up", "down", "absent"]},
        "owner": {"type": "str"},
        "group": {"type": "str"},
        "multi_queue": {"type": "bool"},
        "vnet_hdr": {"type": "bool"},
        "packet_info": {"type": "bool"},
        "mtu": {"type": "int"},
        "mac": {"type": "str"},
        "bridge": {"type": "str", "aliases": ["master"]},
        "addresses": {"type": "list", "elements": "str"},
        "netns": {"type": "str"},
    }


def details(_wish, link):
    """What is returned of a device beside what is returned of any link."""
    return {**link.attributes, "bridge": link.master or None, "addresses": list(link.addresses)}


def main():
    module = AnsibleModule(
        argument_spec={
            "devices": {"type": "list", "elements": "dict", "options": device_options(name_required=True)},
            **device_options(name_required=False),
            "force": {"type": "bool", "default": False},
        },
        mutually_exclusive=[("devices", "name")],
        required_one_of=[("devices", "name")],
        supports_check_mode=True,
    )
    keep(module, "devices", device_wishes, details)


if __name__ == "__main__":
    main()
