# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules that make links and namespaces share."""

from __future__ import annotations


class ModuleDocFragment:
    """`extends_documentation_fragment: [virtio.lab._links]`."""

    DOCUMENTATION = r"""
attributes:
  action_group:
    description: >-
      Use C(group/virtio.lab.links) in C(module_defaults) to set C(netns), C(state) or C(force) of the modules that make
      links and namespaces.
    support: full
    membership: [virtio.lab.links]
options: {}
"""
