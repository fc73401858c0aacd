#!/usr/bin/python
# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vhost_toggle
short_description: Choose between QEMU and vhost-net for the NICs of an existing guest
version_added: 0.1.0
description:
  - Writes the backend of virtio NICs, C(<driver name='qemu'|'vhost'/>), into the stored configuration of a libvirt
    domain and leaves every other byte of it alone.
  - libvirt refuses to change the backend of a NIC in a running guest. O(apply=power_cycle) shuts the guest down,
    starts it with its vCPUs held, proves which backend is in effect, and only then lets the guest run. If anything
    fails on the way, the old configuration is put back and the guest is started with it.
  - The backend's name is always written, because without it libvirt falls back from vhost to QEMU without a word.
  - Runs on the hypervisor itself as root. The domain need not have been made by this collection.
extends_documentation_fragment:
  - virtio.lab._attributes
  - virtio.lab._libvirt
options:
  name:
    description:
      - Name of the domain.
    type: str
    required: true
  mac:
    description:
      - MAC address of the NIC to change. By default all virtio NICs of the domain.
    type: str
  driver:
    description:
      - The driver the NICs shall have. Required with O(state=present).
    type: dict
    suboptions:
      name:
        description:
          - The backend, V(qemu) for packets handled by QEMU itself, V(vhost) for vhost-net in the kernel.
        type: str
        choices: [qemu, vhost]
        required: true
      queues:
        description:
          - Number of queue pairs. By default the number stays as it is.
        type: int
  state:
    description:
      - V(present) writes the driver, V(absent) takes an explicit name away, so that libvirt chooses.
    type: str
    choices: [present, absent]
    default: present
  apply:
    description:
      - V(next_boot) edits the stored configuration only; RV(restart_required) tells whether a restart is due.
      - V(power_cycle) also restarts the guest where the wanted driver is not in effect. The guest must be running.
    type: str
    choices: [next_boot, power_cycle]
    default: next_boot
  fresh:
    description:
      - Whether O(apply=power_cycle) restarts the guest even where the wanted driver is in effect, so that its virtio
        devices are new ones. Every call is a change then.
    type: bool
    default: false
  shutdown_timeout_s:
    description:
      - How long a shutdown may take, in seconds. Half of it is given to the guest agent, then half to the ACPI button.
    type: float
    default: 60
  allow_destroy:
    description:
      - Whether the guest may be switched off hard when it does not shut down in time.
    type: bool
    default: false
  wait_s:
    description:
      - How long to wait for the guest agent after a start, in seconds. V(0) does not wait. A guest without an agent
        channel is not waited for.
    type: float
    default: 300
  verify:
    description:
      - Whether O(apply=power_cycle) fails unless the backend in effect is the one asked for.
    type: bool
    default: true
attributes:
  diff_mode:
    description: Shows the stored driver and the datapath in effect of each selected NIC.
  idempotent:
    support: partial
    details:
      - With O(apply=power_cycle) and O(fresh=true) every call restarts the guest.
seealso:
  - module: virtio.lab.datapath_info
author:
  - virtio.lab contributors (@virtio-lab)
"""

EXAMPLES = r"""
- name: Let the kernel carry the packets of a guest, now
  virtio.lab.vhost_toggle:
    name: vhost-a
    driver:
      name: vhost
    apply: power_cycle
  become: true

- name: Let QEMU carry the packets of one NIC from the next boot on
  virtio.lab.vhost_toggle:
    name: vhost-a
    mac: "52:54:00:00:96:01"
    driver:
      name: qemu
  become: true

- name: Begin the next replicate of a measurement with new virtio devices
  virtio.lab.vhost_toggle:
    name: vhost-a
    driver:
      name: vhost
    apply: power_cycle
    fresh: true
  become: true

- name: Leave the choice to libvirt again
  virtio.lab.vhost_toggle:
    name: vhost-a
    state: absent
  become: true
"""

RETURN = r"""
configured:
  description:
    - The backend named in the stored configuration, V(unknown) where none is named, V(mixed) where the NICs differ.
    - In check mode the one that would be named.
  type: str
  returned: success
  sample: vhost
effective:
  description:
    - The backend in effect, V(unknown) for a domain that does not run, V(mixed) where the NICs differ.
    - In check mode the one in effect now.
  type: str
  returned: success
  sample: vhost
restart_required:
  description: Whether the running guest has yet to restart to use what is configured.
  type: bool
  returned: success
  sample: false
datapaths:
  description: The witnesses of the selected NICs as M(virtio.lab.datapath_info) returns them, taken at the end.
  type: list
  elements: dict
  returned: success
actions:
  description: What was done, or in check mode would be done, in order.
  type: list
  elements: dict
  returned: success
  sample:
    - {action: define, mac: "52:54:00:00:96:01", before: {name: qemu}, after: {name: vhost}}
    - {action: shutdown}
    - {action: start}
    - {action: wait}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.virtio.lab.plugins.module_utils._datapath import _plan, _toggle
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._connection import connect

ARGUMENTS = {
    "name": {"type": "str", "required": True},
    "mac": {"type": "str"},
    "driver": {
        "type": "dict",
        "options": {
            "name": {"type": "str", "choices": ["qemu", "vhost"], "required": True},
            "queues": {"type": "int"},
        },
    },
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "apply": {"type": "str", "choices": ["next_boot", "power_cycle"], "default": "next_boot"},
    "shutdown_timeout_s": {"type": "float", "default": 60},
    "fresh": {"type": "bool", "default": False},
    "allow_destroy": {"type": "bool", "default": False},
    "wait_s": {"type": "float", "default": 300},
    "verify": {"type": "bool", "default": True},
    "uri": {"type": "str", "default": "qemu:///system"},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec=ARGUMENTS, required_if=[("state", "present", ["driver"])], supports_check_mode=True
    )
    given = module.params
    limits = _toggle.Limits(*(given[field] for field in _toggle.Limits._fields))
    try:
        want = _plan.wish(*(given[key] for key in ("name", "mac", "state", "driver", "apply", "fresh")))
        with connect(given["uri"]) as connection:
            have = _toggle.read(connection, want.domain)
            actions = _plan.plan(want, have)
            if not module.check_mode:
                _toggle.apply(connection, want, actions, limits)
            result = _toggle.result(connection, want, actions)
    except LabError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=bool(actions), diff=_plan.diff(want, have, actions), **result)


if __name__ == "__main__":
    main()
