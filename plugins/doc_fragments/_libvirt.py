# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module that talks to libvirt needs, and how it is told where libvirt is."""

from __future__ import annotations


class ModuleDocFragment:
    """`extends_documentation_fragment: [virtio.lab._libvirt]`."""

    DOCUMENTATION = r"""
attributes:
  action_group:
    description: >-
      Use C(group/virtio.lab.libvirt) in C(module_defaults) to set O(uri) of all modules that talk to libvirt.
    support: full
    membership: [virtio.lab.libvirt]
options:
  uri:
    description:
      - libvirt connection URI of this machine.
    type: str
    default: qemu:///system
requirements:
  - python3-libvirt
  - python3-lxml
"""
