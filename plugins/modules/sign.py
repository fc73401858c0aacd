# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sign
short_description: Sign the seal of a campaign with an SSH key
version_added: 0.3.0
description:
  - Writes C(campaign.json.sig) beside C(campaign.json), which has the SHA-256 of every run document. So it is the whole
    campaign that is signed, and M(virtio.lab.verify) can tell by whom.
  - Runs C(ssh-keygen -Y sign) in the namespace C(virtio.lab). Anybody can check it with C(ssh-keygen -Y verify).
  - A run that is recorded afterwards takes the signature away, since that is not of it.
options:
  campaign:
    description: Directory on the control node that holds the campaign.
    type: path
    required: true
  key:
    description:
      - The private SSH key, on the control node. It must have no passphrase, since nobody is asked for one.
      - For a key that ssh-agent holds, its public half.
    type: path
    required: true
requirements:
  - C(ssh-keygen) on the control node
attributes:
  check_mode:
    description: Nothing is written. The key is tried all the same.
    support: full
  diff_mode:
    description: A signature tells nobody anything.
    support: none
  action:
    description: Runs as an action plugin on the control node.
    support: full
  idempotent:
    description: The same key makes the same signature of the same seal, but for ECDSA, which is random.
    support: partial
seealso:
  - module: virtio.lab.verify
author:
  - virtio.lab contributors (@virtio-lab)
"""

EXAMPLES = r"""
- name: Put my name to what I measured
  virtio.lab.sign:
    campaign: results/hands-on-20260101
    key: ~/.ssh/id_ed25519
"""

RETURN = r"""
signature:
  description: Path of the signature.
  returned: success
  type: str
  sample: results/hands-on-20260101/campaign.json.sig
"""
