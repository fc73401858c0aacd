# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: play_hosts
short_description: The hosts of a play, an error where there are none
version_added: 0.2.0
author: virtio.lab contributors (@virtio-lab)
description:
  - Returns the first of the patterns that matches a host which the inventory has and C(--limit) leaves, for C(hosts) of
    a play. Ansible skips a play without hosts and ends well; this is an error that names the inventory.
  - Where nothing is run (C(--syntax-check), C(--list-tasks), C(--list-tags)) the first pattern is returned unseen.
options:
  _terms:
    description: Host patterns.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Look at the hypervisors
  hosts: "{{ lookup('virtio.lab.play_hosts', 'hypervisors') }}"
  tasks:
    - name: Look at one
      virtio.lab.kvm_info:
"""

RETURN = r"""
_raw:
  description: The pattern.
  type: list
  elements: str
"""

from typing import Any

from ansible import context
from ansible.errors import AnsibleLookupError
from ansible.inventory.manager import InventoryManager
from ansible.plugins.lookup import LookupBase

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._inventory._play_hosts import first_with_hosts

NOTHING_RUNS = ("syntax", "listtasks", "listtags")


class LookupModule(LookupBase):
    """virtio.lab.play_hosts: the inventory of the run is asked, not the files it came from."""

    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:
        patterns = [str(term) for term in terms]
        if any(context.CLIARGS.get(what) for what in NOTHING_RUNS):
            return patterns[:1]
        known = variables or {}
        limit = str(known.get("ansible_limit") or "")
        try:
            found = first_with_hosts(
                patterns,
                everywhere=lambda pattern: self._hosts(known, pattern, ""),
                left=lambda pattern: self._hosts(known, pattern, limit),
                sources=[str(source) for source in known.get("ansible_inventory_sources") or []],
                limit=limit,
            )
        except LabError as error:
            raise AnsibleLookupError(str(error)) from None
        return [found]

    def _hosts(self, known: dict[str, Any], pattern: str, limit: str) -> list[str]:
        """Names of the hosts by Ansible's own rules for patterns."""
        inventory = InventoryManager(self._loader, parse=False)
        for group, hosts in known["groups"].items():
            inventory.add_group(group)
            for host in hosts:
                inventory.add_host(host, group=group)
        if limit:
            inventory.subset(limit)
        return [host.name for host in inventory.get_hosts(pattern)]
