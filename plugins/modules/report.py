# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: report
short_description: Compare the runs of a campaign and write the report
version_added: 0.1.0
description:
  - Reads the run documents of one campaign, compares vhost-net with QEMU's own virtio backend block by block, and
    writes one comparison document and three forms of it.
  - Runs on the control node only. Nothing is sent to the managed host.
  - Invalid runs, and files that are no run documents, are listed with their reasons and enter no figure.
  - All runs are checked as M(virtio.lab.verify) does, and the head of the report says how many were verified.
  - A run that contradicts its own evidence is listed and enters no figure.
  - Where a run cannot be checked, as its raw output is gone, its figures are shown and nothing is claimed of them. So
    it is where the runs of a workload were made under different conditions.
options:
  results:
    description:
      - Directory on the control node that holds the run documents of one campaign, C(RUN_ID/run.json).
      - Runs of several campaigns under it are refused, since their blocks must not be mixed.
    type: path
    required: true
  dest:
    description:
      - Directory on the control node for C(comparison.json), C(report.md), C(report.csv) and C(report.html).
      - It is made when it does not exist. Files whose content would not change are left alone.
    type: path
    required: true
  allowed_signers:
    description: As in M(virtio.lab.verify), so that the report can say whose campaign it is.
    type: path
    version_added: 0.3.0
extends_documentation_fragment: [virtio.lab._written]
seealso:
  - module: virtio.lab.verify
author:
  - virtio.lab contributors (@virtio-lab)
"""

EXAMPLES = r"""
- name: Write the report of a campaign
  virtio.lab.report:
    results: results/hands-on-20260101
    dest: results/hands-on-20260101
  register: report

- name: Show the table
  ansible.builtin.debug:
    msg: "{{ report.table + [report.html] }}"
"""

RETURN = r"""
comparison:
  description: Path of the comparison document, from which the other files are made.
  returned: success
  type: str
  sample: results/hands-on-20260101/comparison.json
html:
  description: Path of the self-contained page.
  returned: success
  type: str
  sample: results/hands-on-20260101/report.html
markdown:
  description: Path of the Markdown form.
  returned: success
  type: str
  sample: results/hands-on-20260101/report.md
csv:
  description: Path of the CSV form, one line a workload and metric.
  returned: success
  type: str
  sample: results/hands-on-20260101/report.csv
files:
  description: Files that were written, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample:
    - results/hands-on-20260101/comparison.json
    - results/hands-on-20260101/report.md
    - results/hands-on-20260101/report.csv
    - results/hands-on-20260101/report.html
runs:
  description: How many runs there are.
  returned: success
  type: dict
  contains:
    total:
      description: All readable runs.
      type: int
      sample: 24
    valid:
      description: Valid runs that were compared.
      type: int
      sample: 23
    invalid:
      description: Runs marked invalid.
      type: int
      sample: 1
verification:
  description: What M(virtio.lab.verify) returns of the same folder.
  returned: success
  type: dict
  sample:
    sentence: "verified: 88 of 88 runs, 24 of 24 planned cells; not sealed, unsigned"
table:
  description: The verdict table as lines for a terminal.
  returned: success
  type: list
  elements: str
  sample: ["24 runs: 23 valid, 1 invalid."]
"""
