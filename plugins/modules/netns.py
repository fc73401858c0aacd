#!/usr/bin/python
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: netns
short_description: Manage named network namespaces
version_added: 0.1.0
description:
  - Creates and removes network namespaces as C(ip netns) does. What is in them is managed by M(virtio.lab.link) and
    M(virtio.lab.tuntap), whose option O(virtio.lab.link#module:netns) names one.
  - A namespace made here has the alias V(virtio.lab) on its C(lo). One without it, which somebody else made, is not
    removed unless O(force=true).
  - A namespace in which a process runs, or one of its threads, or with a TAP device or macvtap that a process holds
    open, is not removed unless O(force=true). The error names the process.
  - Tasks that run at the same time on one host, as several hosts may delegate them, wait for each other.
author:
  - virtio.lab contributors (@virtio-lab)
extends_documentation_fragment:
  - virtio.lab._attributes
  - virtio.lab._links
requirements:
  - iproute2 5.0 or later on the managed host
  - the privilege to administer the network (root, or the capability CAP_SYS_ADMIN)
options:
  name:
    description:
      - Name of the namespace, or a list of names.
    type: list
    elements: str
    required: true
    aliases: [netns]
  state:
    description:
      - Whether there is such a namespace. The virtual links in it go with it.
    type: str
    choices: [present, absent]
    default: present
  force:
    description:
      - Removes a namespace also where somebody else made it or a process runs in it. It lives on without its name until
        that process ends.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Two namespaces
  virtio.lab.netns:
    name: [left, right]

- name: A wire between them
  virtio.lab.link:
    kind: veth
    name: eth0
    netns: left
    peer: eth0
    peer_netns: right
    state: up

- name: Take them away
  virtio.lab.netns:
    name: [left, right]
    state: absent
"""

RETURN = r"""
commands:
  description: What was run, or would be in check mode, in order and as one would type it.
  returned: success
  type: list
  elements: str
  sample: ["ip netns add left", "ip -n left link set dev lo alias virtio.lab"]
applied:
  description: The commands that took effect before one failed. Nothing after the failed one was run.
  returned: failure, when a command failed half way
  type: list
  elements: str
  sample: ["ip netns add left"]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.virtio.lab.plugins.module_utils._exits import failing
from ansible_collections.virtio.lab.plugins.module_utils._links._model import LOCK
from ansible_collections.virtio.lab.plugins.module_utils._links._namespaces import reconcile_namespaces
from ansible_collections.virtio.lab.plugins.module_utils._lock import in_turn
from ansible_collections.virtio.lab.plugins.module_utils._runner import run


def main():
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "list", "elements": "str", "required": True, "aliases": ["netns"]},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "force": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    wanted = module.params
    with failing(module), in_turn(LOCK, module.check_mode):
        module.exit_json(
            **reconcile_namespaces(wanted["name"], wanted["state"], wanted["force"], module.check_mode, run)
        )


if __name__ == "__main__":
    main()
