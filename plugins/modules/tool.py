#!/usr/bin/python
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tool
short_description: Run tools that take long, of which nothing outlives the task
version_added: 0.2.0
description:
  - Runs commands one after the other, as those that build an image. Each has, where the module runs as root, processes
    and mounts of its own.
  - When the task is cut off, be it by a signal, by the end of C(ansible-playbook), however it came, or by a lost
    connection, all processes of the commands are killed, their mounts are gone and O(folder) is removed.
  - When a command fails, the message has the line of its output that says why, and O(folder) is removed.
extends_documentation_fragment:
  - virtio.lab._attributes
attributes:
  diff_mode:
    support: none
  idempotent:
    support: partial
    details:
      - Only with O(creates).
options:
  commands:
    description:
      - Programs with their arguments; no shell reads them.
    type: list
    elements: list
    required: true
  creates:
    description:
      - Path that the commands make; where it is there, nothing is run.
    type: path
  folder:
    description:
      - Folder in which the commands work, and which holds their temporary files. It is made anew.
      - What an earlier task left there is removed, with what is mounted in it.
      - While another task works in it, this one waits.
      - After success it stays; the last command may move it to O(creates).
    type: path
  unfinished:
    description:
      - Paths that are removed, as O(folder) is, when a command fails or the task is cut off.
    type: list
    elements: path
    default: []
  stale:
    description:
      - Folders that are removed before, with what is mounted in them.
    type: list
    elements: path
    default: []
author:
  - virtio.lab contributors (@virtio-lab)
"""

EXAMPLES = r"""
- name: Build a root file system and an image of it, whole or not at all
  virtio.lab.tool:
    creates: /var/cache/lab/trixie
    folder: /var/cache/lab/.trixie
    commands:
      - [mmdebstrap, --variant=minbase, trixie, /var/cache/lab/.trixie/root]
      - [mke2fs, -q, -t, ext4, -d, /var/cache/lab/.trixie/root, /var/cache/lab/.trixie/root.img, 4G]
      - [mv, --no-target-directory, /var/cache/lab/.trixie, /var/cache/lab/trixie]
  become: true
"""

RETURN = r"""
removed:
  description: Folders that were left by earlier tasks and are gone now.
  type: list
  elements: str
  returned: success
  sample: []
"""

import os
from typing import Optional

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.virtio.lab.plugins.module_utils import _tool
from ansible_collections.virtio.lab.plugins.module_utils._exits import failing


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "commands": {"type": "list", "elements": "list", "required": True},
            "creates": {"type": "path"},
            "folder": {"type": "path"},
            "unfinished": {"type": "list", "elements": "path", "default": []},
            "stale": {"type": "list", "elements": "path", "default": []},
        },
        supports_check_mode=True,
    )
    parameters = module.params
    with failing(module):
        for argv in parameters["commands"]:
            if not argv:
                module.fail_json(msg="commands has an empty one, want a program with its arguments")
        if module.check_mode:
            module.exit_json(changed=not _is_there(parameters["creates"]), removed=[])
        try:
            with _tool.signals_cut():
                result = run(parameters, _tool.Lifeline())
        except _tool.CutError:
            # Nobody reads this, but a log may.
            module.fail_json(msg="The task was cut off; what it ran was ended and its folder removed")
    module.exit_json(**result)


def run(parameters: dict, lifeline: _tool.Lifeline) -> dict:
    folder, creates = parameters["folder"], parameters["creates"]
    removed = [path for path in parameters["stale"] if _tool.remove(path)]
    if _is_there(creates):
        return {"changed": bool(removed), "removed": removed}
    if folder is None:
        _run_all(parameters, lifeline)
        return {"changed": True, "removed": removed}
    with _tool.turn(folder, lifeline):
        if _is_there(creates):  # another task made it while this one waited
            return {"changed": bool(removed), "removed": removed}
        removed += [folder] if _tool.remove(folder) else []
        os.mkdir(folder, 0o700)
        _run_all(parameters, lifeline)
    return {"changed": True, "removed": removed}


def _run_all(parameters: dict, lifeline: _tool.Lifeline) -> None:
    folder = parameters["folder"]
    whole = False
    try:
        for argv in parameters["commands"]:
            _tool.run([str(word) for word in argv], lifeline, folder)
        whole = True
    finally:
        if not whole:
            for path in [*([folder] if folder else []), *parameters["unfinished"]]:
                _tool.remove(path)


def _is_there(path: Optional[str]) -> bool:
    return path is not None and os.path.lexists(path)


if __name__ == "__main__":
    main()
