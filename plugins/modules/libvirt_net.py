#!/usr/bin/python
# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: libvirt_net
short_description: Define, start, stop and remove a lab's libvirt network
version_added: 0.1.0
author: virtio.lab contributors (@virtio-lab)
description:
  - Keeps one persistent libvirt network with an IPv4 subnet, a DHCP range and fixed leases the way the task says.
  - Gateway and DHCP range follow from the subnet where they are not given.
  - Only what the task sets is compared; the UUID, MAC address, NAT ports and whatever else libvirt adds do not count.
  - Every network carries the name of its lab in its metadata.
    A network of the same name that is not this lab's is never touched; the task fails instead.
  - The task also fails, before anything is changed, when the bridge name is in use, when the subnet overlaps
    another libvirt network or a route of the host, and when a running network with guests attached would have to be
    stopped or restarted.
  - Fixed leases of a running network are changed without a restart.
requirements:
  - iproute2, on the host that runs libvirt, which is the host this module runs on
extends_documentation_fragment:
  - virtio.lab._attributes
  - virtio.lab._libvirt
options:
  name:
    description: The network's name.
    type: str
    required: true
  lab:
    description: The lab that the network belongs to.
    type: str
    required: true
  state:
    description:
      - V(present), the network is defined; whether it runs is left alone.
      - V(active), it is defined and runs.
      - V(inactive), it is defined and does not run.
      - V(absent), it is stopped and removed.
    type: str
    choices: [present, active, inactive, absent]
    default: present
  mode:
    description:
      - V(nat), guests reach the outside by address translation.
      - V(route), guests reach the outside by routing, without translation.
      - V(isolated), guests reach each other and the host only.
      - V(open), as V(route), but libvirt sets no firewall rules.
    type: str
    choices: [nat, route, isolated, open]
    default: nat
  subnet:
    description: The IPv4 subnet as CIDR, for example V(192.168.150.0/24). Required unless O(state=absent).
    type: str
  gateway:
    description: The host's address in the subnet. The subnet's first host address where not given.
    type: str
  dhcp:
    description: The addresses that DHCP gives away. The longer run of addresses beside the gateway where not given.
    type: dict
    suboptions:
      start:
        description: The first address.
        type: str
        required: true
      end:
        description: The last address.
        type: str
        required: true
  hosts:
    description: The fixed leases, all of them; V([]) removes them. Left alone where not given.
    type: list
    elements: dict
    suboptions:
      mac:
        description: The guest's MAC address.
        type: str
        required: true
      address:
        description: The IPv4 address it gets.
        type: str
        required: true
      name:
        description: The host name it gets, and by which the network's name server knows it.
        type: str
  bridge:
    description: The bridge's name. libvirt chooses one where not given.
    type: str
  domain:
    description: The DNS domain of the network's guests. Left alone where not given.
    type: str
  autostart:
    description: Whether the network starts with libvirt. Left alone where not given.
    type: bool
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

- name: An isolated network with a fixed lease
  virtio.lab.libvirt_net:
    name: quiet
    lab: hands-on
    mode: isolated
    subnet: 10.20.0.0/24
    gateway: 10.20.0.254
    hosts:
      - mac: "52:54:00:00:96:01"
        address: 10.20.0.10
        name: vhost-a
    state: active

- name: Take it away again
  virtio.lab.libvirt_net:
    name: quiet
    lab: hands-on
    state: absent
"""

RETURN = r"""
network:
  description: The network as it is now, or in check mode would be; empty when it is gone.
  returned: success
  type: dict
  sample:
    name: hands-on
    lab: hands-on
    mode: nat
    bridge: virbr1
    domain:
    subnet: 192.168.150.0/24
    gateway: 192.168.150.1
    dhcp: {start: 192.168.150.2, end: 192.168.150.254}
    hosts: []
    active: true
    autostart: true
actions:
  description: What was done, or in check mode would be, in order.
  returned: success
  type: list
  elements: str
  sample: [define, autostart, start]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._connection import connect
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._network import MODES, Definition
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._network_plan import diff, facts, plan
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._network_state import apply, read_network, read_world
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._network_wish import named, wish
from ansible_collections.virtio.lab.plugins.module_utils._runner import run

RANGE = {"start": {"type": "str", "required": True}, "end": {"type": "str", "required": True}}
HOST = {
    "mac": {"type": "str", "required": True},
    "address": {"type": "str", "required": True},
    "name": {"type": "str"},
}
ARGUMENT_SPEC = {
    "name": {"type": "str", "required": True},
    "lab": {"type": "str", "required": True},
    "uri": {"type": "str", "default": "qemu:///system"},
    "state": {"type": "str", "choices": ["present", "active", "inactive", "absent"], "default": "present"},
    "mode": {"type": "str", "choices": list(MODES), "default": "nat"},
    "subnet": {"type": "str"},
    "gateway": {"type": "str"},
    "dhcp": {"type": "dict", "options": RANGE},
    "hosts": {"type": "list", "elements": "dict", "options": HOST},
    "bridge": {"type": "str"},
    "domain": {"type": "str"},
    "autostart": {"type": "bool"},
}
REQUIRED_IF = [("state", state, ["subnet"]) for state in ("present", "active", "inactive")]


def keep(options, check_mode):
    """Bring the network to what options say; return what exit_json tells."""
    name, lab = named(options)
    want = Definition(name=name, lab=lab) if options["state"] == "absent" else wish(options)
    with connect(options["uri"]) as connection:
        have = read_network(connection, name)
        world = read_world(connection, name, run)
        actions = plan(want, have, state=options["state"], autostart=options["autostart"], world=world)
        if actions and not check_mode:
            apply(connection, want, have, actions)
            network = facts(read_network(connection, name))
        else:
            network = facts(have, actions)
    return {
        "changed": bool(actions),
        "actions": [action.action for action in actions],
        "network": network,
        "diff": diff(actions),
    }


def main():
    module = AnsibleModule(ARGUMENT_SPEC, required_if=REQUIRED_IF, supports_check_mode=True)
    try:
        result = keep(module.params, module.check_mode)
    except LabError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
