#!/usr/bin/python
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sriov_vf
short_description: Manage the virtual functions of SR-IOV network cards
version_added: 0.1.0
description:
  - Sets how many virtual functions (VFs) a physical function (PF) has, and MAC address, VLAN, rates, checks, link state
    and driver of each of them.
  - Only options that are given are compared, and only what differs is changed.
  - The kernel goes from one number of VFs to another by way of none, so a different O(numvfs) takes every VF away and
    makes new ones. This is refused while a guest (or any program that holds it through VFIO), a network namespace or
    another link uses one; the error names VF and user. The same holds for O(vfs[].driver) of a VF in use.
  - All PFs are read and all steps of a call planned before the first is taken, so that what is refused leaves
    everything as it was.
  - A PF that is a PCI device is brought up before anything is done to its VFs, since drivers answer VFs and take their
    rates only then.
  - An attribute that the PF's driver does not support is an error that names driver and attribute, before anything is
    changed where the kernel tells, which it does for O(vfs[].mac), O(vfs[].spoofchk) and O(vfs[].trust) of VFs that
    exist. The others are tried first, so that of VFs that exist nothing was changed either when the driver refuses.
    Where it refuses later, the error says what was done until then, as RV(applied).
  - In check mode a PF, VFs or a driver that are missing are taken as brought by an earlier task. A warning says so.
  - Tasks that run at the same time on one host, as several hosts may delegate them, wait for each other.
  - What a driver took without an error is read again; where it does not have it then, the module fails.
  - Drivers are bound to new VFs after these have their attributes, so that they start with the right MAC address. A
    driver that runs on a VF already takes a new one when it is bound again; with O(vfs[].trust=true) it may put its own
    back.
author:
  - virtio.lab contributors (@virtio-lab)
extends_documentation_fragment:
  - virtio.lab._attributes
requirements:
  - iproute2 5.0 or later on the managed host; 5.15 or later to tell in which network namespace a VF is
  - root on the managed host
options:
  pf:
    description:
      - The PF, by the name of its interface, by its PCI address (V(0000:01:00.0) or V(01:00.0)), by bus and device
        (V(pci/0000:01:00.0)), or by the id of its switch (C(phys_switch_id)).
      - Mutually exclusive with O(pfs). One of the two is required.
    type: str
  numvfs: &numvfs
    description:
      - How many VFs there are. V(0) removes all.
    type: int
  drivers_autoprobe: &drivers_autoprobe
    description:
      - Whether the kernel binds a driver to VFs on its own.
    type: bool
  vfs: &vfs
    description:
      - Settings of single VFs. A VF that is not listed is left as it is.
    type: list
    elements: dict
    suboptions:
      index:
        description: Number of the VF, from 0.
        type: int
        required: true
      mac:
        description: MAC address.
        type: str
      vlan:
        description: VLAN that the PF puts the VF's traffic in, V(1) to V(4094); V(0) is none.
        type: int
      qos:
        description: Priority of that VLAN's tag, V(0) to V(7).
        type: int
      proto:
        description: Protocol of that VLAN's tag.
        type: str
        choices: ["802.1Q", "802.1ad"]
      min_tx_rate:
        description: Guaranteed rate of sending in Mb/s; V(0) is none.
        type: int
      max_tx_rate:
        description: Largest rate of sending in Mb/s; V(0) is no limit.
        type: int
      spoofchk:
        description: Whether packets with a source MAC address or VLAN that is not the VF's are dropped.
        type: bool
      trust:
        description: Whether the VF may change what a guest should not, such as promiscuous mode or its MAC address.
        type: bool
      link_state:
        description: Link that the VF sees; V(auto) follows the PF's.
        type: str
        choices: [auto, enable, disable]
      driver:
        description:
          - Driver that the VF is bound to, such as V(vfio-pci). Its module is loaded where it is not.
          - V(default) leaves the choice to the kernel, for which C(sriov_drivers_autoprobe) has to be on, see
            O(drivers_autoprobe); V(none) unbinds the VF and keeps drivers off it.
          - It is set by C(driver_override), which concerns this one VF only.
        type: str
  pfs:
    description:
      - The PFs, for more than one in a call. What an entry leaves out is taken from the option of the same name at top
        level.
    type: list
    elements: dict
    suboptions:
      pf:
        description: The PF, as in O(pf).
        type: str
        required: true
      numvfs: *numvfs
      drivers_autoprobe: *drivers_autoprobe
      vfs: *vfs
seealso:
  - module: virtio.lab.sriov_vf_info
"""

EXAMPLES = r"""
- name: Four VFs, the first for a guest
  virtio.lab.sriov_vf:
    pf: enp1s0
    numvfs: 4
    vfs:
      - index: 0
        mac: "52:54:00:12:34:50"
        vlan: 100
        spoofchk: true
        driver: vfio-pci
      - index: 1
        trust: true
        max_tx_rate: 500

- name: Give the VF back to its network driver
  virtio.lab.sriov_vf:
    pf: "0000:01:00.0"
    vfs:
      - index: 0
        driver: default

- name: The same for two cards
  virtio.lab.sriov_vf:
    numvfs: 2
    pfs:
      - pf: enp1s0
      - pf: enp2s0
        vfs:
          - index: 0
            vlan: 200
            proto: "802.1ad"

- name: Remove all VFs
  virtio.lab.sriov_vf:
    pf: enp1s0
    numvfs: 0
"""

RETURN = r"""
commands:
  description: What was done, or would be in check mode, in order and as one would type it.
  returned: success
  type: list
  elements: str
  sample: ["echo 4 > /sys/devices/pci0000:00/0000:00:04.0/0000:01:00.0/sriov_numvfs"]
pfs:
  description:
    - The PFs in the order they were given, as they are at the end. In check mode, as they are now.
    - See RV(virtio.lab.sriov_vf_info#module:pfs) for what is in it.
  returned: success
  type: list
  elements: dict
  sample:
    - name: enp1s0
      device: "0000:01:00.0"
      bus: pci
      driver: igb
      up: true
      switch_id: null
      numvfs: 1
      totalvfs: 7
      drivers_autoprobe: true
      vfs:
        - index: 0
          address: "0000:01:10.0"
          interface: null
          driver: vfio-pci
          iommu_group: 7
          where: guest
          in_use: [{kind: guest, name: web, pid: 4711, interface: null}]
          mac: "52:54:00:12:34:50"
          vlan: 100
          qos: 0
          proto: "802.1Q"
          min_tx_rate: 0
          max_tx_rate: 0
          spoofchk: true
          trust: false
          link_state: auto
applied:
  description:
    - The steps that took effect before one failed, and those after it that leave nothing half way.
  returned: failure, when a step failed
  type: list
  elements: str
  sample: ["ip link set dev enp1s0 vf 0 trust on"]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.virtio.lab.plugins.module_utils._exits import failing
from ansible_collections.virtio.lab.plugins.module_utils._links._model import LOCK
from ansible_collections.virtio.lab.plugins.module_utils._lock import in_turn
from ansible_collections.virtio.lab.plugins.module_utils._sriov._host import Host
from ansible_collections.virtio.lab.plugins.module_utils._sriov._reconcile import reconcile

VF_OPTIONS = {
    "index": {"type": "int", "required": True},
    "mac": {"type": "str"},
    "vlan": {"type": "int"},
    "qos": {"type": "int"},
    "proto": {"type": "str", "choices": ["802.1Q", "802.1ad"]},
    "min_tx_rate": {"type": "int"},
    "max_tx_rate": {"type": "int"},
    "spoofchk": {"type": "bool"},
    "trust": {"type": "bool"},
    "link_state": {"type": "str", "choices": ["auto", "enable", "disable"]},
    "driver": {"type": "str"},
}


PF_OPTIONS = {
    "numvfs": {"type": "int"},
    "drivers_autoprobe": {"type": "bool"},
    "vfs": {"type": "list", "elements": "dict", "options": VF_OPTIONS},
}


def main():
    module = AnsibleModule(
        argument_spec={
            "pf": {"type": "str"},
            "pfs": {
                "type": "list",
                "elements": "dict",
                "options": {"pf": {"type": "str", "required": True}, **PF_OPTIONS},
            },
            **PF_OPTIONS,
        },
        mutually_exclusive=[("pf", "pfs")],
        required_one_of=[("pf", "pfs")],
        supports_check_mode=True,
    )
    with failing(module), in_turn(LOCK, module.check_mode):
        result = reconcile(module.params, module.check_mode, Host())
        for warning in result.pop("warnings"):
            module.warn(warning)
        module.exit_json(**result)


if __name__ == "__main__":
    main()
