# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One form for what may be written in two: a variant that is a datapath and nothing more is that datapath's name."""

from __future__ import annotations

from typing import Any, Dict, Mapping


def plain_name(variant: Any) -> Any:
    """Return an entry of campaign.datapaths in its one form.

    >>> plain_name({"name": "vhost", "datapath": "vhost", "driver": {}, "mtu": None})
    'vhost'
    >>> plain_name({"datapath": "vhost", "mtu": 9000})
    {'name': 'vhost', 'datapath': 'vhost', 'mtu': 9000}
    """
    if not isinstance(variant, Mapping) or variant.get("datapath") is None:
        return variant
    asked = _asked(variant)
    name = asked.pop("name", None) or asked["datapath"]
    return name if asked == {"datapath": name} else {"name": name, **asked}


def _asked(options: Mapping[str, Any]) -> Dict[str, Any]:
    """What is asked for: mappings that hold nothing ask for nothing."""
    inner = {key: _asked(value) if isinstance(value, Mapping) else value for key, value in options.items()}
    return {key: value for key, value in inner.items() if value not in (None, {})}
