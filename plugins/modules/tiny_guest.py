#!/usr/bin/python
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tiny_guest
short_description: Make a guest image that boots in seconds, from a distribution's own files
version_added: 0.1.0
description:
  - Takes the newest kernel of a file system tree, the modules a virtio guest loads, and busybox, iperf3, netserver,
    netperf, ethtool, lspci and the QEMU guest agent with their libraries, and packs them into an initramfs.
  - The guest configures every network interface by DHCP, also one that comes while it runs. It serves by
    C(iperf3 -s) and C(netserver), and starts the guest agent once both listen. It has no disk, keeps nothing, and
    powers off when the hypervisor asks.
  - The same tree gives the same bytes. An image that is there already is left alone.
requirements:
  - cpio
  - kmod (modprobe)
extends_documentation_fragment:
  - virtio.lab._attributes
options:
  root:
    description:
      - The file system tree to take kernel, modules and programs from. It must be of this machine's architecture.
    type: path
    default: /
  dest:
    description:
      - Folder that gets C(vmlinuz), C(initrd.img) and C(manifest.json). It is made when it is missing.
    type: path
    required: true
attributes:
  diff_mode:
    description: Shows the digests before and after.
author:
  - virtio.lab contributors (@virtio-lab)
"""

EXAMPLES = r"""
- name: Make the tiny guest from this machine's own programs
  virtio.lab.tiny_guest:
    dest: /var/lib/libvirt/images/virtio-lab/tiny
  register: tiny
"""

RETURN = r"""
kernel:
  description: Path of the kernel image.
  type: str
  returned: success
  sample: /var/lib/libvirt/images/virtio-lab/tiny/vmlinuz
initrd:
  description: Path of the initramfs.
  type: str
  returned: success
  sample: /var/lib/libvirt/images/virtio-lab/tiny/initrd.img
kernel_args:
  description: Kernel command line that the image wants.
  type: str
  returned: success
  sample: console=ttyS0 quiet random.trust_cpu=on
kernel_release:
  description: The kernel's release.
  type: str
  returned: success
  sample: 6.12.38+deb13-amd64
digest:
  description: sha256 of kernel, command line and what the initramfs holds.
  type: str
  returned: success
  sample: 6f1ed002ab5595859014ebf0951522d9f1b9f4a5d6b7c1d1a1e0ac6ea2b3c4d5
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._exits import checked
from ansible_collections.virtio.lab.plugins.module_utils._guest import _tiny
from ansible_collections.virtio.lab.plugins.module_utils._runner import run


def main() -> None:
    module = checked(
        AnsibleModule(
            argument_spec={
                "root": {"type": "path", "default": "/"},
                "dest": {"type": "path", "required": True},
            },
            supports_check_mode=True,
        )
    )
    dest = module.params["dest"]
    try:
        image = _tiny.read(module.params["root"], run)
        before = _tiny.present(dest)
        changed = before != image.digest
        if changed and not module.check_mode:
            _tiny.write(image, dest, run)
    except (LabError, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(
        changed=changed,
        diff={"before": {"digest": before}, "after": {"digest": image.digest}},
        kernel=f"{dest}/vmlinuz",
        initrd=f"{dest}/initrd.img",
        kernel_args=_tiny.KERNEL_ARGS,
        kernel_release=image.kernel.release,
        digest=image.digest,
    )


if __name__ == "__main__":
    main()
