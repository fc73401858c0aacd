#!/usr/bin/python
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: image_convert
short_description: Make a qcow2 of one's own of a disk image from elsewhere
version_added: 0.2.0
description:
  - Refuses an image that names other files, is encrypted, or is no disk, before any program opens it. Then
    C(qemu-img) checks and converts it.
  - Where the module runs as root, C(qemu-img) does not. It runs as a user of its own, without capabilities, without
    network where the kernel allows, and in a folder that holds the image and the disk to be written.
  - What comes out is looked at as what went in, and belongs to the caller alone.
requirements:
  - qemu-img
  - setpriv, unshare and prlimit (util-linux)
extends_documentation_fragment:
  - virtio.lab._attributes
options:
  src:
    description:
      - The image, in qcow2 or raw, which nobody else may be able to change, as M(virtio.lab.image_fetch) leaves it.
    type: path
    required: true
  dest:
    description: The disk to make, on the same file system. One that is there is left alone.
    type: path
    required: true
  name:
    description: What the image is called in messages. By default its path.
    type: str
  timeout_s:
    description: How long C(qemu-img) may take, in seconds.
    type: float
    default: 1800
attributes:
  diff_mode:
    description: Shows whether the disk was there, and its size.
author:
  - virtio.lab contributors (@virtio-lab)
"""

EXAMPLES = r"""
- name: Make the lab's own disk
  virtio.lab.image_convert:
    src: /var/lib/libvirt/images/virtio-lab/images/debian-13.fetch/source
    dest: /var/lib/libvirt/images/virtio-lab/images/debian-13.qcow2
"""

RETURN = r"""
virtual_size:
  description: How large the disk is, in bytes.
  type: int
  returned: success
  sample: 3221225472
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.virtio.lab.plugins.module_utils import _tool
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._exits import checked, failing
from ansible_collections.virtio.lab.plugins.module_utils._image import _convert
from ansible_collections.virtio.lab.plugins.module_utils._runner import run


def main() -> None:
    module = checked(
        AnsibleModule(
            argument_spec={
                "src": {"type": "path", "required": True},
                "dest": {"type": "path", "required": True},
                "name": {"type": "str"},
                "timeout_s": {"type": "float", "default": 1800},
            },
            supports_check_mode=True,
        )
    )
    source, dest = module.params["src"], module.params["dest"]
    with failing(module):
        before = _convert.made(dest)
        after = before or _convert.look(source, module.params["name"] or source)
        if before is None and not module.check_mode:
            try:
                with _tool.tied(_tool.Lifeline()):
                    _convert.convert(source, dest, module.params["name"] or source, module.params["timeout_s"], run)
            except OSError as error:  # a full file system, or another one than that of the image
                raise LabError(f"{dest} cannot be made of {source}: {error}") from error
    module.exit_json(
        changed=before is None,
        diff={"before": {"virtual_size": before}, "after": {"virtual_size": after}},
        virtual_size=after,
    )


if __name__ == "__main__":
    main()
