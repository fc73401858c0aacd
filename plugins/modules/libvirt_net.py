#!/usr/bin/python
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: libvirt_net
short_description: Define, change, start, stop and remove libvirt networks
version_added: 0.1.0
author: virtio.lab contributors (@virtio-lab)
description:
  - Keeps libvirt networks of every kind, one or many in a call over one connection, the way the task says.
  - Only what the task sets is compared, and by its meaning. Defaults, the order of entries and what libvirt adds by
    itself (UUID, MAC address, name of a bridge, NAT ports) are no differences.
  - The stored definition and the running network are compared each on its own. Fixed leases, DHCP ranges, DNS entries,
    port groups and forward interfaces of a running network are changed without a restart, as far as libvirt takes that
    and no guest loses by it. Whatever else differs is stored and needs a restart, see O(restart).
  - With O(lab), networks carry the name of their lab in their metadata, and only that lab's networks are touched.
    Without it, only networks of no lab are. A network of the same name that is another's is an error.
  - Input is checked as a whole before anything is changed, the definitions by libvirt's own parser too. The task fails
    when a bridge name is in use, or when a subnet overlaps another libvirt network or a route of the host. When libvirt
    refuses a definition all the same, what the call had done before is put back.
requirements:
  - iproute2, on the host that runs libvirt, which is the host this module runs on
extends_documentation_fragment:
  - virtio.lab._attributes
  - virtio.lab._libvirt
options:
  name:
    description:
      - Name of the network, for one network in a call.
      - Mutually exclusive with O(networks). One of the two is required.
    type: str
    aliases: [network]
  lab: &lab
    description:
      - The lab that the network belongs to.
      - A network of no lab where this is not given.
    type: str
  uuid: &uuid
    description:
      - UUID of the network. libvirt chooses one where this is not given.
      - One that is not that of the network of this name, or that is another network's, is an error.
    type: str
  state: &state
    description:
      - V(present), the network is defined; whether it runs is left alone.
      - V(active), it is defined and runs.
      - V(inactive), it is defined and does not run.
      - V(absent), it is stopped and removed.
      - Means V(present) where it is not given.
    type: str
    choices: [present, active, inactive, absent]
  autostart: &autostart
    description:
      - Whether the network starts with libvirt.
    type: bool
  restart: &restart
    description:
      - When a running network is restarted for a change that it cannot take while it runs.
      - V(if_safe), when nobody is attached, neither a guest nor another link of the host.
      - V(always), even then; RV(networks[].cut_off) and a warning name who lost the network. It allows to stop a
        network for O(state=inactive) and O(state=absent) too, which is an error otherwise while somebody is attached.
      - V(never), not at all.
      - A change that waits for a restart is stored, and RV(restart_required) is V(true).
      - A network that does not start as it was changed is put back and started as it was.
      - Means V(if_safe) where it is not given.
    type: str
    choices: [if_safe, always, never]
  xml: &xml
    description:
      - The whole definition as libvirt's network XML, in place of the options that describe one.
      - It is compared as a whole. A UUID, MAC address or bridge name that it leaves out stays as it is, and so does
        metadata of namespaces that it has nothing of.
      - Checked against libvirt's RELAX NG schema where that is installed.
    type: str
  mode: &mode
    description:
      - How guests reach the outside.
      - V(nat), by address translation. V(route), by routing. V(open), the same without libvirt's firewall rules.
        V(isolated), not at all. For these libvirt makes a bridge.
      - V(bridge), on a bridge of the host, O(bridge), or on macvtap devices of O(forward.interfaces). V(private),
        V(vepa) and V(passthrough), on macvtap devices. V(hostdev), on PCI virtual functions.
      - A new network has V(nat) where this is not given.
    type: str
    choices: [nat, route, open, isolated, bridge, private, vepa, passthrough, hostdev]
  forward: &forward
    description:
      - By what guests reach the outside.
      - O(forward.interfaces), O(forward.pf) and O(forward.addresses) exclude one another; each replaces the other.
    type: dict
    suboptions:
      interfaces:
        description:
          - All links of the host that are used; the one that traffic leaves by in modes V(nat), V(route) and V(open).
        type: list
        elements: str
      pf:
        description:
          - Physical function whose virtual functions guests get.
        type: str
      addresses:
        description:
          - All PCI addresses of virtual functions that guests get, such as V(0000:03:10.1).
        type: list
        elements: str
      managed:
        description:
          - Whether libvirt takes virtual functions from their driver and gives them back.
        type: bool
      driver:
        description:
          - Driver that gives guests PCI devices.
        type: str
        choices: [vfio, kvm]
      nat:
        description:
          - Details of address translation.
        type: dict
        suboptions:
          ipv6:
            description:
              - Whether IPv6 is translated too.
            type: bool
          address:
            description:
              - Addresses of the host that translated traffic gets; V({}) for the outgoing link's own.
            type: dict
            suboptions:
              start:
                description: The first IPv4 address. Required together with O(forward.nat.address.end).
                type: str
              end:
                description: The last IPv4 address.
                type: str
          port:
            description:
              - Ports that translated traffic gets. libvirt takes 1024 to 65535 where none are given.
            type: dict
            suboptions:
              start:
                description: The first port.
                type: int
                required: true
              end:
                description: The last port.
                type: int
                required: true
  bridge: &bridge
    description:
      - Name of the bridge. The bridge that libvirt makes, for which it chooses a name where none is given or C(%d)
        stands for a number, or, in mode V(bridge), one of the host's.
      - An empty string takes the host's bridge away. A name that a bridge of libvirt has stays.
    type: str
  mac: &mac
    description:
      - MAC address of the bridge that libvirt makes. libvirt chooses one where none is given.
    type: str
  stp: &stp
    description:
      - Whether the bridge speaks the spanning tree protocol. libvirt means V(true).
    type: bool
  delay: &delay
    description:
      - Forward delay of the bridge in seconds. libvirt means V(0).
    type: int
  zone: &zone
    description:
      - firewalld zone of the bridge. An empty string takes it away.
    type: str
  mac_table_manager: &mac_table_manager
    description:
      - Who keeps the bridge's table of MAC addresses.
    type: str
    choices: [kernel, libvirt]
  mtu: &mtu
    description:
      - Largest packet of the bridge and the guests' links, in bytes, 68 to 65535, with IPv6 from 1280.
    type: int
  subnet: &subnet
    description:
      - A subnet as CIDR, for example V(192.168.150.0/24) or V(fd00:1::/64).
      - O(gateway) and the range of O(dhcp) follow from it. What the network has of the other family is left alone.
      - Mutually exclusive with O(ips), which describes any number of them.
    type: str
  gateway: &gateway
    description:
      - The host's address in O(subnet). Its first host address where not given.
    type: str
  dhcp: &dhcp
    description:
      - What DHCP gives away of O(subnet).
    type: dict
    suboptions:
      start:
        description:
          - The first address. Required together with O(dhcp.end).
          - The longer run of addresses beside the gateway, as far as libvirt takes it, where not given.
        type: str
      end:
        description: The last address.
        type: str
      lease_s:
        description: For how long an address is given, in seconds, at least 120; V(0) is for ever.
        type: int
      bootp: &bootp
        description:
          - What guests boot over the network, which libvirt has for IPv4 alone; V({}) for nothing.
        type: dict
        suboptions:
          file:
            description: Name of the file, on the server.
            type: str
          server:
            description: Address of the server that has the file, the host where not given. Needs a file.
            type: str
  hosts: &hosts
    description:
      - The fixed leases of O(subnet), all of them; V([]) removes them. Left alone where not given.
    type: list
    elements: dict
    suboptions: &host
      address:
        description: The address that the guest gets.
        type: str
        required: true
      mac:
        description: The guest's MAC address, for IPv4.
        type: str
      id:
        description: The guest's DUID, for IPv6.
        type: str
      name:
        description:
          - The host name it gets, and by which the network's name server knows it.
          - The guest is known by it where neither MAC address nor DUID is given.
        type: str
      lease_s:
        description: For how long, in seconds, at least 120; V(0) is for ever.
        type: int
  local_ptr: &local_ptr
    description:
      - Whether names of addresses in O(subnet) that the network's name server does not know are asked for nowhere else.
      - The prefix length must be a multiple of 8, or of 4 for IPv6.
    type: bool
  tftp: &tftp
    description:
      - Folder whose files guests of O(subnet) get by TFTP, which libvirt has for IPv4 alone. An empty string for none.
    type: str
  ips: &ips
    description:
      - All addresses of the network's bridge; others are removed. V([]) leaves it without.
    type: list
    elements: dict
    suboptions:
      address:
        description: Address and prefix length, such as V(192.168.150.1/24) or V(fd00:1::1/64).
        type: str
        required: true
      local_ptr:
        description: As O(local_ptr), for this subnet.
        type: bool
      tftp:
        description: As O(tftp), for this subnet.
        type: str
      dhcp:
        description: What DHCP gives away in this subnet. One IPv4 and one IPv6 subnet can have it.
        type: dict
        suboptions:
          ranges:
            description: All ranges of addresses. Left alone where not given.
            type: list
            elements: dict
            suboptions:
              start:
                description: The first address.
                type: str
                required: true
              end:
                description: The last address.
                type: str
                required: true
              lease_s:
                description: For how long, in seconds, at least 120; V(0) is for ever.
                type: int
          hosts:
            description: All fixed leases. Left alone where not given.
            type: list
            elements: dict
            suboptions: *host
          bootp: *bootp
  routes: &routes
    description:
      - All static routes of the host into the network.
    type: list
    elements: dict
    suboptions:
      destination:
        description: Where it leads, as CIDR.
        type: str
        required: true
      gateway:
        description: The address in the network by which it leads there.
        type: str
        required: true
      metric:
        description: Metric of the route, 1 or more. libvirt means 1.
        type: int
  ipv6: &ipv6
    description:
      - Whether guests may speak IPv6 to each other where the network has no IPv6 address.
    type: bool
  domain: &domain
    description:
      - DNS domain of the network's guests. An empty string removes it.
    type: str
  domain_local_only: &domain_local_only
    description:
      - Whether names in O(domain) that the network's name server does not know are asked for nowhere else.
    type: bool
  dns: &dns
    description:
      - What the network's name server does. What is left out is left alone.
    type: dict
    suboptions:
      enabled:
        description: Whether there is a name server. libvirt means V(true).
        type: bool
      forward_plain_names:
        description: Whether names without a domain are asked for elsewhere. libvirt means V(true).
        type: bool
      forwarders:
        description: All servers that are asked; the host's own where there is none.
        type: list
        elements: dict
        suboptions:
          domain:
            description: Domain for which the server is asked; all where not given.
            type: str
          address:
            description: Address of the server; the host's own servers where not given.
            type: str
      hosts:
        description: All names of addresses.
        type: list
        elements: dict
        suboptions:
          address:
            description: The address.
            type: str
            required: true
          names:
            description: Its names.
            type: list
            elements: str
            required: true
      txt:
        description: All TXT records.
        type: list
        elements: dict
        suboptions:
          name:
            description: Name of the record.
            type: str
            required: true
          value:
            description: Its text.
            type: str
            required: true
      srv:
        description: All SRV records.
        type: list
        elements: dict
        suboptions:
          service:
            description: Name of the service, such as V(ldap).
            type: str
            required: true
          protocol:
            description: Its protocol.
            type: str
            choices: [tcp, udp]
            required: true
          domain:
            description: Domain of the record.
            type: str
          target:
            description: Host that has the service.
            type: str
          port:
            description: Port of the service.
            type: int
          priority:
            description: Priority of the target.
            type: int
          weight:
            description: Weight among targets of one priority.
            type: int
  dnsmasq_options: &dnsmasq_options
    description:
      - Lines of configuration for the network's dnsmasq that libvirt has no words for, all of them and in this order;
        V([]) for none. libvirt hands them on as they are. A network does not start with a line that dnsmasq refuses.
    type: list
    elements: str
  virtualport: &virtualport
    description:
      - How guests are connected to a switch that wants to know more; V({}) takes it away.
    type: dict
    suboptions:
      type:
        description: Kind of switch.
        type: str
        choices: [openvswitch, 802.1Qbg, 802.1Qbh, midonet]
      parameters:
        description: What the switch wants to know, by libvirt's names.
        type: dict
        suboptions:
          profileid:
            description: Port profile.
            type: str
          interfaceid:
            description: UUID of the interface.
            type: str
          managerid:
            description: VSI manager of 802.1Qbg.
            type: int
          typeid:
            description: VSI type of 802.1Qbg.
            type: int
          typeidversion:
            description: Version of the VSI type.
            type: int
          instanceid:
            description: UUID of the VSI instance.
            type: str
  vlan: &vlan
    description:
      - VLANs of the guests' ports; V({}) takes them away.
    type: dict
    suboptions:
      trunk:
        description: Whether frames keep their tags. libvirt means V(true) where there are several tags.
        type: bool
      tags:
        description: The VLANs.
        type: list
        elements: dict
        suboptions:
          id:
            description: VLAN ID, 1 to 4094.
            type: int
            required: true
          native_mode:
            description: Marks the VLAN of untagged frames, and how these leave.
            type: str
            choices: [tagged, untagged]
  bandwidth: &bandwidth
    description:
      - Bounds of the network's traffic, seen from the guests; V({}) takes them away.
    type: dict
    suboptions:
      inbound: &limits
        description: Bounds of one direction.
        type: dict
        suboptions:
          average:
            description: Average in KiB/s.
            type: int
          peak:
            description: Maximum in KiB/s.
            type: int
          burst:
            description: What may pass at peak speed, in KiB.
            type: int
          floor:
            description: What a guest is sure of, in KiB/s; for guests' interfaces.
            type: int
      outbound: *limits
  portgroups: &portgroups
    description:
      - All port groups. What an entry leaves out stays as it is.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the group, by which guests' interfaces choose it.
        type: str
        required: true
      default:
        description: Whether guests that choose none get it.
        type: bool
      trust_guest_rx_filters:
        description: Whether the host follows the guest in which addresses it listens to.
        type: bool
      virtualport: *virtualport
      vlan: *vlan
      bandwidth: *bandwidth
  isolated_ports: &isolated_ports
    description:
      - Whether guests cannot reach each other on the bridge.
    type: bool
  trust_guest_rx_filters: &trust_guest_rx_filters
    description:
      - Whether the host follows the guest in which addresses it listens to.
    type: bool
  metadata: &metadata
    description:
      - What is noted at the network, each note in a namespace of its own. Notes of other namespaces are left alone.
      - Notes mean nothing to libvirt, so that a running network is not restarted for one; it shows it from its next
        start on.
    type: list
    elements: dict
    suboptions:
      uri:
        description: The namespace.
        type: str
        required: true
      xml:
        description: The element, which must be of this namespace. An empty string takes it away.
        type: str
        required: true
  networks:
    description:
      - The networks, for more than one in a call. What an entry leaves out of O(lab), O(state), O(autostart) and
        O(restart) is taken from the top level.
      - Mutually exclusive with every other option of one network.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - Name of the network.
        type: str
        required: true
        aliases: [network]
      lab: *lab
      uuid: *uuid
      state: *state
      autostart: *autostart
      restart: *restart
      xml: *xml
      mode: *mode
      forward: *forward
      bridge: *bridge
      mac: *mac
      stp: *stp
      delay: *delay
      zone: *zone
      mac_table_manager: *mac_table_manager
      mtu: *mtu
      subnet: *subnet
      gateway: *gateway
      dhcp: *dhcp
      hosts: *hosts
      local_ptr: *local_ptr
      tftp: *tftp
      ips: *ips
      routes: *routes
      ipv6: *ipv6
      domain: *domain
      domain_local_only: *domain_local_only
      dns: *dns
      dnsmasq_options: *dnsmasq_options
      virtualport: *virtualport
      vlan: *vlan
      bandwidth: *bandwidth
      portgroups: *portgroups
      isolated_ports: *isolated_ports
      trust_guest_rx_filters: *trust_guest_rx_filters
      metadata: *metadata
seealso:
  - name: libvirt's network XML format
    description: What the options become.
    link: https://libvirt.org/formatnetwork.html
"""

EXAMPLES = r"""
- name: A NAT network that starts with the host
  virtio.lab.libvirt_net:
    name: hands-on
    lab: hands-on
    subnet: 192.168.150.0/24
    autostart: true
    state: active

- name: An isolated network with IPv4, IPv6 and a fixed lease
  virtio.lab.libvirt_net:
    name: quiet
    mode: isolated
    ips:
      - address: 10.20.0.254/24
        dhcp:
          ranges:
            - {start: 10.20.0.10, end: 10.20.0.99, lease_s: 7200}
          hosts:
            - {mac: "52:54:00:00:96:01", address: 10.20.0.200, name: vhost-a}
      - address: fd00:20::1/64
    dns:
      hosts:
        - {address: 10.20.0.254, names: [gateway]}
    state: active

- name: Several networks at once, restarted for a change even under guests
  virtio.lab.libvirt_net:
    lab: hands-on
    state: active
    restart: always
    networks:
      - name: switched
        mode: bridge
        bridge: ovsbr0
        virtualport:
          type: openvswitch
        portgroups:
          - {name: plain, default: true}
          - {name: blue, vlan: {tags: [{id: 42}]}}
      - name: functions
        mode: hostdev
        forward: {pf: enp3s0, managed: true}
        state: present

- name: A network that guests boot from
  virtio.lab.libvirt_net:
    name: boot
    mode: isolated
    bridge: br-boot
    mac: "52:54:00:00:1e:01"
    subnet: 10.30.0.0/24
    local_ptr: true
    tftp: /srv/tftp
    dhcp:
      bootp: {file: pxelinux.0}
    dnsmasq_options: [log-dhcp]
    metadata:
      - uri: urn:example:owner
        xml: <owner xmlns="urn:example:owner" team="labs"/>
    state: active

- name: The same as a document, as virsh dumps and takes one
  virtio.lab.libvirt_net:
    name: boot
    state: active
    xml: |
      <network xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0'>
        <metadata><owner xmlns='urn:example:owner' team='labs'/></metadata>
        <bridge name='br-boot'/>
        <mac address='52:54:00:00:1e:01'/>
        <ip address='10.30.0.1' prefix='24' localPtr='yes'>
          <tftp root='/srv/tftp'/>
          <dhcp>
            <range start='10.30.0.2' end='10.30.0.254'/>
            <bootp file='pxelinux.0'/>
          </dhcp>
        </ip>
        <dnsmasq:options><dnsmasq:option value='log-dhcp'/></dnsmasq:options>
      </network>

- name: Take one away again
  virtio.lab.libvirt_net:
    name: quiet
    state: absent
"""

RETURN = r"""
commands:
  description: What was done, or in check mode would be, in order and as one would type it.
  returned: success
  type: list
  elements: str
  sample: ["virsh net-define hands-on.xml", "virsh net-autostart hands-on", "virsh net-start hands-on"]
restart_required:
  description: Whether a running network differs from what was asked until it is restarted.
  returned: success
  type: bool
  sample: false
networks:
  description: The networks in the order they were given, as they are now, or in check mode would be.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the network.
      type: str
      sample: hands-on
    changed:
      description: Whether anything was done to it.
      type: bool
      sample: true
    commands:
      description: What was done to it.
      type: list
      elements: str
      sample: ["virsh net-start hands-on"]
    restart_required:
      description: Whether it differs from what was asked until it is restarted.
      type: bool
      sample: true
    restart_for:
      description: The settings that wait for a restart.
      type: list
      elements: str
      sample: [bridge]
    cut_off:
      description: Guests and links that lost the network, which O(restart=always) allowed.
      type: list
      elements: str
      sample: [web]
    state:
      description: V(active), V(inactive) or V(absent).
      type: str
      sample: active
    autostart:
      description: Whether it starts with libvirt.
      returned: unless the network is absent
      type: bool
      sample: true
    definition:
      description:
        - The stored definition, with the keys that M(virtio.lab.libvirt_net_info) describes.
        - In check mode the same as a run would return. Of a new network, what the task leaves to libvirt to choose is
          null; its UUID, and its bridge's name and MAC address.
      type: dict
      sample:
        name: hands-on
        lab: hands-on
        forward:
          {mode: nat, dev: null, interfaces: [], pf: null, addresses: [], managed: false, driver: null, nat: null}
        bridge: {name: virbr1, stp: true, delay: 0, zone: null, mac_table_manager: kernel}
        ips:
          - family: ipv4
            address: 192.168.150.1
            prefix: 24
            local_ptr: false
            tftp: null
            dhcp: {ranges: [{start: 192.168.150.2, end: 192.168.150.254, lease_s: null}], hosts: [], bootp: null}
applied:
  description:
    - The commands that took effect before one failed. Nothing after the failed one was run.
    - Without those that were put back, as is done where libvirt refuses a definition.
  returned: failure, when a step failed half way
  type: list
  elements: str
  sample: ["virsh net-define hands-on.xml"]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.virtio.lab.plugins.module_utils._exits import failing
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._reconcile import reconcile
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._spec import NAMES, module_arguments
from ansible_collections.virtio.lab.plugins.module_utils._lock import in_turn
from ansible_collections.virtio.lab.plugins.module_utils._runner import run


def main():
    module = AnsibleModule(**module_arguments())
    with failing(module), in_turn("networks", module.check_mode):
        result = reconcile(module.params, NAMES, module.check_mode, run, module.warn)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
