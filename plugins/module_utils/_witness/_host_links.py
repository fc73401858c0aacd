# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Links of the hypervisor that NICs of guests hang on, as `ip -j -d link` shows them."""

from __future__ import annotations

import os
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional

from ansible_collections.virtio.lab.plugins.module_utils._foreign import _json
from ansible_collections.virtio.lab.plugins.module_utils._foreign._reads import reads
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner


class SeenLink(NamedTuple):
    """A link: its kind (tun, macvtap, …), its ifindex, a macvtap's mode, whether a TAP stays when nobody holds it.

    port_of: the kind of the switch that it is a port of (bridge, openvswitch), None where it is none. on_vf: whether it
    is a macvtap on top of a virtual function.
    """

    kind: str
    ifindex: int
    mode: Optional[str] = None
    persistent: Optional[bool] = None
    port_of: Optional[str] = None
    on_vf: bool = False


def is_vf(link: str, sys: str = "/sys") -> bool:
    """Whether a link of this network namespace is that of a virtual function."""
    return os.path.exists(f"{sys}/class/net/{link}/device/physfn")


def read(runner: Runner) -> Dict[str, SeenLink]:
    """Return the links of this network namespace by name; {} where `ip` cannot tell."""
    shown = runner(["ip", "-j", "-d", "link", "show"], check=False)
    return parse(shown.stdout) if shown.rc == 0 else {}


@reads("what `ip -j -d link` prints")
def parse(text: str, is_function: Callable[[str], bool] = is_vf) -> Dict[str, SeenLink]:
    """Return the links that `ip -j -d link` prints, by name; is_function says which are virtual functions'."""
    entries = _json.loads(text or "[]", "what `ip -j -d link` prints")
    return {entry["ifname"]: _link(entry, is_function) for entry in entries if entry.get("ifname")}


def _link(entry: Mapping[str, Any], is_function: Callable[[str], bool]) -> SeenLink:
    about = entry.get("linkinfo") or {}
    data = about.get("info_data") or {}
    kind = about.get("info_kind") or entry.get("link_type") or ""
    persistent = bool(data.get("persist")) if kind == "tun" else None
    mode, port_of = data.get("mode") if kind == "macvtap" else None, about.get("info_slave_kind")
    on_vf = kind == "macvtap" and bool(entry.get("link")) and is_function(str(entry["link"]))
    return SeenLink(str(kind), int(entry["ifindex"]), mode, persistent, port_of, on_vf)
