#!/usr/bin/python
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: inspect_info
short_description: Look at the datapaths of running guests from all sides
version_added: 0.1.0
description:
  - Collects, in one go, what one would look at by hand to understand a virtio datapath, the kernel modules of the
    hypervisor, the files QEMU holds open, the vhost worker, the TAP, the live XML of the interface and, through the
    guest agent, the guest's PCI device with its chain of drivers.
  - Runs on the hypervisor itself as root.
extends_documentation_fragment:
  - virtio.lab._attributes.info_module
  - virtio.lab._libvirt
options:
  guests:
    description:
      - Names of the domains to look at. They must be running.
    type: list
    elements: str
    required: true
  wait_s:
    description:
      - How long to wait for each guest's agent, in seconds. What only the guest can tell is null with a reason when the
        agent does not answer.
    type: float
    default: 60
seealso:
  - module: virtio.lab.datapath_info
author:
  - virtio.lab contributors (@virtio-lab)
"""

EXAMPLES = r"""
- name: Look at a guest
  virtio.lab.inspect_info:
    guests: [vhost-a]
  register: seen
  become: true
"""

RETURN = r"""
host:
  description:
    - The hypervisor with its C(name), C(kernel), the kernel C(modules) a datapath is made of (C(state), C(users),
      C(used_by), C(parameters)) and which of the C(devices) exist.
  type: dict
  returned: success
  sample:
    name: lab-host
    kernel: 6.12.0
    modules: {vhost_net: {state: loaded, users: 1, used_by: [], parameters: {experimental_zcopytx: "0"}}}
    devices: {/dev/kvm: true, /dev/vhost-net: true, /dev/net/tun: true}
guests:
  description: One entry for each domain, in the order asked for.
  type: list
  elements: dict
  returned: success
  contains:
    name:
      description: Name of the domain.
      type: str
      sample: vhost-a
    pid:
      description: QEMU's process.
      type: int
      sample: 918
    descriptors:
      description: The devices QEMU holds open, for a TAP with the C(link) behind the descriptor.
      type: list
      elements: dict
      sample: [{fd: 34, target: /dev/net/tun, link: vnet0}, {fd: 36, target: /dev/vhost-net, link: null}]
    nics:
      description:
        - The virtio NICs. C(datapath) is the witness of M(virtio.lab.datapath_info), C(xml) the live interface
          (null for one that is only stored), C(tuntap) the lines of C(ip -d tuntap), C(link) the object of
          C(ip -j -d link).
        - C(guest) is the NIC seen from inside with C(name), C(addresses), C(chain) and C(lspci), null with the reason
          in C(guest_missing).
      type: list
      elements: dict
      sample:
        - datapath: {effective: vhost, agree: true, witnesses: {xml: vhost, argv: vhost, fds: vhost, threads: vhost}}
          xml: "<interface type='network'>…<driver name='vhost'/>…</interface>"
          tuntap: "vnet0: tap vnet_hdr"
          link: {ifname: vnet0, mtu: 1500, operstate: UNKNOWN, address: "fe:54:00:00:96:01"}
          guest: {name: eth0, mac: "52:54:00:00:96:01", addresses: [], chain: {driver: virtio_net}, lspci: null}
          guest_missing: null
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._exits import checked
from ansible_collections.virtio.lab.plugins.module_utils._inspect import _guest, _host
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._connection import connect
from ansible_collections.virtio.lab.plugins.module_utils._runner import run


def main() -> None:
    module = checked(
        AnsibleModule(
            argument_spec={
                "guests": {"type": "list", "elements": "str", "required": True},
                "wait_s": {"type": "float", "default": 60},
                "uri": {"type": "str", "default": "qemu:///system"},
            },
            supports_check_mode=True,
        )
    )
    try:
        with connect(module.params["uri"]) as connection:
            names, wait_s = module.params["guests"], module.params["wait_s"]
            guests = [_guest.inspect(connection, name, wait_s, run) for name in names]
    except LabError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, host=_host.host(), guests=guests)


if __name__ == "__main__":
    main()
