# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: verify
short_description: Check a campaign against its own evidence
version_added: 0.3.0
description:
  - Believes nothing in a results folder, which may be a stranger's.
  - Reads the raw output of the tools again, computes figures and validity again by the code that records them, and
    compares them with what the run documents say.
  - Checks the SHA-256 of all files, the seal and its signature. Each run counts once, each cell had a start of the
    guest of its own, the runs of a workload were made under the same conditions, and all planned runs are there.
  - Whatever does not hold is in RV(findings). The task itself does not fail; C(playbooks/verify.yml) does.
  - A campaign whose author forged everything, raw output too, cannot be told from a real one. A signature says whose
    word it is.
options:
  results:
    description: Directory on the control node that holds the run documents of one campaign, C(RUN_ID/run.json).
    type: path
    required: true
  allowed_signers:
    description:
      - File on the control node that says whose keys are known, as C(ssh-keygen(1\)) has it under ALLOWED SIGNERS.
      - Without it nobody is known, and a signed campaign counts as unsigned.
    type: path
  require:
    description:
      - What is a finding where it lacks. V(sealed) is a seal that holds, V(signed) a signature of somebody in
        O(allowed_signers).
      - Campaigns of versions before 0.3.0 have no seal.
    type: list
    elements: str
    choices: [sealed, signed]
    default: []
requirements:
  - jsonschema-rs and orjson on the control node
  - C(ssh-keygen) on the control node, for a campaign that is signed
attributes:
  check_mode:
    description: Never changes anything, so it does the same in check mode.
    support: full
  diff_mode:
    description: Nothing changes.
    support: none
  action:
    description: Runs as an action plugin on the control node.
    support: full
  idempotent:
    description: Reads only.
    support: full
seealso:
  - module: virtio.lab.sign
  - module: virtio.lab.report
author:
  - virtio.lab contributors (@virtio-lab)
"""

EXAMPLES = r"""
- name: Check what a colleague sent
  virtio.lab.verify:
    results: results/hands-on-20260101
    allowed_signers: ~/.ssh/allowed_signers
    require: [signed]
  register: checked

- name: Show what does not hold
  ansible.builtin.debug:
    msg: "{{ checked.table }}"
"""

RETURN = r"""
findings:
  description: All that does not hold; nothing where the campaign is what it says.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: The file below O(results), or the workload.
      type: str
      sample: b01-vhost-tcp_rr/run.json
    what:
      description: What is wrong with it.
      type: str
      sample: summary.tps is 2314.0; by its raw output and counters it is 771.331
    severity:
      description: V(false) contradicts something else, V(missing) was planned, V(unproved) has nothing to check it by.
      type: str
      sample: "false"
sentence:
  description: How much was verified, in one line.
  returned: success
  type: str
  sample: "verified: 88 of 88 runs, 24 of 24 planned cells; sealed, signed by alice@example.org (SHA256:…)"
seal:
  description: V(sealed), V(not sealed) or V(seal broken).
  returned: success
  type: str
  sample: sealed
signature:
  description: Who signed the seal.
  returned: success
  type: dict
  contains:
    by:
      description: Somebody in O(allowed_signers) and the key, or null.
      type: str
      sample: jane@example.org
    why:
      description: Why it is null.
      type: str
      sample: the campaign is not signed
runs:
  description: How many records there are, and how many of them are verified.
  returned: success
  type: dict
  sample: {total: 88, verified: 88}
cells:
  description: How many cells were planned, and how many have all of their runs; null where the plan is not known.
  returned: success
  type: dict
  sample: {complete: 24, planned: 24}
table:
  description: The sentence and the findings as lines for a terminal.
  returned: success
  type: list
  elements: str
  sample: ["verified: 88 of 88 runs, 24 of 24 planned cells; not sealed, unsigned"]
"""
