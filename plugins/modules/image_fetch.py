#!/usr/bin/python
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: image_fetch
short_description: Get a disk image that is the right one, into a private folder
version_added: 0.2.0
description:
  - Copies or downloads a disk image, compares its checksum, and looks at what it is. What is no disk is refused in one
    sentence, such as a compressed file, a web page, a CD, an encrypted image, or one that names other files.
  - A download goes on where it was cut off, has time limits, and follows redirects to C(http) and C(https) alone.
  - Something must prove that the image is the right one. That is O(checksum), or O(checksum_url) by C(https), or
    O(checksum_url) with a signature by a key of O(keyring).
  - Nothing else than the image's first bytes are read before it is verified, and no program opens it.
requirements:
  - gpgv, for O(keyring)
extends_documentation_fragment:
  - virtio.lab._attributes
options:
  path:
    description: The image's file on the host. Either this or O(url) is needed.
    type: path
  url:
    description: Where the image is downloaded from, by C(http) or C(https).
    type: str
  checksum:
    description:
      - The image's checksum, as V(sha256:HEX), V(sha384:HEX) or V(sha512:HEX).
      - Either this or O(checksum_url) is needed.
    type: str
  checksum_url:
    description:
      - Where a checksum file is, such as a distribution's C(SHA256SUMS), C(SHA512SUMS) or C(CHECKSUM). Lines as
        C(sha256sum) writes them are understood, with and without C(--tag).
      - It must be C(https), redirects included, unless O(keyring) is given.
    type: str
  checksum_name:
    description: The image's name in the checksum file. By default the last part of O(url) or O(path).
    type: str
  signature_url:
    description: Where the detached OpenPGP signature of the checksum file is. Without it the file must be clear-signed.
    type: str
  keyring:
    description:
      - File of OpenPGP public keys on the host, binary or armoured. The checksum file must be signed by one of them.
    type: path
  dest:
    description: Private folder that gets the image as C(source), and what is here of it while it is downloaded.
    type: path
    required: true
  stall_s:
    description: How long a server may send nothing, in seconds.
    type: float
    default: 60
  timeout_s:
    description: How long the whole download may take, in seconds.
    type: float
    default: 3600
  tries:
    description: How often in a row the server is asked without getting any further.
    type: int
    default: 5
attributes:
  check_mode:
    description: In C(check_mode) a file that is here is looked at; nothing is downloaded or copied.
  diff_mode:
    description: Shows the checksums before and after.
author:
  - virtio.lab contributors (@virtio-lab)
"""

EXAMPLES = r"""
- name: Get Debian's cloud image
  virtio.lab.image_fetch:
    url: https://cloud.debian.org/images/cloud/trixie/latest/debian-13-generic-amd64.qcow2
    checksum_url: https://cloud.debian.org/images/cloud/trixie/latest/SHA512SUMS
    dest: /var/lib/libvirt/images/virtio-lab/images/debian-13.fetch
  register: image
"""

RETURN = r"""
file:
  description: Path of the image.
  type: str
  returned: success, but not in C(check_mode)
  sample: /var/lib/libvirt/images/virtio-lab/images/debian-13.fetch/source
format:
  description: Its format, V(qcow2) or V(raw).
  type: str
  returned: success, but not in C(check_mode)
  sample: qcow2
virtual_size:
  description: How large the disk in it is, in bytes.
  type: int
  returned: success, but not in C(check_mode)
  sample: 3221225472
sha256:
  description: The image's sha256.
  type: str
  returned: success, but not in C(check_mode)
  sample: 6f1ed002ab5595859014ebf0951522d9f1b9f4a5d6b7c1d1a1e0ac6ea2b3c4d5
verified:
  description: Why it is believed to be the right image.
  type: str
  returned: success, but not in C(check_mode)
  sample: https://cloud.debian.org/images/cloud/trixie/latest/SHA512SUMS (by https)
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.virtio.lab.plugins.module_utils import _tool
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._exits import checked, failing
from ansible_collections.virtio.lab.plugins.module_utils._image import _fetch
from ansible_collections.virtio.lab.plugins.module_utils._image._download import Limits
from ansible_collections.virtio.lab.plugins.module_utils._runner import run


def main() -> None:
    module = checked(
        AnsibleModule(
            argument_spec={
                "path": {"type": "path"},
                "url": {"type": "str"},
                "checksum": {"type": "str"},
                "checksum_url": {"type": "str"},
                "checksum_name": {"type": "str"},
                "signature_url": {"type": "str"},
                "keyring": {"type": "path"},
                "dest": {"type": "path", "required": True},
                "stall_s": {"type": "float", "default": 60},
                "timeout_s": {"type": "float", "default": 3600},
                "tries": {"type": "int", "default": 5},
            },
            supports_check_mode=True,
        )
    )
    given = {key: module.params[key] or None for key in _fetch.Want._fields}
    if module.params["tries"] < 1:
        module.fail_json(msg=f"tries is {module.params['tries']}; 1 or more is right")
    limits = Limits(module.params["stall_s"], module.params["timeout_s"], module.params["tries"])
    with failing(module):
        want = _fetch.Want(**given)
        if module.check_mode:
            module.exit_json(changed=not _fetch.look(want, module.params["dest"]))
        try:
            with _tool.tied(_tool.Lifeline()):
                got = _fetch.fetch(want, module.params["dest"], limits, run)
        except OSError as error:  # a full or read-only file system
            raise LabError(f"{module.params['dest']}: the image cannot be kept there: {error}") from error
    after = {"sha256": got.sums["sha256"]}
    module.exit_json(
        changed=got.changed,
        diff={"before": {"sha256": got.before}, "after": after},
        file=got.file,
        format=got.disk.format,
        virtual_size=got.disk.virtual_size,
        verified=got.proof.reason,
        **after,
    )


if __name__ == "__main__":
    main()
