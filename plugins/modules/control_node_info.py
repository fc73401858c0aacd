#!/usr/bin/python
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The code is plugins/action/control_node_info.py: it runs on the control node.

from __future__ import annotations

DOCUMENTATION = r"""
module: control_node_info
short_description: Tell whether the control node can record and report a campaign
version_added: 0.2.0
author: virtio.lab contributors (@virtio-lab)
description:
  - Imports the Python packages that the report needs, by the Python that runs Ansible, and looks whether the folder for
    the results can be written to and has room.
  - Everything that is wrong is in RV(problems), so that it is known before a campaign, not after it. The task itself
    does not fail.
options:
  results:
    description: Folder for the campaigns. It need not exist yet. A relative path begins in the current folder.
    type: path
    required: true
attributes:
  action:
    description: Runs on the control node.
    support: full
  check_mode:
    description: Never changes anything, so it does the same in check mode.
    support: full
  diff_mode:
    description: Returns the differences between before and after; here nothing changes.
    support: none
  idempotent:
    description: Reads only.
    support: full
"""

EXAMPLES = r"""
- name: Look at the control node
  virtio.lab.control_node_info:
    results: results
  register: control_node

- name: Ask for what is missing
  ansible.builtin.assert:
    that: control_node.problems == []
    fail_msg: "{{ control_node.problems | join('; ') }}"
"""

RETURN = r"""
problems:
  description: Sentences that say what is missing and how it is got; none where all is there.
  returned: success
  type: list
  elements: str
  sample:
    - "/home/me/.venv/bin/python lacks what a campaign's report needs: orjson (No module named 'orjson'); install it
      with /home/me/.venv/bin/python -m pip install 'orjson>=3.10,<4'"
python:
  description: The Python that runs Ansible.
  returned: success
  type: str
  sample: /home/me/.venv/bin/python
results:
  description: The folder for the campaigns, as a whole path.
  returned: success
  type: str
  sample: /home/me/results
"""
