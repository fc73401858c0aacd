# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The campaign: which guest, which datapaths, which workloads, how often and how long."""

from __future__ import annotations

from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file import _values as values
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._guests import DATAPATHS
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._problem import Problem, each, instead, show, twice
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._shape import Field, items, section, value, variants

DIRECTIONS = ("host_to_guest", "guest_to_host")
TESTS = ("tcp_rr", "udp_rr")
LOADS = ("iperf3",)

_MESSAGE = {"message_bytes": Field(value(values.integer(1, 1048576)))}
_STREAM = {**_MESSAGE, "streams": Field(value(values.integer(1, 128)))}
_UNDER_LOAD = {**_STREAM, "load": Field(value(values.choice(LOADS)), default="iperf3")}

WORKLOAD = variants(
    "tool",
    {"name": Field(value(values.workload_name), required=True)},
    {
        "iperf3": {"direction": Field(value(values.choice(DIRECTIONS)), default="host_to_guest"), **_STREAM},
        "netperf": {"test": Field(value(values.choice(TESTS)), required=True), **_MESSAGE},
        "strace": _UNDER_LOAD,
        "perf": _UNDER_LOAD,
    },
)
DEFAULT_WORKLOADS = [
    {"name": "tcp_stream_to_guest", "tool": "iperf3", "direction": "host_to_guest"},
    {"name": "tcp_stream_from_guest", "tool": "iperf3", "direction": "guest_to_host"},
    {"name": "tcp_rr", "tool": "netperf", "test": "tcp_rr"},
    {"name": "udp_rr", "tool": "netperf", "test": "udp_rr"},
    {"name": "syscalls", "tool": "strace", "load": "iperf3"},
    {"name": "ioctls", "tool": "perf", "load": "iperf3"},
]

CAMPAIGN = section(
    {
        "guest": Field(value(values.name)),
        "seed": Field(value(values.integer(0, 2**32 - 1)), default=1),
        "blocks": Field(value(values.integer(1, 1000)), default=10),
        "warmup_s": Field(value(values.integer(0, 600)), default=5),
        "duration_s": Field(value(values.integer(1, 3600)), default=30),
        "datapaths": Field(items(value(values.choice(DATAPATHS))), default=["qemu", "vhost"]),
        "aa": Field(value(values.boolean), default=True),
        "workloads": Field(items(WORKLOAD), default=DEFAULT_WORKLOADS),
    }
)


def complete(lab: dict[str, Any], problems: list[Problem]) -> None:
    """Fill the campaign; check that its guest exists and that no datapath and no workload comes twice."""
    guests = [guest["name"] for _path, guest in each(lab, "guests") if guest.get("name")]
    campaign = lab.setdefault("campaign", CAMPAIGN({}, "campaign", problems)) or {}
    if guests:
        campaign.setdefault("guest", guests[0])
    guest = campaign.get("guest")
    if guest is not None and guest not in guests:
        sentence = f"{show(guest)} is not defined under guests; {instead(guest, guests)}"
        problems.append(Problem("campaign.guest", sentence))
    datapaths = enumerate(campaign.get("datapaths") or [])
    problems.extend(twice((f"campaign.datapaths[{index}]", datapath) for index, datapath in datapaths))
    workloads = each(campaign, "workloads", "campaign")
    problems.extend(twice((f"{path}.name", workload.get("name")) for path, workload in workloads))
