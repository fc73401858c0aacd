#!/usr/bin/python
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: link
short_description: Manage bridges, veth pairs, macvlan, macvtap, VLAN, VXLAN and dummy links
version_added: 0.1.0
description:
  - Creates, changes and removes network links, one or many in a call, in any network namespace, and plugs any link into
    a bridge.
  - Only options that are given are compared. The smallest change is made, by C(ip -batch) and C(bridge -batch).
  - The order of the list does not matter. A bridge is made before its ports, a parent before what is on top of it, a
    veth before what is said of its peer; they are removed in the reverse order.
  - What can only be set when a link is made (see the options) is changed by deleting the link and making it anew, with
    everything that is not mentioned (MAC address, MTU, bridge, VLANs of the port, addresses, up or down) as it was, and
    so for the other end of a veth. An MTU that does not fit a new parent gives way to the largest one that does; a MAC
    address that was the parent's is not kept. What else was set of it is lost, such as routes through it and the length
    of its queue. An address with a peer (point to point) would be lost, too, which is refused unless O(force=true).
  - Where the kernel refuses a part of that, the rest is given back all the same, and the module fails. What is missing
    stays due. The next call that names the link gives it back, until the machine is booted.
  - A link made here has the alias V(virtio.lab), a veth at both ends. One without it, which somebody else made, is
    configured like any other, but it is neither removed nor made anew unless O(force=true).
  - A bridge with ports, a link with others on top of it, or a macvtap that a process holds open is neither removed nor
    made anew unless O(force=true), or unless these are taken off it or removed in the same call. The error names them.
  - A link of the same name and another kind is an error and is not touched.
  - Input is checked as a whole before anything is changed.
  - In check mode a namespace, bridge, parent or link that is missing is taken as made by an earlier task. A warning
    says so.
  - The diff of a new link shows what was asked for, not what the kernel decides.
  - Tasks that run at the same time on one host, as several hosts may delegate them, wait for each other.
  - For TAP and TUN devices see M(virtio.lab.tuntap).
author:
  - virtio.lab contributors (@virtio-lab)
extends_documentation_fragment:
  - virtio.lab._attributes
  - virtio.lab._links
requirements:
  - iproute2 5.0 or later on the managed host
  - the privilege to administer the network (root, or the capability CAP_NET_ADMIN)
  - a kernel that has the kind of link; V(vlan), V(vxlan), V(dummy) and O(vlan_filtering) are modules of most kernels
options:
  links:
    description:
      - The links, for more than one in a call. What an entry leaves out is taken from the option of the same name at
        top level.
      - Mutually exclusive with O(name). One of the two is required.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - Name of the link, up to 15 bytes of printable ASCII.
        type: str
        required: true
      kind:
        description:
          - The kind of link. It is needed to make one.
          - A link that exists is configured, or removed, without it too, whatever its kind. So a network card or a TAP
            device becomes port of a bridge.
        type: str
        choices: [bridge, veth, macvlan, macvtap, vlan, vxlan, dummy]
      state:
        description:
          - V(present) means that the link exists, up or down. V(up) and V(down) mean that it exists and is so.
          - V(absent) means that there is no such link.
          - Means V(present) where it is not given.
          - When a link goes down the kernel drops its IPv6 addresses. Those in O(addresses) are put back.
        type: str
        choices: [present, up, down, absent]
      netns:
        description:
          - Network namespace, as C(ip netns list) shows it, in which the link is. It must exist; see
            M(virtio.lab.netns).
          - The namespace that the module runs in where it is not given.
        type: str
      mtu:
        description:
          - Largest packet in bytes.
          - From 68 to 65535, not more than that of O(parent) or than the driver takes, and at least 1280 for IPv6
            addresses. A V(vxlan) with a O(parent) takes 50 bytes less than that over IPv4, and 70 less over IPv6.
        type: int
      mac:
        description:
          - MAC address.
        type: str
      master:
        description:
          - Bridge in the same namespace that the link is a port of. It exists or is listed too.
          - An empty string takes the link out of its bridge.
        type: str
        aliases: [bridge]
      addresses:
        description:
          - All IP addresses of the link, each with its prefix length. Others are removed; an empty list removes all.
          - IPv6 link-local addresses that are not listed stay, since the kernel gives these itself.
        type: list
        elements: str
      port:
        description:
          - What the link is like as a port of its bridge.
        type: dict
        suboptions: &port
          cost:
            description:
              - Path cost of the spanning tree, from 1 to 65535.
            type: int
          priority:
            description:
              - Priority of the spanning tree, from 0 (which wins) to 63.
            type: int
          isolated:
            description:
              - Whether the port reaches only ports that are not isolated.
            type: bool
      vlans:
        description:
          - All VLANs of a port, or of a bridge itself. Others are removed, VLAN 1 too, which the kernel gives to each
            new port.
          - They mean something where the bridge has O(vlan_filtering=true).
        type: list
        elements: dict
        suboptions: &vlans
          vid:
            description:
              - VLAN id, from 1 to 4094.
            type: int
            required: true
          pvid:
            description:
              - Whether frames that come in without a tag belong to it. One VLAN of a port may be this.
            type: bool
            default: false
          untagged:
            description:
              - Whether its frames go out without a tag.
            type: bool
            default: false
      fdb:
        description:
          - All static entries of the forwarding database of a port, or of a VXLAN link. Other static ones are removed;
            what was learned stays.
        type: list
        elements: dict
        suboptions: &fdb
          mac:
            description:
              - MAC address that is reached here. Together with O(links[].fdb[].dst) C(00:00:00:00:00:00) stands for all
                that are not known.
            type: str
            required: true
          vlan:
            description:
              - VLAN of the port. Without it the entry is for all of them.
            type: int
          dst:
            description:
              - IP address of the VXLAN endpoint behind which the MAC address is.
            type: str
      stp:
        description:
          - Of a V(bridge), whether it takes part in the spanning tree protocol.
          - V(false) for a new one where it is not given.
        type: bool
      priority:
        description:
          - Of a V(bridge), its priority in the spanning tree, from 0 (which wins) to 65535. V(32768) for a new one.
        type: int
      hello_time:
        description:
          - Of a V(bridge), seconds between its configuration messages, from 1 to 10. V(2) for a new one.
        type: int
      forward_delay:
        description:
          - Of a V(bridge), seconds for which a port listens, and again learns, before it forwards. From 2 to 30,
            without O(stp) also 0. V(15) for a new one.
        type: int
      max_age:
        description:
          - Of a V(bridge), seconds after which what a neighbour said no longer counts, from 6 to 40. V(20) for a new
            one.
        type: int
      ageing_time:
        description:
          - Of a V(bridge), seconds after which a learned MAC address is forgotten. V(300) for a new one.
        type: int
      vlan_filtering:
        description:
          - Of a V(bridge), whether it keeps VLANs apart, see O(vlans). V(false) for a new one.
        type: bool
      mcast_snooping:
        description:
          - Of a V(bridge), whether multicast goes only to ports that asked for it. V(true) for a new one.
        type: bool
      peer:
        description:
          - Of a V(veth), the name of its other end. Needed to make one, and set then only.
          - The other end can be listed too, without O(kind), to be configured.
        type: str
      peer_netns:
        description:
          - Of a V(veth), the namespace of its other end; that of the link itself where it is not given. An empty string
            is the namespace that the module runs in. Set only when the link is made.
        type: str
      parent:
        description:
          - Link in the same namespace on top of which a V(macvlan), V(macvtap) or V(vlan) is, and through which a
            V(vxlan) sends. All but V(vxlan) need it. Set only when the link is made.
          - On top of a V(macvlan) or V(macvtap) the kernel takes the parent of that one.
        type: str
      mode:
        description:
          - Of a V(macvlan) or V(macvtap), how it reaches the others on the same parent. V(vepa), which a new one has
            where it is not given, through the switch outside; V(bridge) directly; V(private) never; V(passthru) is
            alone on its parent.
          - To and from V(passthru) it is set only when the link is made.
        type: str
        choices: [vepa, bridge, private, passthru]
      id:
        description:
          - Id of a V(vlan), from 1 to 4094, or network identifier of a V(vxlan), from 1 to 16777215. Needed to make
            one, and set then only.
        type: int
      protocol:
        description:
          - Of a V(vlan), the kind of tag. V(802.1Q) for a new one. Set only when the link is made.
        type: str
        choices: [802.1Q, 802.1ad]
      remote:
        description:
          - Of a V(vxlan), the IP address of the other endpoint, or a multicast group, which needs O(parent).
          - From IPv4 to IPv6, or back, it is set only when the link is made.
        type: str
      local:
        description:
          - Of a V(vxlan), its own IP address.
        type: str
      dstport:
        description:
          - Of a V(vxlan), the UDP port. V(4789) for a new one. Set only when the link is made.
        type: int
      learning:
        description:
          - Of a V(vxlan), whether it learns which endpoint a MAC address is behind. V(true) for a new one.
        type: bool
  name:
    description:
      - Name of the link, for one link in a call.
    type: str
  kind:
    description: See O(links[].kind).
    type: str
    choices: [bridge, veth, macvlan, macvtap, vlan, vxlan, dummy]
  state:
    description: See O(links[].state).
    type: str
    choices: [present, up, down, absent]
  netns:
    description: See O(links[].netns).
    type: str
  mtu:
    description: See O(links[].mtu).
    type: int
  mac:
    description: See O(links[].mac).
    type: str
  master:
    description: See O(links[].master).
    type: str
    aliases: [bridge]
  addresses:
    description: See O(links[].addresses).
    type: list
    elements: str
  port:
    description: See O(links[].port).
    type: dict
    suboptions: *port
  vlans:
    description: See O(links[].vlans).
    type: list
    elements: dict
    suboptions: *vlans
  fdb:
    description: See O(links[].fdb).
    type: list
    elements: dict
    suboptions: *fdb
  stp:
    description: See O(links[].stp).
    type: bool
  priority:
    description: See O(links[].priority).
    type: int
  hello_time:
    description: See O(links[].hello_time).
    type: int
  forward_delay:
    description: See O(links[].forward_delay).
    type: int
  max_age:
    description: See O(links[].max_age).
    type: int
  ageing_time:
    description: See O(links[].ageing_time).
    type: int
  vlan_filtering:
    description: See O(links[].vlan_filtering).
    type: bool
  mcast_snooping:
    description: See O(links[].mcast_snooping).
    type: bool
  peer:
    description: See O(links[].peer).
    type: str
  peer_netns:
    description: See O(links[].peer_netns).
    type: str
  parent:
    description: See O(links[].parent).
    type: str
  mode:
    description: See O(links[].mode).
    type: str
    choices: [vepa, bridge, private, passthru]
  id:
    description: See O(links[].id).
    type: int
  protocol:
    description: See O(links[].protocol).
    type: str
    choices: [802.1Q, 802.1ad]
  remote:
    description: See O(links[].remote).
    type: str
  local:
    description: See O(links[].local).
    type: str
  dstport:
    description: See O(links[].dstport).
    type: int
  learning:
    description: See O(links[].learning).
    type: bool
  force:
    description:
      - Removes a link, or makes it anew, also where somebody else made it, a process holds it, or it is in use. Ports
        of a bridge are released; links on top go with it.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: A bridge with the spanning tree, and a network card as its port
  virtio.lab.link:
    state: up
    links:
      - name: br0
        kind: bridge
        stp: true
        priority: 4096
        forward_delay: 4
        addresses: [192.0.2.1/24]
      - name: eth1
        master: br0
        port: {cost: 10}

- name: A veth pair into a namespace, both ends configured
  virtio.lab.link:
    state: up
    links:
      - name: host0
        kind: veth
        peer: eth0
        peer_netns: lab
        master: br0
      - name: eth0
        netns: lab
        addresses: [192.0.2.10/24]

- name: A bridge that keeps VLANs apart, with an access port and a trunk
  virtio.lab.link:
    links:
      - name: br1
        kind: bridge
        vlan_filtering: true
      - name: tap0
        master: br1
        vlans: [{vid: 10, pvid: true, untagged: true}]
        fdb: [{mac: "52:54:00:12:34:56", vlan: 10}]
      - name: eth2
        master: br1
        vlans: [{vid: 10}, {vid: 20}]

- name: VLAN, macvtap and VXLAN on a network card
  virtio.lab.link:
    parent: eth3
    state: up
    links:
      - {name: eth3.10, kind: vlan, id: 10}
      - {name: mt0, kind: macvtap, mode: bridge}
      - {name: vx42, kind: vxlan, id: 42, remote: 198.51.100.2, local: 198.51.100.1}

- name: Take all of it away
  virtio.lab.link:
    state: absent
    links: [{name: br1}, {name: br0}, {name: host0}, {name: eth3.10}, {name: mt0}, {name: vx42}]
    force: true  # the ports eth1, eth2 and tap0 stay as they are
"""

RETURN = r"""
commands:
  description: What was run, or would be in check mode, in order and as one would type it.
  returned: success
  type: list
  elements: str
  sample: ["ip link add name br0 type bridge stp_state 1", "bridge vlan add dev tap0 vid 10 pvid untagged"]
links:
  description: The links in the order they were given, as they are at the end. In check mode, as they are now.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the link.
      type: str
      sample: br0
    netns:
      description: Its network namespace; V(null) is the one the module runs in.
      type: str
      sample: lab
    state:
      description: V(up), V(down) or V(absent). An absent link has no further keys.
      type: str
      sample: up
    kind:
      description: Its kind; V(null) for a physical or built-in link.
      type: str
      sample: bridge
    owned:
      description: Whether it was made here.
      type: bool
      sample: true
    mtu:
      description: Largest packet in bytes.
      type: int
      sample: 1500
    mac:
      description: MAC address, V(null) where it has none.
      type: str
      sample: "52:54:00:12:34:56"
    master:
      description: Bridge it is a port of, V(null) when there is none.
      type: str
      sample: null
    addresses:
      description: IP addresses with prefix length, the kernel's link-local ones among them.
      type: list
      elements: str
      sample: ["192.0.2.1/24"]
    attributes:
      description: What its kind has, by the names of the options. Times are in seconds.
      type: dict
      sample: {stp: true, priority: 4096, forward_delay: 4.0}
    port:
      description: Cost, priority and isolation of a port of a bridge; empty for others.
      type: dict
      sample: {cost: 10, priority: 32, isolated: false}
    vlans:
      description: VLANs of the port or bridge, where O(vlans) was given.
      returned: when asked for
      type: list
      elements: str
      sample: ["10 pvid untagged", "20"]
    fdb:
      description: Static entries of the forwarding database, where O(fdb) was given.
      returned: when asked for
      type: list
      elements: str
      sample: ["52:54:00:12:34:56 vlan 10"]
applied:
  description:
    - The commands that took effect although one failed. After it only those were run that give back what a link had
      that was made anew.
  returned: failure, when a command failed half way
  type: list
  elements: str
  sample: ["ip link add name br0 type bridge"]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.virtio.lab.plugins.module_utils._links._entry import keep
from ansible_collections.virtio.lab.plugins.module_utils._links._link_options import link_wishes
from ansible_collections.virtio.lab.plugins.module_utils._links._shown import details

PORT = {"cost": {"type": "int"}, "priority": {"type": "int"}, "isolated": {"type": "bool"}}
VLAN = {
    "vid": {"type": "int", "required": True},
    "pvid": {"type": "bool", "default": False},
    "untagged": {"type": "bool", "default": False},
}
FDB_ENTRY = {"mac": {"type": "str", "required": True}, "vlan": {"type": "int"}, "dst": {"type": "str"}}


def link_options(name_required):
    """Argument spec of one link."""
    texts = ("netns", "mac", "peer", "peer_netns", "parent", "remote", "local")
    numbers = ("mtu", "priority", "hello_time", "forward_delay", "max_age", "ageing_time", "id", "dstport")
    switches = ("stp", "vlan_filtering", "mcast_snooping", "learning")
    return {
        "name": {"type": "str", "required": name_required},
        "kind": {"type": "str", "choices": ["bridge", "veth", "macvlan", "macvtap", "vlan", "vxlan", "dummy"]},
        "master": {"type": "str", "aliases": ["bridge"]},
        "state": {"type": "str", "choices": ["present", "up", "down", "absent"]},
        "addresses": {"type": "list", "elements": "str"},
        "port": {"type": "dict", "options": PORT},
        "vlans": {"type": "list", "elements": "dict", "options": VLAN},
        "fdb": {"type": "list", "elements": "dict", "options": FDB_ENTRY},
        "mode": {"type": "str", "choices": ["vepa", "bridge", "private", "passthru"]},
        "protocol": {"type": "str", "choices": ["802.1Q", "802.1ad"]},
        **{option: {"type": "str"} for option in texts},
        **{option: {"type": "int"} for option in numbers},
        **{option: {"type": "bool"} for option in switches},
    }


def main():
    module = AnsibleModule(
        argument_spec={
            "links": {"type": "list", "elements": "dict", "options": link_options(name_required=True)},
            **link_options(name_required=False),
            "force": {"type": "bool", "default": False},
        },
        mutually_exclusive=[("links", "name")],
        required_one_of=[("links", "name")],
        supports_check_mode=True,
    )
    keep(module, "links", link_wishes, details)


if __name__ == "__main__":
    main()
