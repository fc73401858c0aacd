#!/usr/bin/python
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: datapath_info
short_description: Prove which datapath a guest's virtio NICs use
version_added: 0.1.0
description:
  - Tells for each virtio NIC of a domain whether its packets are handled by QEMU itself or by vhost-net in the kernel,
    and which datapath it is on. A NIC of another model is told of where an option selects it.
  - The answer comes from four witnesses, the live XML, QEMU's command line, the files the QEMU process holds open and
    its threads. It is V(unknown) where they do not say the same, and where a guest has several NICs and what the
    process holds could be either's.
  - It is V(unknown) too for a virtio NIC without a TAP (C(vhostuser), C(vdpa), C(user), C(server), C(client), C(mcast),
    C(udp)), whose packets neither of the two carries.
  - Runs on the hypervisor itself, as a user who may read C(/proc/PID/fd) of QEMU, which is root.
extends_documentation_fragment:
  - virtio.lab._attributes.info_module
  - virtio.lab._libvirt
  - virtio.lab._nics
options:
  name:
    description:
      - Names of the domains, or the name of one. By default all domains that run and have a NIC that is meant.
    type: list
    elements: str
    aliases: [names, domains]
  monitor:
    description:
      - Whether QEMU's monitor is heard too, by C(x-query-virtio-status), which QEMU has since 7.2. It tells NICs apart
        that were attached to the running guest, where descriptors and threads cannot.
      - libvirt marks a domain whose monitor was used as tainted, which is a line in its log.
    type: bool
    default: false
seealso:
  - module: virtio.lab.vhost_toggle
author:
  - virtio.lab contributors (@virtio-lab)
"""

EXAMPLES = r"""
- name: Look at the datapaths of a guest
  virtio.lab.datapath_info:
    name: vhost-a
  register: guest
  become: true

- name: Look at the NICs of one network in all guests that run, and hear QEMU's monitor
  virtio.lab.datapath_info:
    network: hands-on
    monitor: true
  register: guests
  become: true

- name: Insist on vhost-net
  ansible.builtin.assert:
    that: guest.datapaths | map(attribute='effective') | unique == ['vhost']
"""

RETURN = r"""
datapaths:
  description: One witness for each NIC.
  type: list
  elements: dict
  returned: success
  contains:
    domain:
      description: Name of the domain.
      type: str
      sample: vhost-a
    pid:
      description: QEMU's process, null for a domain that does not run.
      type: int
      sample: 918
    interface:
      description:
        - The NIC with its C(mac), C(alias), C(target), C(type), C(source), C(model), PCI C(address) and a macvtap's
          C(mode).
      type: dict
      sample:
        {mac: "52:54:00:00:96:01", alias: net0, target: vnet0, type: network, source: hands-on, model: virtio,
          address: "0000:01:00.0", mode: null}
    configured:
      description:
        - The attributes of C(<driver>) in the stored XML, which the next start will use, its offloads below C(host) and
          C(guest).
      type: dict
      sample: {name: vhost, host: {csum: "off"}}
    live:
      description: The attributes of C(<driver>) in the XML of the running domain.
      type: dict
      sample: {name: vhost}
    argv:
      description:
        - What QEMU's command line says of the NIC, C(vhost), the number of C(queues) and the C(netdev).
        - C(netdev) is empty for a NIC that was attached to the running guest; C(queues) is that of its TAP then.
      type: dict
      sample: {vhost: true, queues: 1, netdev: {type: tap, fd: "34", vhost: true, vhostfd: "36", id: hostnet0}}
    fds:
      description: How many descriptors of each device the whole QEMU process holds.
      type: dict
      sample: {vhost_net: 1, tun: 1, tap: 0, vfio: 0}
    threads:
      description:
        - The threads that work for the guest with their class (C(vcpu), C(vhost), C(main), C(iothread), C(worker) or
          C(other)) and the CPU time each has used, in ns. vhost workers that are kernel threads are among them.
      type: list
      elements: dict
      sample: [{tid: 924, comm: vhost-918, class: vhost, cpu_ns: 1651867897}]
    served_by:
      description:
        - Of a NIC over vhost-user the process at the other end of its socket, and whether it has the guest's memory
          (C(has_memory)) and was stopped by a signal (C(stopped)); null where there is none, and of every other NIC.
        - C(idle) says of an Open vSwitch why no thread of it polls for the packets, and is null where one does.
      type: dict
      sample: {pid: 1194, program: dpdk-testpmd, has_memory: true, stopped: false, idle: null}
    witnesses:
      description:
        - What each of the witnesses C(xml), C(argv), C(fds), C(threads) and with O(monitor=true) C(monitor) says.
      type: dict
      sample: {xml: vhost, argv: vhost, fds: vhost, threads: vhost}
    effective:
      description: The backend in effect of the NIC's TAP, V(vhost), V(qemu) or V(unknown).
      type: str
      sample: vhost
    axes:
      description:
        - For each part of the datapath, C(frontend), C(backend) and C(attachment), which one is in C(effective), and by
          witness the ones that what it saw leaves open.
      type: dict
      sample:
        frontend: {effective: virtio, witnesses: {xml: [virtio], argv: [virtio]}}
        backend: {effective: vhost, witnesses: {process: [vhost]}}
        attachment: {effective: tap, witnesses: {xml: [tap], host: [tap], fds: [ethernet, tap]}}
    datapath:
      description:
        - The name of the datapath that these three parts make, V(unknown) where one of them is not known or no datapath
          has them. C(docs/datapaths.md) has all names.
      type: str
      sample: vhost
    agree:
      description: Whether the datapath in effect is known and no witness disagrees.
      type: bool
      sample: true
    disagreements:
      description: What does not fit, in words.
      type: list
      elements: str
      sample: []
    notes:
      description: What a witness has to say in words that does not speak against the others.
      type: list
      elements: str
      sample: ["QEMU's argv does not have this NIC: it was attached after the start"]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._connection import connect
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import Selector, selector
from ansible_collections.virtio.lab.plugins.module_utils._witness._statement import look

ARGUMENTS = {
    "name": {"type": "list", "elements": "str", "aliases": ["names", "domains"]},
    "mac": {"type": "str"},
    "alias": {"type": "str"},
    "target": {"type": "str"},
    "network": {"type": "str"},
    "monitor": {"type": "bool", "default": False},
    "uri": {"type": "str", "default": "qemu:///system"},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    given = module.params
    try:
        with connect(given["uri"]) as connection:
            nics = selector(*(given[field] for field in Selector._fields))
            found = look(connection, given["name"], nics, monitor=given["monitor"])
    except LabError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, datapaths=found)


if __name__ == "__main__":
    main()
