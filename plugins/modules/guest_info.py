#!/usr/bin/python
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: guest_info
short_description: Read a guest's state and address, and wait until it has one
version_added: 0.1.0
description:
  - Reads a libvirt domain and asks its QEMU guest agent for its interfaces and, with O(host_keys), for the public host
    keys of its SSH server. Keys that come this way can be trusted before the first login.
  - With O(wait_s) it returns once the agent answers and the interface has an IPv4 address. That is so too where the
    address is in a network that QEMU or passt makes for the NIC alone (user mode), which the hypervisor does not reach.
extends_documentation_fragment:
  - virtio.lab._attributes.info_module
  - virtio.lab._libvirt
options:
  name:
    description:
      - Name of the domain.
    type: str
    required: true
  mac:
    description:
      - The interface whose address is wanted. By default the domain's first.
    type: str
  wait_s:
    description:
      - How long to wait for agent and address, in seconds. V(0) reads once and waits for nothing.
    type: float
    default: 0
  host_keys:
    description:
      - Whether to read the public host keys of the guest's SSH server. It is an error when the agent answers and does
        not run programs, which some distributions forbid it.
    type: bool
    default: false
author:
  - virtio.lab contributors (@virtio-lab)
"""

EXAMPLES = r"""
- name: Wait until the guest can be measured
  virtio.lab.guest_info:
    name: vhost-a
    mac: "52:54:00:00:96:01"
    wait_s: 180
    host_keys: true
  register: guest

- name: Say where it is
  ansible.builtin.debug:
    msg: "{{ guest.address }}"
"""

RETURN = r"""
name:
  description: Name of the domain.
  type: str
  returned: success
  sample: vhost-a
state:
  description: State of the domain in virsh's words.
  type: str
  returned: success
  sample: running
lab:
  description: The lab that the domain belongs to, null when no lab made it.
  type: str
  returned: success
  sample: hands-on
agent:
  description: Whether the guest agent answers.
  type: bool
  returned: success
  sample: true
mac:
  description: MAC of the interface that was looked at.
  type: str
  returned: success
  sample: "52:54:00:00:96:01"
address:
  description: IPv4 address of that interface, null while it has none.
  type: str
  returned: success
  sample: 192.168.150.17
interfaces:
  description: All interfaces as the guest agent tells them; empty when it does not answer.
  type: list
  elements: dict
  returned: success
  sample:
    - name: eth0
      mac: "52:54:00:00:96:01"
      addresses:
        - address: 192.168.150.17
          prefix: 24
          family: ipv4
address_refused:
  description:
    - Why the address that the guest tells is not believed, V(null) where it is, or where it tells none.
    - It must be in the network of the guest's NIC, and neither the hypervisor's, the gateway's nor another guest's.
      Where libvirt leased one to the NIC it must be that.
  type: str
  returned: success
  sample: null
reachable:
  description:
    - V(false) where the guest has an address in a network that is made for that NIC alone (user mode). The
      hypervisor is no part of it, so RV(address) is V(null).
  type: bool
  returned: success
  sample: true
host_keys:
  description: Public host keys as C(TYPE KEY); empty for a guest without an SSH server and while its agent is silent.
  type: list
  elements: str
  returned: when O(host_keys=true)
  sample:
    - ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ2Yv0X8kq3cFZy1Vd0mUq7cK3s3bV7o1X1uQm0m5P1K
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._exits import checked
from ansible_collections.virtio.lab.plugins.module_utils._guest import _info
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._connection import connect


def main() -> None:
    module = checked(
        AnsibleModule(
            argument_spec={
                "name": {"type": "str", "required": True},
                "uri": {"type": "str", "default": "qemu:///system"},
                "mac": {"type": "str"},
                "wait_s": {"type": "float", "default": 0},
                "host_keys": {"type": "bool", "default": False},
            },
            supports_check_mode=True,
        )
    )
    name, mac, wait_s = (module.params[key] for key in ("name", "mac", "wait_s"))
    try:
        with connect(module.params["uri"]) as connection:
            guest = _info.wait(connection, name, mac, wait_s) if wait_s else _info.read(connection, name, mac)
            if module.params["host_keys"]:
                guest["host_keys"] = _info.host_keys(connection, name) if guest["agent"] else []
    except LabError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, **guest)


if __name__ == "__main__":
    main()
