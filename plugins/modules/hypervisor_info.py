#!/usr/bin/python
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: hypervisor_info
short_description: Tell what a host can do, and which datapaths it can have
version_added: 0.2.0
description:
  - Asks for each capability that datapaths need or will need, and tells which datapaths the host can have. What is not
    there comes with its remedy. What could not be asked is null, with the reason.
  - KVM is asked for by booting a kernel with a time limit, see M(virtio.lab.kvm_info).
  - Reads only. Nothing is installed, loaded, started or written, in check mode or out of it. Where libvirt's socket
    starts libvirt, to ask it does so.
  - Each program that is asked has O(timeout_s) to answer. It is killed then, with all that it started.
extends_documentation_fragment:
  - virtio.lab._attributes.info_module
options:
  boot:
    description:
      - Whether to boot a kernel to find out if KVM works. With V(false) that is not known where nothing else rules it
        out.
    type: bool
    default: true
  timeout_s:
    description:
      - How long to wait for the kernel's first line, and for each answer of another program, in seconds.
    type: float
    default: 30
  images:
    description:
      - The folder of images and disks, where room is asked for. It need not exist.
    type: path
    default: /var/lib/libvirt/images/virtio-lab
seealso:
  - module: virtio.lab.kvm_info
  - module: virtio.lab.sriov_vf_info
author:
  - virtio.lab contributors (@virtio-lab)
"""

EXAMPLES = r"""
- name: Ask what the host can do
  virtio.lab.hypervisor_info:
  register: host
  become: true

- name: Insist on vhost-net
  ansible.builtin.assert:
    that: (host.datapaths | selectattr('name', 'equalto', 'vhost') | first).can is true

- name: Show what it has not got, and how to get it
  ansible.builtin.debug:
    msg: "{{ item.why }}: {{ item.remedy }}"
  loop: "{{ host.capabilities | selectattr('available', 'false') }}"
  loop_control:
    label: "{{ item.name }}"
"""

RETURN = r"""
capabilities:
  description: What was asked for, always the same rows in the same order for the same version of this collection.
  type: list
  elements: dict
  returned: success
  contains:
    name:
      description:
        - V(hardware_cpu), V(kvm), V(nested), V(vhost_net), V(tun), V(macvtap), V(qemu), V(libvirt), C(nic_NAME) and
          C(netdev_NAME) of each NIC and netdev that datapaths have, V(shared_memory), V(hugepages), V(iommu), V(vfio),
          V(sriov), V(openvswitch), V(openvswitch_dpdk), V(openvswitch_kernel), V(dpdk_testpmd), V(vde), V(passt),
          V(cgroup_v2), V(numa), V(ports) or V(disk).
      type: str
      sample: iommu
    available:
      description: Whether it is there, null where that could not be asked.
      type: bool
      sample: false
    why:
      description: The evidence, or what stood in the way of asking.
      type: str
      sample: there is no group in /sys/kernel/iommu_groups
    remedy:
      description: What would make it available, or have it told. Empty where it is available.
      type: str
      sample: enable VT-d or AMD-Vi in the firmware, and boot with intel_iommu=on where the CPU is Intel's
    needed_by:
      description: The datapaths that cannot be had without it. None where no datapath of this collection needs it yet.
      type: list
      elements: str
      sample: []
    opens:
      description: Those of C(needed_by) that can be had, where it is available.
      type: list
      elements: str
      sample: []
datapaths:
  description: All datapaths of this collection.
  type: list
  elements: dict
  returned: success
  contains:
    name:
      description: Its name. C(docs/datapaths.md) has all of them.
      type: str
      sample: vhost
    can:
      description: Whether the host can have it, null where too little is known to say so.
      type: bool
      sample: false
    lacks:
      description: The names of the capabilities that are not there, which it needs.
      type: list
      elements: str
      sample: [kvm, vhost_net]
    unknown:
      description: The names of the capabilities that it needs and that could not be asked for.
      type: list
      elements: str
      sample: []
kernel:
  description: The release of the running kernel.
  type: str
  returned: success
  sample: 6.12.117+deb13-amd64
architecture:
  description: The machine's architecture.
  type: str
  returned: success
  sample: x86_64
"""

import functools
import os

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.virtio.lab.plugins.module_utils._exits import checked
from ansible_collections.virtio.lab.plugins.module_utils._preflight._ask import ask
from ansible_collections.virtio.lab.plugins.module_utils._preflight._machine import Machine
from ansible_collections.virtio.lab.plugins.module_utils._preflight._statement import look, stated


def main() -> None:
    module = checked(
        AnsibleModule(
            argument_spec={
                "boot": {"type": "bool", "default": True},
                "timeout_s": {"type": "float", "default": 30},
                "images": {"type": "path", "default": "/var/lib/libvirt/images/virtio-lab"},
            },
            supports_check_mode=True,
        )
    )
    given = module.params
    system = os.uname()
    host = Machine(system.release, system.machine, functools.partial(ask, timeout=given["timeout_s"]))
    found = look(host, given["images"], given["boot"], given["timeout_s"])
    module.exit_json(changed=False, kernel=system.release, architecture=system.machine, **stated(found))


if __name__ == "__main__":
    main()
