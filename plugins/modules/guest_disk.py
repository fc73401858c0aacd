#!/usr/bin/python
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: guest_disk
short_description: Keep a guest's disk, as large as the lab wants it
version_added: 0.2.0
description:
  - A guest's disk is a qcow2 overlay of its image. It is made where there is none, and made larger where the lab asks
    for more than it has, also while the guest runs. Images that the role P(virtio.lab.guest_image#role) prepared then
    grow their partition and file system by themselves.
  - A disk is never made smaller. In check mode too a size that cannot be is an error.
requirements:
  - qemu-img
extends_documentation_fragment:
  - virtio.lab._attributes
  - virtio.lab._libvirt
options:
  guest:
    description:
      - Name of the domain that has the disk, or will have it.
    type: str
    required: true
  path:
    description:
      - The disk's file.
    type: path
    required: true
  image:
    description:
      - The qcow2 disk that it begins as. It must stay as it is.
    type: path
    required: true
  gib:
    description:
      - How large the disk shall be, in GiB. Without it a new disk is as large as its image, and one that is there stays
        as it is.
    type: int
attributes:
  diff_mode:
    description: Shows the size in GiB before and after.
author:
  - virtio.lab contributors (@virtio-lab)
"""

EXAMPLES = r"""
- name: Give a guest a disk of 20 GiB
  virtio.lab.guest_disk:
    guest: debian-a
    path: /var/lib/libvirt/images/virtio-lab/debian/guests/debian-a.qcow2
    image: /var/lib/libvirt/images/virtio-lab/debian/debian/disk.qcow2
    gib: 20
"""

RETURN = r"""
gib:
  description:
    - How large the disk is now, in check mode how large it would be, in GiB. Null in check mode where neither the image
      nor O(gib) says it.
  type: float
  returned: success
  sample: 20.0
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._exits import checked
from ansible_collections.virtio.lab.plugins.module_utils._guest import _disk
from ansible_collections.virtio.lab.plugins.module_utils._runner import run


def main() -> None:
    module = checked(
        AnsibleModule(
            argument_spec={
                "guest": {"type": "str", "required": True},
                "path": {"type": "path", "required": True},
                "image": {"type": "path", "required": True},
                "gib": {"type": "int"},
                "uri": {"type": "str", "default": "qemu:///system"},
            },
            supports_check_mode=True,
        )
    )
    asked = module.params
    want = _disk.Want(asked["guest"], asked["path"], asked["image"], asked["gib"])
    try:
        module.exit_json(**_disk.reconcile(want, asked["uri"], module.check_mode, run))
    except (LabError, OSError) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
