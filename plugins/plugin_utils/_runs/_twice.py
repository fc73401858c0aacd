# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys that a JSON text writes twice: readers take one of the two without a word, and whoever looks sees the other."""

from __future__ import annotations

from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _json
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._requirements import require

# So begins an escaped colon, and little else that is ever escaped.
_ESCAPED = b"\\u003"


def twice(content: bytes, value: Any) -> list[str]:
    """The keys that an object in ``content`` has more than once; ``value`` is what orjson read from it.

    Each key has a colon. Where as many are left when what was read is written again, none was dropped; thousands of
    texts are looked at in no other way. A colon that is written as an escape would hide a key from this count.
    Raises LabError where it is nested more deeply than orjson writes, which reads four times as deeply.
    """
    try:
        written = require("orjson").dumps(value)
    except TypeError as unfit:
        raise LabError("it is nested too deeply; that is refused") from unfit
    has_escape = b"\\" in content and _ESCAPED in content
    return [] if not has_escape and content.count(b":") == written.count(b":") else _json.twice(content)
