#!/usr/bin/python
# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sriov_vf
short_description: Manage the virtual functions of an SR-IOV network card
version_added: 0.1.0
description:
  - Sets how many virtual functions (VFs) a physical function (PF) has, and MAC address, VLAN, rates, checks, link state
    and driver of each of them.
  - Only options that are given are compared, and only what differs is changed.
  - The kernel goes from one number of VFs to another by way of none, so a different O(numvfs) takes every VF away and
    makes new ones. This is refused while a guest, a network namespace or another link uses one; the error names it.
    The same holds for O(vfs[].driver) of a VF in use.
  - The PF is brought up before anything is done to its VFs, since drivers need it up to talk to them.
  - An attribute that the PF's driver does not support is an error that names driver and attribute.
  - Drivers are bound to new VFs after these have their attributes, so that they start with the right MAC address. A
    driver that runs on a VF already takes a new one when it is bound again; with O(vfs[].trust=true) it may put its own
    back.
author:
  - virtio.lab contributors (@virtio-lab)
extends_documentation_fragment:
  - virtio.lab._attributes
requirements:
  - iproute2 5.0 or later on the managed host
  - root on the managed host
options:
  pf:
    description:
      - The PF, by the name of its interface, by its PCI address (V(0000:01:00.0) or V(01:00.0)), by bus and device
        (V(pci/0000:01:00.0)), or by the id of its switch.
    type: str
    required: true
  numvfs:
    description:
      - How many VFs there are. V(0) removes all.
    type: int
  drivers_autoprobe:
    description:
      - Whether the kernel binds a driver to new VFs on its own.
    type: bool
  vfs:
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
          - V(default) leaves the choice to the kernel; V(none) unbinds the VF.
          - It is set by C(driver_override), which concerns this one VF only.
        type: str
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
pf:
  description: The PF and its VFs as they are at the end. In check mode, as they are now.
  returned: success
  type: dict
  contains:
    name:
      description: Interface of the PF.
      type: str
      sample: enp1s0
    device:
      description: Name of the device on its bus.
      type: str
      sample: "0000:01:00.0"
    driver:
      description: Driver of the PF.
      type: str
      sample: igb
    up:
      description: Whether the PF is up.
      type: bool
      sample: true
    numvfs:
      description: How many VFs there are.
      type: int
      sample: 4
    totalvfs:
      description: How many VFs there can be, V(null) where the bus does not tell.
      type: int
      sample: 7
    drivers_autoprobe:
      description: Whether the kernel binds drivers to new VFs, V(null) for a device that is no PCI device.
      type: bool
      sample: true
    vfs:
      description: The VFs in order. An attribute that the driver does not report is V(null).
      type: list
      elements: dict
      contains:
        index:
          description: Number of the VF.
          type: int
          sample: 0
        address:
          description: PCI address, V(null) for a device that is no PCI device.
          type: str
          sample: "0000:01:10.0"
        mac:
          description: MAC address.
          type: str
          sample: "52:54:00:12:34:50"
        vlan:
          description: VLAN, V(0) is none.
          type: int
          sample: 100
        qos:
          description: Priority of the VLAN's tag.
          type: int
          sample: 0
        proto:
          description: Protocol of the VLAN's tag, V(null) without a VLAN.
          type: str
          sample: "802.1Q"
        min_tx_rate:
          description: Guaranteed rate in Mb/s.
          type: int
          sample: 0
        max_tx_rate:
          description: Largest rate in Mb/s.
          type: int
          sample: 0
        spoofchk:
          description: Whether forged packets are dropped.
          type: bool
          sample: true
        trust:
          description: Whether the VF is trusted.
          type: bool
          sample: false
        link_state:
          description: V(auto), V(enable) or V(disable).
          type: str
          sample: auto
        driver:
          description: Driver of the VF, V(null) when none is bound.
          type: str
          sample: vfio-pci
        in_use:
          description: Who uses the VF, in words.
          type: list
          elements: str
          sample: ["guest web (pid 4711)"]
applied:
  description:
    - The steps that took effect before one failed, and those after it that leave nothing half way.
  returned: failure, when a step failed
  type: list
  elements: str
  sample: ["ip link set dev enp1s0 vf 0 trust on"]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.virtio.lab.plugins.module_utils._errors import ApplyError, LabError
from ansible_collections.virtio.lab.plugins.module_utils._runner import run
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


def main():
    module = AnsibleModule(
        argument_spec={
            "pf": {"type": "str", "required": True},
            "numvfs": {"type": "int"},
            "drivers_autoprobe": {"type": "bool"},
            "vfs": {"type": "list", "elements": "dict", "options": VF_OPTIONS},
        },
        supports_check_mode=True,
    )
    try:
        module.exit_json(**reconcile(module.params, module.check_mode, run))
    except ApplyError as error:
        module.fail_json(msg=str(error), changed=bool(error.applied), applied=error.applied)
    except LabError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
