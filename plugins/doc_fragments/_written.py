# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules have in common that write files on the control node out of the run documents there."""

from __future__ import annotations


class ModuleDocFragment:
    """`extends_documentation_fragment: [virtio.lab._written]`."""

    DOCUMENTATION = r"""
options: {}
requirements:
  - scipy, vl-convert-python, lxml, jsonschema, jsonschema-rs and orjson on the control node
attributes:
  check_mode:
    support: full
    description: Nothing is written, and C(changed) says whether anything would be.
  diff_mode:
    support: partial
    description: Shows the files that are text to be read, not JSON and HTML.
    details: The drawings of a page and a document of thousands of runs are too long for a useful diff.
  action:
    support: full
    description: Runs as an action plugin on the control node.
  idempotent:
    support: full
    description: From the same records the same files are made, and the second time none is written.
"""
