# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TUN/TAP devices brought to what is wanted: read, plan, apply."""

from __future__ import annotations

from typing import Any, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._links._apply import apply
from ansible_collections.virtio.lab.plugins.module_utils._links._change import diff
from ansible_collections.virtio.lab.plugins.module_utils._links._check import check_devices
from ansible_collections.virtio.lab.plugins.module_utils._links._holders import holders, refuse_held
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Device
from ansible_collections.virtio.lab.plugins.module_utils._links._plan import Links, plan
from ansible_collections.virtio.lab.plugins.module_utils._links._read import read_links
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner

OPTIONS = (
    "state", "mode", "owner", "group", "multi_queue", "vnet_hdr", "packet_info",
    "mtu", "mac", "bridge", "addresses", "netns",
)  # fmt: skip


def entries(params: dict[str, Any]) -> list[dict[str, Any]]:
    """One entry per device from the module's parameters; what an entry leaves out comes from the top level."""
    common = {option: params[option] for option in OPTIONS}
    if params["devices"] is None:
        return [{"name": params["name"], **common}]
    given = [{key: value for key, value in entry.items() if value is not None} for entry in params["devices"]]
    return [{**common, **entry} for entry in given]


def reconcile(params: dict[str, Any], check_mode: bool, runner: Runner) -> dict[str, Any]:
    """What the module returns. Raises LabError before anything is changed, ApplyError after a part of it was."""
    devices = check_devices(entries(params))
    have = _read(devices, runner)
    actions = plan(devices, have)
    if not params["force"]:
        cut = {(action.netns, action.device) for action in actions if action.cuts}
        refuse_held(actions, holders(cut) if cut else {})
    if actions and not check_mode:
        apply(actions, runner)
        have = _read(devices, runner)
    return {
        "changed": bool(actions),
        "diff": diff((action.label, change) for action in actions for change in action.changes),
        "commands": [action.command for action in actions],
        "devices": [_shown(device, have) for device in devices],
    }


def _read(devices: Sequence[Device], runner: Runner) -> Links:
    return {netns: read_links(netns, runner) for netns in dict.fromkeys(device.netns for device in devices)}


def _shown(device: Device, have: Links) -> dict[str, Any]:
    link = have[device.netns].get(device.name)
    shown: dict[str, Any] = {"name": device.name, "netns": device.netns or None}
    if link is None:
        return {**shown, "state": "absent"}
    names = ("mode", "owner", "group", "multi_queue", "vnet_hdr", "packet_info", "mtu", "mac")
    return {
        **shown,
        "state": "up" if link.up else "down",
        **{name: getattr(link, name) for name in names},
        "bridge": link.bridge or None,
        "addresses": list(link.addresses),
    }
