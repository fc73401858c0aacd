#!/usr/bin/python
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sriov_vf_info
short_description: Look at SR-IOV network cards and their virtual functions
version_added: 0.1.0
description:
  - Tells of physical functions (PFs) and their virtual functions (VFs) what they are set to, which driver they have,
    and where each VF is, on the host, in a network namespace, or in a guest.
extends_documentation_fragment:
  - virtio.lab._attributes.info_module
requirements:
  - iproute2 5.0 or later on the managed host; 5.15 or later to tell in which network namespace a VF is
  - root on the managed host, to see who holds a VF
options:
  pfs:
    description:
      - The PFs to look at, each by the name of its interface, by PCI address, by bus and device, or by the id of its
        switch, as O(virtio.lab.sriov_vf#module:pf) takes it. By default all that have an interface in this network
        namespace.
    type: list
    elements: str
seealso:
  - module: virtio.lab.sriov_vf
author:
  - virtio.lab contributors (@virtio-lab)
"""

EXAMPLES = r"""
- name: Look at all cards
  virtio.lab.sriov_vf_info:
  register: cards
  become: true

- name: List the VFs that nobody uses
  ansible.builtin.debug:
    msg: "{{ cards.pfs | map(attribute='vfs') | flatten | rejectattr('in_use') | map(attribute='address') }}"

- name: Look at one card
  virtio.lab.sriov_vf_info:
    pfs: ["0000:01:00.0"]
  become: true
"""

RETURN = r"""
pfs:
  description: The PFs in the order they were named, or sorted as the kernel lists their interfaces.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Interface of the PF.
      type: str
      sample: enp1s0
    device:
      description: Name of the device on its bus.
      type: str
      sample: "0000:01:00.0"
    bus:
      description: The bus, V(pci) or that of simulated cards.
      type: str
      sample: pci
    driver:
      description: Driver of the PF.
      type: str
      sample: igb
    up:
      description: Whether the PF is up.
      type: bool
      sample: true
    switch_id:
      description: Id of the switch in the card (C(phys_switch_id)), V(null) where it has none.
      type: str
      sample: "9eec95ab8cc2"
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
        interface:
          description: Network interface of the VF, V(null) where it has none.
          type: str
          sample: enp1s0v0
        driver:
          description: Driver of the VF, V(null) when none is bound.
          type: str
          sample: igbvf
        iommu_group:
          description: IOMMU group of the VF, V(null) without an IOMMU.
          type: int
          sample: 7
        where:
          description:
            - V(guest) and V(process) for a VF that QEMU or another program holds through VFIO, V(netns) where its
              interface is in another network namespace, else V(host).
            - V(null) for a device that is no PCI device.
          type: str
          sample: netns
        in_use:
          description: Who uses the VF.
          type: list
          elements: dict
          contains:
            kind:
              description: V(guest), V(process), V(netns), or V(link) for a link on top of the VF's interface.
              type: str
              sample: netns
            name:
              description:
                - Name of the guest, program, network namespace or link. Of a namespace without a name it is a program
                  that runs in it.
              type: str
              sample: web
            pid:
              description: The process, or one in a namespace without a name; else V(null).
              type: int
              sample: 4711
            interface:
              description: Name of the VF's interface, where it has one.
              type: str
              sample: enp1s0v0
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
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._sriov._host import Host
from ansible_collections.virtio.lab.plugins.module_utils._sriov._reconcile import look, shown


def main():
    module = AnsibleModule(
        argument_spec={"pfs": {"type": "list", "elements": "str"}},
        supports_check_mode=True,
    )
    try:
        module.exit_json(changed=False, pfs=[shown(pf) for pf in look(module.params["pfs"], Host())])
    except LabError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
