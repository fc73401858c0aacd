#!/usr/bin/python
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vhost_toggle
short_description: Choose between QEMU and vhost-net for the NICs of existing guests
version_added: 0.1.0
description:
  - Writes the backend of virtio NICs, C(<driver name='qemu'|'vhost'/>), and what else their C(<driver>) says, into the
    stored configuration of libvirt domains and leaves every other byte of it alone.
  - libvirt refuses to change the driver of a NIC in a running guest. O(apply=hotplug) detaches the NIC and attaches
    it again; O(apply=power_cycle) shuts the guest down and starts it with its vCPUs held, proves which backend is in
    effect, and only then lets the guest run. If anything fails on the way, the old NIC and the old configuration are
    put back, and a guest that was stopped is started with them.
  - Without the backend's name libvirt falls back from vhost to QEMU without a word, so O(driver.name) is best given.
  - All domains are checked before the first is changed. A step that fails in one of them puts that domain back; the
    others go on to their end, and RV(applied) lists what was done.
  - What is in effect is told by the witnesses of M(virtio.lab.datapath_info). Where a guest has several NICs and its
    process does not tell whose the backends are, QEMU's monitor is asked, which libvirt notes as a taint of the domain.
  - Outside check mode one call works at a time on a hypervisor; the next one waits until it has ended, also for one
    whose controller was killed.
  - Runs on the hypervisor itself as root. The domains need not have been made by this collection.
extends_documentation_fragment:
  - virtio.lab._attributes
  - virtio.lab._libvirt
  - virtio.lab._nics
  - virtio.lab._switch
options:
  name:
    description:
      - Names of the domains, or the name of one. Each must have a NIC that is meant.
    type: list
    elements: str
    required: true
    aliases: [names, domains]
  state:
    description:
      - V(present) writes the driver, V(absent) takes an explicit name away, so that libvirt chooses.
    type: str
    choices: [present, absent]
    default: present
  apply:
    description:
      - V(next_boot) edits the stored configuration only; RV(restart_required) tells whether a restart is due. So it is
        for a domain with a saved state (C(virsh managedsave)), whose next start goes on with the driver it was saved
        with; that is a warning too.
      - V(hotplug) also takes the NICs where the driver is not in effect out of the running guest and gives them back,
        with the same MAC and PCI address, and with the same alias and target where the configuration gives them;
        libvirt counts on those that it made up itself, which is a warning. How the guest configures the NIC is
        its own matter. An address that it has not got again soon is a warning; O(wait_for=address) waits for it.
      - V(hotplug) is refused beforehand for a NIC that cannot be unplugged, one on the root bus of a PCI Express
        machine or on a port with C(hotplug='off'), on a 440FX without ACPI, in a PCI slot with other functions, or
        with another address than one of PCI or CCW.
      - V(power_cycle) instead restarts the guest where the driver is not in effect. Guests are shut down side by side.
      - V(hotplug) and V(power_cycle) need a running guest.
    type: str
    choices: [next_boot, hotplug, power_cycle]
    default: next_boot
  verify:
    description:
      - Whether O(apply=hotplug) and O(apply=power_cycle) fail, and put back what was, unless what is asked for is in
        effect; and whether V(vhost) is refused where this host or this kind of domain cannot have it.
      - V(false) writes what is asked for all the same, to give a domain back what it was configured with.
    type: bool
    default: true
attributes:
  diff_mode:
    description: Shows the stored driver and the datapath in effect of each selected NIC.
  idempotent:
    support: partial
    details:
      - With O(fresh=true) every call renews the devices.
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

- name: The same without a restart, and with more queues
  virtio.lab.vhost_toggle:
    name: vhost-a
    mac: "52:54:00:00:96:01"
    driver:
      name: vhost
      queues: 2
      rx_queue_size: 1024
    apply: hotplug
    wait_for: address
  become: true

- name: Let QEMU carry the packets of one network of two guests from the next boot on, without checksum offload
  virtio.lab.vhost_toggle:
    names: [vhost-a, vhost-b]
    network: hands-on
    driver:
      name: qemu
      host:
        csum: false
  become: true

- name: Restart guests without an agent side by side and wait until each takes SSH
  virtio.lab.vhost_toggle:
    names: [vhost-a, vhost-b]
    driver:
      name: vhost
    apply: power_cycle
    wait_for: port
    port: 22
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
  description:
    - Whether a guest that runs, or that the next start resumes from a saved state, has yet to restart to use what is
      configured.
  type: bool
  returned: success
  sample: false
datapaths:
  description: The witnesses of the selected NICs as M(virtio.lab.datapath_info) returns them, taken at the end.
  type: list
  elements: dict
  returned: success
  sample:
    - domain: vhost-a
      pid: 918
      interface: {mac: "52:54:00:00:96:01", alias: net0, target: vnet0, type: network, source: hands-on, model: virtio,
        address: "0000:01:00.0"}
      configured: {name: vhost}
      live: {name: vhost}
      argv: {vhost: true, queues: 1, netdev: {type: tap, fd: "34", vhost: true, vhostfd: "36", id: hostnet0}}
      fds: {vhost_net: 1, tun: 1, tap: 0, vfio: 0}
      threads: [{tid: 924, comm: vhost-918, class: vhost, cpu_ns: 1651867897}]
      witnesses: {xml: vhost, argv: vhost, fds: vhost, threads: vhost}
      effective: vhost
      agree: true
      disagreements: []
      notes: []
actions:
  description:
    - What was done, or in check mode would be done, in order. Where two NICs of a domain have one MAC address, as
      C(<teaming>) wants it, C(at) tells which it was, by the address of its device.
  type: list
  elements: dict
  returned: success
  sample:
    - {action: define, domain: vhost-a, mac: "52:54:00:00:96:01", before: {name: qemu}, after: {name: vhost}}
    - {action: shutdown, domain: vhost-a}
    - {action: start, domain: vhost-a}
    - {action: wait, domain: vhost-a}
applied:
  description: The steps that took effect in other domains although one failed.
  type: list
  elements: str
  returned: failure
  sample: ["define vhost-b 52:54:00:00:96:02", "shutdown vhost-b", "start vhost-b", "wait vhost-b"]
"""

from typing import Any, Dict

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.virtio.lab.plugins.module_utils._exits import checked
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import Selector
from ansible_collections.virtio.lab.plugins.module_utils._switch import _module, _plan

ARGUMENTS = {**_module.ARGUMENTS, "state": {"type": "str", "choices": ["present", "absent"], "default": "present"}}


def main() -> None:
    module = checked(
        AnsibleModule(
            argument_spec=ARGUMENTS,
            required_if=[("state", "present", ["driver"]), _module.REQUIRED_IF],
            supports_check_mode=True,
        )
    )
    given = module.params

    def wish(nics: Selector, how: Dict[str, Any]) -> _plan.Wish:
        return _plan.wish(given["state"], given["driver"], given["apply"], given["fresh"], nics, **how)

    _module.carry_out(module, wish)


if __name__ == "__main__":
    main()
