# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: compare
short_description: Compare two campaigns, before and after a change
version_added: 0.1.0
description:
  - Reads the run documents of two campaigns and says what became faster, slower, cheaper or dearer in CPU, workload by
    workload, on each datapath that both measured; and what else changed according to their manifests.
  - The campaigns are independent samples, so blocks are not paired; the interval is Welch's t on the logarithms of one
    value a block. The other rules are those of M(virtio.lab.report), such as six blocks for a verdict, Holm's
    correction over the headline figures, and an A/A arm in each campaign, without which nothing is claimed.
  - It is an error when they were not the same experiment, such as by another version of a tool, another parameter of a
    workload, another guest image or another accelerator. The message has all that differs.
  - Both campaigns are verified first, as M(virtio.lab.verify) does it. A run that is not what it says enters no figure,
    nothing is claimed of what has no proof, and what a campaign lacks or contradicts is undecided, never V(none).
  - Runs on the control node only. Nothing is sent to the managed host.
options:
  baseline:
    description: Directory on the control node with the run documents of the campaign to compare with.
    type: path
    required: true
  candidate:
    description: The same of the campaign that is compared.
    type: path
    required: true
  datapath:
    description:
      - The datapath to compare on.
      - By default each that has valid runs in both campaigns.
    type: str
  allowed_signers:
    description: File of the SSH keys whose signatures are known, as for M(virtio.lab.verify).
    type: path
  dest:
    description:
      - Directory on the control node for C(compare.json), C(compare.md) and C(compare.html).
      - It is made when it does not exist. Files whose content would not change are left alone.
    type: path
    required: true
  fail_on:
    description:
      - Outcomes that end the play once the files are written, each with an exit code of its own.
      - V(regression) fails the task, so that C(ansible-playbook) exits with 2.
      - V(undecided) ends it as a host that is not reached does, so that C(ansible-playbook) exits with 4. Ansible says
        C(UNREACHABLE) then; nothing was tried to be reached. These two are the only codes that a task can choose.
    type: list
    elements: str
    choices: [regression, undecided]
    default: []
extends_documentation_fragment: [virtio.lab._written]
seealso:
  - module: virtio.lab.report
author:
  - virtio.lab contributors (@virtio-lab)
"""

EXAMPLES = r"""
- name: Compare what was measured before the upgrade with what was after
  virtio.lab.compare:
    baseline: results/hands-on-20260101T120000Z
    candidate: results/hands-on-20260201T120000Z
    datapath: vhost
    dest: results/hands-on-20260201T120000Z
  register: compared

- name: Exit with 2 where something became worse, with 4 where that is not known
  virtio.lab.compare:
    baseline: results/hands-on-20260101T120000Z
    candidate: results/hands-on-20260201T120000Z
    dest: results/hands-on-20260201T120000Z
    fail_on: [regression, undecided]
"""

RETURN = r"""
comparison:
  description: Path of the document, schema C(virtio.lab/compare/2).
  returned: success
  type: str
  sample: /home/me/results/hands-on-20260201T120000Z/compare.json
markdown:
  description: Path of the Markdown form.
  returned: success
  type: str
  sample: /home/me/results/hands-on-20260201T120000Z/compare.md
html:
  description: Path of the self-contained page.
  returned: success
  type: str
  sample: /home/me/results/hands-on-20260201T120000Z/compare.html
files:
  description: Files that were written, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: [/home/me/results/hands-on-20260201T120000Z/compare.md]
outcome:
  description:
    - V(regression) where a headline figure became worse.
    - V(undecided) where none is known to have become worse, but one may have, such as where a claim was refused, where
      there are too few blocks or no A/A arm, where the candidate lacks a workload that the baseline has, or where a
      campaign lacks planned runs or has some that contradict their own evidence.
    - V(none) where the worse end of each headline figure's interval lies within the band of equivalence.
  returned: success
  type: str
  sample: regression
undecided:
  description: Headline figures that may have become worse for all that is known, and why that is not known.
  returned: success
  type: list
  elements: dict
  sample:
    - workload: tcp_rr
      variant: vhost
      metric: cpu_us_per_txn
      label: CPU per transaction
      verdict: inconclusive
      why: "the interval holds 1 and reaches beyond ±3 %: more blocks would narrow it"
regressions:
  description: Headline figures whose verdict is V(slower) or V(dearer).
  returned: success
  type: list
  elements: dict
  sample:
    - {workload: tcp_rr, variant: vhost, metric: tps, label: transactions, verdict: slower}
unreadable:
  description: Files that are no run documents, with the reasons; they enter nothing.
  returned: success
  type: list
  elements: dict
  sample: []
table:
  description: The verdict table as lines for a terminal.
  returned: success
  type: list
  elements: str
  sample: ["workload  datapath  figure  baseline  candidate  ratio [95 %]  blocks  verdict"]
verification:
  description: What was verified of C(baseline) and of C(candidate), as M(virtio.lab.verify) returns it.
  returned: success
  type: dict
  sample:
    candidate: {sentence: "verified: 88 of 88 runs, 24 of 24 planned cells; sealed, unsigned"}
"""
