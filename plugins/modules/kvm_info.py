#!/usr/bin/python
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kvm_info
short_description: Tell whether KVM on a machine really runs a guest
version_added: 0.1.0
description:
  - C(/dev/kvm) may exist and not work, for instance on clouds whose KVM runs only modified kernels. A stock kernel
    then spins without a word.
  - This module looks at the device, at the CPU's flags and, where QEMU and a kernel are at hand, boots that kernel
    under KVM until its first line, with a time limit. Nothing on the machine is changed.
  - It also tells whether the kernel has vhost-net, or a module for it that could be loaded.
extends_documentation_fragment:
  - virtio.lab._attributes.info_module
options:
  qemu:
    description:
      - The QEMU system emulator and its first arguments.
      - By default C(qemu-system-ARCHITECTURE) or C(kvm) from the search path.
    type: list
    elements: str
  kernel:
    description:
      - Path of the kernel to boot. By default the newest C(/boot/vmlinuz-*).
    type: path
  boot:
    description:
      - Whether to boot a kernel to find out. With V(false) the device and the CPU's flags alone tell.
    type: bool
    default: true
  timeout_s:
    description:
      - How long to wait for the kernel's first line, in seconds.
    type: float
    default: 30
author:
  - virtio.lab contributors (@virtio-lab)
"""

EXAMPLES = r"""
- name: Ask whether guests can run under KVM
  virtio.lab.kvm_info:
  register: kvm

- name: Choose the domain type
  ansible.builtin.debug:
    msg: "{{ 'kvm' if kvm.usable else 'qemu' }}: {{ kvm.reason }}"
"""

RETURN = r"""
usable:
  description: Whether a guest can be expected to run under KVM.
  type: bool
  returned: success
  sample: false
probed:
  description: Whether a kernel was booted to find out.
  type: bool
  returned: success
  sample: false
reason:
  description: One sentence that says why.
  type: str
  returned: success
  sample: /dev/kvm exists, but the CPU shows neither vmx nor svm, so it cannot run an unmodified kernel
vhost_net:
  description:
    - Whether guests under KVM can have vhost-net here, C(usable), and one sentence that says why, C(reason).
  type: dict
  returned: success
  sample: {usable: true, reason: /dev/vhost-net is there}
emulated_cpu:
  description: Whether the machine's own CPU is QEMU's software emulation, so that no time measured on it means much.
  type: bool
  returned: success
  sample: true
cpu_model:
  description: The CPU's model name.
  type: str
  returned: success
  sample: QEMU TCG CPU version 2.5+
"""

import os
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.virtio.lab.plugins.module_utils._exits import checked
from ansible_collections.virtio.lab.plugins.module_utils._kvm import _probe
from ansible_collections.virtio.lab.plugins.module_utils._kvm._vhost_net import vhost_net


def main() -> None:
    module = checked(
        AnsibleModule(
            argument_spec={
                "qemu": {"type": "list", "elements": "str"},
                "kernel": {"type": "path"},
                "boot": {"type": "bool", "default": True},
                "timeout_s": {"type": "float", "default": 30},
            },
            supports_check_mode=True,
        )
    )
    cpuinfo = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    machine = os.uname().machine
    found = _probe.find_qemu(machine)
    answer = _probe.answer(
        cpuinfo,
        machine,
        module.params["qemu"] or ([found] if found else None),
        module.params["kernel"] or _probe.newest_kernel(),
        module.params["timeout_s"],
        boot=module.params["boot"],
    )
    module.exit_json(
        changed=False,
        emulated_cpu=_probe.is_emulated(cpuinfo),
        vhost_net=vhost_net(os.uname().release)._asdict(),
        cpu_model=_probe.cpu_field(cpuinfo, "model name"),
        **answer._asdict(),
    )


if __name__ == "__main__":
    main()
