# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The attributes that the collection's modules declare, in the words they share."""

from __future__ import annotations


class ModuleDocFragment:
    """`extends_documentation_fragment: [virtio.lab._attributes]` for a module that changes something."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return what it would change without changing it.
    support: full
  diff_mode:
    description: Returns what changed, or would change in C(check_mode), when run in diff mode.
    support: full
  idempotent:
    description: When run twice in a row with the same arguments, the second run changes nothing.
    support: full
"""

    INFO_MODULE = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode); it only reads.
    support: full
  diff_mode:
    description: Returns what changed, or would change in C(check_mode), when run in diff mode.
    support: N/A
    details:
      - This module changes nothing.
  idempotent:
    description: When run twice in a row with the same arguments, the second run changes nothing.
    support: full
"""
