#!/usr/bin/python
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: guest
short_description: Keep a lab's guest, made by virt-install
version_added: 0.1.0
description:
  - Has C(virt-install --import) write the domain, adds the lab's ownership mark and the recipe the guest is made from,
    defines it and starts it. The mark is there from the first moment.
  - A guest with the same recipe is left alone, whatever was done to its datapath since. A change of the recipe, and one
    that somebody made to the stored domain by hand, is an error that names it, or put right where O(redefine) allows.
    A domain that the lab did not make is never touched.
  - A guest is stopped by asking it, and waited for. Check mode asks C(virt-install) as well, and so finds what a run
    would find before its first step.
requirements:
  - virt-install
extends_documentation_fragment:
  - virtio.lab._attributes
  - virtio.lab._libvirt
options:
  name:
    description:
      - Name of the domain.
    type: str
    required: true
  lab:
    description:
      - The lab that owns the guest.
    type: str
    required: true
  state:
    description:
      - V(present) has the guest defined and running, one that is paused goes on. V(absent) has it stopped and gone. Its
        disk is not looked after here.
    type: str
    choices: [present, absent]
    default: present
  redefine:
    description:
      - Whether a guest with another recipe may be stopped, defined anew in its place and started. Otherwise that is an
        error. It keeps its UUID and snapshots, and loses a state saved by C(virsh managedsave).
    type: bool
    default: false
  shutdown_timeout_s:
    description:
      - How long a guest that is to be stopped is asked and waited for, in seconds. The guest agent is given half of
        it, the ACPI button what is left, which is all of it for a guest whose agent does not answer.
    type: float
    default: 60
  allow_destroy:
    description:
      - Whether a guest that does not shut down in time may be switched off hard. Otherwise that is an error.
    type: bool
    default: false
  virt_type:
    description:
      - V(kvm), or V(qemu) for software emulation.
    type: str
    choices: [kvm, qemu]
    default: kvm
  vcpus:
    description:
      - Number of virtual CPUs.
    type: int
    default: 1
  memory_mib:
    description:
      - Memory in MiB.
    type: int
    default: 256
  disk:
    description:
      - Path of the guest's qcow2 disk. Without it the guest has none.
    type: path
  kernel:
    description:
      - Path of a kernel to boot directly. Without it the disk's own loader boots.
    type: path
  initrd:
    description:
      - Path of the initramfs that belongs to O(kernel).
    type: path
  kernel_args:
    description:
      - Command line of O(kernel).
    type: str
    default: ""
  digest:
    description:
      - Digest of the image. Another digest is another recipe.
    type: str
    default: ""
  console_log:
    description:
      - File that gets what the guest writes on its serial console.
    type: path
  iommu:
    description:
      - An IOMMU that QEMU emulates for the guest, V(intel), with a device IOTLB for vhost. Only devices whose driver
        asks for it go through it (C(iommu) of O(virtio.lab.datapath#module:driver)), and only where the guest's kernel
        switches it on, as C(intel_iommu=on) in O(kernel_args) does.
    type: str
    choices: [intel]
    version_added: 0.3.0
  shared_memory:
    description:
      - Whether the guest's memory is a memfd that another process can be given, which a NIC over vhost-user needs from
        the guest's first boot on. A guest that has such memory keeps it.
    type: bool
    default: false
    version_added: 0.3.0
  interfaces:
    description:
      - The guest's virtio NICs, in order.
    type: list
    elements: dict
    default: []
    suboptions:
      network:
        description: Name of the libvirt network.
        type: str
        required: true
      mac:
        description: MAC of the NIC.
        type: str
        required: true
      datapath:
        description: Who moves the packets, QEMU itself or the kernel's vhost worker.
        type: str
        choices: [qemu, vhost]
        default: vhost
attributes:
  diff_mode:
    description: Shows recipe and state before and after.
author:
  - virtio.lab contributors (@virtio-lab)
"""

EXAMPLES = r"""
- name: Start a guest from its disk
  virtio.lab.guest:
    name: vhost-a
    lab: hands-on
    memory_mib: 512
    disk: /var/lib/libvirt/images/virtio-lab/guests/vhost-a.qcow2
    interfaces:
      - network: hands-on
        mac: "52:54:00:00:96:01"
        datapath: vhost

- name: Take it away, whether it listens or not
  virtio.lab.guest:
    name: vhost-a
    lab: hands-on
    state: absent
    shutdown_timeout_s: 20
    allow_destroy: true
"""

RETURN = r"""
actions:
  description:
    - The steps that were taken, in order, of V(stop), V(release), V(undefine), V(define), V(resume), V(start); in check
      mode those that would be. After a failure those that took effect all the same. V(release) removes what a datapath
      made for the guest's NICs on the hypervisor.
  type: list
  elements: str
  returned: success, and when a step failed
  sample: [define, start]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.virtio.lab.plugins.module_utils._errors import ApplyError, LabError
from ansible_collections.virtio.lab.plugins.module_utils._exits import checked
from ansible_collections.virtio.lab.plugins.module_utils._guest._reconcile import reconcile
from ansible_collections.virtio.lab.plugins.module_utils._runner import run

ARGUMENTS = {
    "name": {"type": "str", "required": True},
    "lab": {"type": "str", "required": True},
    "uri": {"type": "str", "default": "qemu:///system"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "redefine": {"type": "bool", "default": False},
    "shutdown_timeout_s": {"type": "float", "default": 60},
    "allow_destroy": {"type": "bool", "default": False},
    "virt_type": {"type": "str", "choices": ["kvm", "qemu"], "default": "kvm"},
    "vcpus": {"type": "int", "default": 1},
    "memory_mib": {"type": "int", "default": 256},
    "disk": {"type": "path"},
    "kernel": {"type": "path"},
    "initrd": {"type": "path"},
    "kernel_args": {"type": "str", "default": ""},
    "digest": {"type": "str", "default": ""},
    "console_log": {"type": "path"},
    "iommu": {"type": "str", "choices": ["intel"]},
    "shared_memory": {"type": "bool", "default": False},
    "interfaces": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "network": {"type": "str", "required": True},
            "mac": {"type": "str", "required": True},
            "datapath": {"type": "str", "choices": ["qemu", "vhost"], "default": "vhost"},
        },
    },
}


def main() -> None:
    module = checked(AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True))
    try:
        result = reconcile(module.params, module.check_mode, run)
        for warning in result.pop("warnings", []):
            module.warn(warning)
        module.exit_json(**result)
    except ApplyError as error:
        module.fail_json(msg=str(error), changed=bool(error.applied), actions=error.applied)
    except LabError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
