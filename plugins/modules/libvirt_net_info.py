#!/usr/bin/python
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: libvirt_net_info
short_description: Read libvirt networks of any kind, with attached guests and DHCP leases
version_added: 0.1.0
author: virtio.lab contributors (@virtio-lab)
description:
  - Reads all libvirt networks of a host, or those that are named, over one connection.
  - Answers for every kind of network (with a bridge of libvirt's or of the host's, with macvtap or host devices,
    isolated, persistent or transient, running or not), whoever made it.
  - What a network does not have is null or an empty list. Lists are sorted.
  - The facts are those of the live network where it runs, and of the stored definition where it does not.
extends_documentation_fragment:
  - virtio.lab._attributes.info_module
  - virtio.lab._libvirt
options:
  names:
    description:
      - The networks to read. All where not given.
      - A name that no network has is no error; it is returned in RV(missing).
    type: list
    elements: str
    aliases: [name]
seealso:
  - module: virtio.lab.libvirt_net
  - name: libvirt's network XML format
    description: What the facts are called in libvirt.
    link: https://libvirt.org/formatnetwork.html
"""

EXAMPLES = r"""
- name: Read every network
  virtio.lab.libvirt_net_info:
  register: found

- name: Say which of them run
  ansible.builtin.debug:
    msg: "{{ found.networks | selectattr('active') | map(attribute='name') }}"

- name: Read one
  virtio.lab.libvirt_net_info:
    name: hands-on
  register: found

- name: Say which address a guest got
  ansible.builtin.debug:
    msg: "{{ found.networks[0].leases | selectattr('mac', 'equalto', '52:54:00:00:96:01') | map(attribute='address') }}"
  when: not found.missing
"""

RETURN = r"""
missing:
  description: The names of O(names) that no network has.
  returned: success
  type: list
  elements: str
  sample: [quiet]
networks:
  description: The networks, by name.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The network's name.
      returned: always
      type: str
      sample: hands-on
    uuid:
      description: The network's UUID.
      returned: always
      type: str
      sample: 8c2f1f3e-6a55-4d0e-9f43-7d1b9a1f0a11
    active:
      description: Whether it runs.
      returned: always
      type: bool
      sample: true
    persistent:
      description: Whether libvirt keeps it when it stops.
      returned: always
      type: bool
      sample: true
    autostart:
      description: Whether it starts with libvirt.
      returned: always
      type: bool
      sample: true
    lab:
      description: The lab that made it, null for a network that no lab made.
      returned: always
      type: str
      sample: hands-on
    forward:
      description:
        - How guests reach the outside. C(mode) is V(isolated) where the network has no forwarding.
        - V(interfaces) are the host's interfaces, V(pf) is the physical function whose virtual functions are used,
          V(addresses) are PCI addresses.
        - V(dev) is the first of the interfaces. V(managed) and V(driver) are about PCI devices.
        - V(nat) is null where libvirt's defaults apply.
      returned: always
      type: dict
      sample:
        mode: nat
        dev:
        interfaces: []
        pf:
        addresses: []
        managed: false
        driver:
        nat:
          address:
          port: {start: 1024, end: 65535}
          ipv6: false
    bridge:
      description:
        - The bridge, null for a network without one. Its V(delay) is in seconds.
        - V(name) is null until libvirt has chosen one; V(stp) and V(delay) are null for a bridge that is not libvirt's.
        - V(mac_table_manager) tells who keeps the table of MAC addresses, V(kernel) or V(libvirt).
      returned: always
      type: dict
      sample: {name: virbr1, stp: true, delay: 0, zone: null, mac_table_manager: kernel}
    mac:
      description: The bridge's MAC address.
      returned: always
      type: str
      sample: "52:54:00:35:e4:ef"
    mtu:
      description: The MTU in bytes, null where it is the system's default.
      returned: always
      type: int
      sample: 9000
    ipv6:
      description: Whether guests may speak IPv6 to each other where the network has no IPv6 address.
      returned: always
      type: bool
      sample: false
    domain:
      description: The DNS domain.
      returned: always
      type: str
      sample: lab.example
    domain_local_only:
      description: Whether names in the domain are asked for nowhere else, null where there is no domain.
      returned: always
      type: bool
      sample: false
    ips:
      description:
        - The host's own addresses in the network, each with the DHCP ranges and fixed leases of its subnet.
        - V(lease_s) is the lease time in seconds, 0 for a lease without end, null where dnsmasq's applies.
        - V(local_ptr) tells whether names of its addresses are asked for nowhere else. V(tftp) is the folder from which
          guests get files. V(bootp) is what they boot.
      returned: always
      type: list
      elements: dict
      sample:
        - family: ipv4
          address: 192.168.150.1
          prefix: 24
          local_ptr: false
          tftp: /srv/tftp
          dhcp:
            ranges: [{start: 192.168.150.2, end: 192.168.150.254, lease_s: null}]
            hosts: [{mac: "52:54:00:00:96:01", id: null, name: vhost-a, address: 192.168.150.10, lease_s: 3600}]
            bootp: {file: pxelinux.0, server: null}
    routes:
      description: The static routes that libvirt sets on the host.
      returned: always
      type: list
      elements: dict
      sample: [{family: ipv4, address: 192.168.222.0, prefix: 24, gateway: 192.168.150.2, metric: null}]
    dns:
      description: What the network's name server is told, null where the network says nothing of it.
      returned: always
      type: dict
      sample:
        enabled: true
        forward_plain_names: true
        forwarders: [{domain: null, address: 192.0.2.53}]
        hosts: [{address: 192.168.150.3, names: [printer]}]
        txt: [{name: example, value: a text}]
        srv: [{service: ldap, protocol: tcp, domain: null, target: a.example, port: 389, priority: null, weight: null}]
    dnsmasq_options:
      description: Lines of configuration that dnsmasq gets as they are, in their order.
      returned: always
      type: list
      elements: str
      sample: [log-dhcp]
    virtualport:
      description: The virtual port that guests get on the switch.
      returned: always
      type: dict
      sample: {type: openvswitch, parameters: {}}
    vlan:
      description: The VLAN tags of the guests' ports.
      returned: always
      type: dict
      sample: {trunk: true, tags: [{id: 42, native_mode: untagged}, {id: 47, native_mode: null}]}
    bandwidth:
      description:
        - The limits, with V(average), V(peak) and V(floor) in KiB a second and V(burst) in KiB.
      returned: always
      type: dict
      sample: {inbound: {average: 1000, burst: 5120, peak: 5000}, outbound: null}
    isolated_ports:
      description: Whether guests are kept from talking to each other.
      returned: always
      type: bool
      sample: false
    trust_guest_rx_filters:
      description: Whether the host follows the guest in which addresses it listens to.
      returned: always
      type: bool
      sample: false
    metadata:
      description: What others noted at the network, by namespace. The mark of a lab is told in RV(networks[].lab).
      returned: always
      type: list
      elements: dict
      sample: [{uri: "urn:example:owner", xml: '<owner xmlns="urn:example:owner" team="labs"></owner>'}]
    portgroups:
      description: The port groups.
      returned: always
      type: list
      elements: dict
      sample:
        - name: engineering
          default: true
          trust_guest_rx_filters: false
          virtualport:
          vlan: {trunk: false, tags: [{id: 42, native_mode: null}]}
          bandwidth:
    guests:
      description:
        - The guests' interfaces that are attached, each with how (V(plug)) and to which device of the host.
        - Null where this libvirt cannot tell.
      returned: always
      type: list
      elements: dict
      sample:
        - name: vhost-a
          uuid: 06578fc1-c686-46fa-bc2c-220893b466a6
          mac: "52:54:00:00:96:01"
          portgroup:
          plug: network
          device: virbr1
    leases:
      description:
        - The DHCP leases that have not run out.
        - Null where this libvirt cannot tell.
      returned: always
      type: list
      elements: dict
      contains:
        mac:
          description: The MAC address it was given to.
          returned: always
          type: str
          sample: "52:54:00:00:96:01"
        address:
          description: The address.
          returned: always
          type: str
          sample: 192.168.150.17
        prefix:
          description: The length of the subnet's prefix.
          returned: always
          type: int
          sample: 24
        family:
          description: V(ipv4) or V(ipv6).
          returned: always
          type: str
          sample: ipv4
        hostname:
          description: The name the guest told, null when it told none.
          returned: always
          type: str
          sample: vhost-a
        client_id:
          description: The client identifier (IPv4) or DUID (IPv6).
          returned: always
          type: str
          sample: "01:52:54:00:00:96:01"
        expiry:
          description: When it runs out, in UTC (ISO 8601); null for a lease without end.
          returned: always
          type: str
          sample: "2026-07-01T12:00:00Z"
    restart_required:
      description: Whether the stored definition differs from what runs, so that a restart would change the network.
      returned: always
      type: bool
      sample: false
    live_xml:
      description: The XML of the network that runs, null when it does not.
      returned: always
      type: str
      sample: <network><name>hands-on</name>…</network>
    stored_xml:
      description: The XML that the next start uses, null for a transient network.
      returned: always
      type: str
      sample: <network><name>hands-on</name>…</network>
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._connection import connect
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks import _info


def main():
    module = AnsibleModule(
        argument_spec={
            "names": {"type": "list", "elements": "str", "aliases": ["name"]},
            "uri": {"type": "str", "default": "qemu:///system"},
        },
        supports_check_mode=True,
    )
    try:
        with connect(module.params["uri"]) as connection:
            found = _info.read(connection, module.params["names"])
    except LabError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, **found)


if __name__ == "__main__":
    main()
