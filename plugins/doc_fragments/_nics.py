# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options that select NICs of domains."""

    DOCUMENTATION = r"""
options:
  mac:
    description:
      - MAC address of the NIC. Without this, O(alias), O(target) and O(network), all virtio NICs are meant.
      - Of two NICs that share one, as C(<teaming>) wants it, the virtio NIC is meant, not the one passed through.
    type: str
  alias:
    description:
      - Alias of the NIC, such as V(net0) or V(ua-lan). libvirt gives a running guest's NICs aliases of its own where
        the configuration has none.
    type: str
  target:
    description:
      - Name of the host's TAP, such as V(vnet0), which libvirt makes up too where the configuration has none.
    type: str
  network:
    description:
      - The libvirt network (or bridge) whose virtio NICs are meant.
    type: str
"""
