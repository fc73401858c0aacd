# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The campaign: which guest, which datapaths, which workloads, how often and how long."""

from __future__ import annotations

from typing import Any, Iterator

from ansible_collections.virtio.lab.plugins.module_utils._measure import _bounds
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._netperf import TESTS
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file import _values as values
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._problem import Problem, each, instead, show, twice
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._shape import (
    Check,
    Field,
    items,
    section,
    value,
    variants,
)
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._variants import (
    alike,
    name_of,
    own_queues,
    sharing,
    uncarried,
    unfit,
    unfit_build,
    variant,
)
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._rules import (
    BLOCKS_BEFORE_STOPPING,
    EQUIVALENCE,
    QUIET,
)

# What makes the virtio device of a cell a fresh one.
REPLICATES = ("boot", "hotplug")
DIRECTIONS = ("host_to_guest", "guest_to_host", "guest_to_guest")
PROTOCOLS = ("tcp", "udp")
LOADS = ("iperf3",)
# What may be a list, each value of which becomes a workload of its own, and what goes before it in that one's name.
SWEPT = {"queues": "_q", "message_bytes": "_"}


def _one_or_list(of: Check) -> Check:
    """A value, or a list of at least one."""

    def check(given: Any, path: str, problems: list[Problem]) -> Any:
        return (items(of) if isinstance(given, list) else of)(given, path, problems)

    return check


_BYTES = value(values.integer(*_bounds.WORKLOAD["message_bytes"]))
_QUEUES = value(values.integer(*_bounds.WORKLOAD["queues"]))
_MESSAGE = {"message_bytes": Field(_one_or_list(_BYTES))}
_STREAMS = {"streams": Field(value(values.integer(*_bounds.WORKLOAD["streams"])))}
_PEER = {"peer": Field(value(values.name))}
_UNDER_LOAD = {"message_bytes": Field(_BYTES), **_STREAMS, "load": Field(value(values.choice(LOADS)), default="iperf3")}

WORKLOAD = variants(
    "tool",
    {
        "name": Field(value(values.workload_name), required=True),
        "queues": Field(_one_or_list(_QUEUES)),
        "samplers": Field(value(values.boolean)),
    },
    {
        "iperf3": {
            "direction": Field(value(values.choice(DIRECTIONS)), default="host_to_guest"),
            "proto": Field(value(values.choice(PROTOCOLS)), default="tcp"),
            "rate_mbps": Field(value(values.integer(*_bounds.WORKLOAD["rate_mbps"]))),
            **_MESSAGE,
            **_STREAMS,
            **_PEER,
        },
        "netperf": {"test": Field(value(values.choice(TESTS)), required=True), **_MESSAGE, **_PEER},
        "strace": _UNDER_LOAD,
        "perf": _UNDER_LOAD,
        "hping3": {},
    },
)
MOST_RUNS = 200_000  # of those that campaign.json can name, and verify reads
BLOCKS, MOST_BLOCKS = 10, 40  # the second where an effect sizes the campaign
DEFAULT_WORKLOADS = [
    {"name": "tcp_stream_to_guest", "tool": "iperf3", "direction": "host_to_guest", "proto": "tcp"},
    {"name": "tcp_stream_from_guest", "tool": "iperf3", "direction": "guest_to_host", "proto": "tcp"},
    {"name": "tcp_rr", "tool": "netperf", "test": "tcp_rr"},
    {"name": "udp_rr", "tool": "netperf", "test": "udp_rr"},
    {"name": "udp_small_to_guest", "tool": "iperf3", "direction": "host_to_guest", "proto": "udp"},
    {"name": "syscalls", "tool": "strace", "load": "iperf3"},
    {"name": "ioctls", "tool": "perf", "load": "iperf3"},
]

CAMPAIGN = section(
    {
        "guest": Field(value(values.name)),
        "seed": Field(value(values.integer(*_bounds.CAMPAIGN["seed"])), default=1),
        "blocks": Field(value(values.integer(*_bounds.CAMPAIGN["blocks"]))),
        "warmup_s": Field(value(values.integer(*_bounds.CAMPAIGN["warmup_s"])), default=5),
        "duration_s": Field(value(values.integer(*_bounds.CAMPAIGN["duration_s"])), default=30),
        "datapaths": Field(items(variant()), default=["qemu", "vhost"]),
        "replicate": Field(value(values.choice(REPLICATES)), default="boot"),
        "aa": Field(value(values.boolean), default=True),
        "stop_at_width": Field(value(values.share(0.001, 1))),
        "sees": Field(value(values.effect(EQUIVALENCE, 10))),
        "quiet": Field(section({name: Field(value(values.share(0, 1))) for name in QUIET})),
        "workloads": Field(items(WORKLOAD), default=DEFAULT_WORKLOADS),
    }
)


def complete(lab: dict[str, Any], problems: list[Problem]) -> None:
    """Fill the campaign; check that its guest exists and that no datapath and no workload comes twice."""
    vcpus = {guest["name"]: guest.get("vcpus") for _path, guest in each(lab, "guests") if guest.get("name")}
    kinds = {image.get("name"): image.get("kind") for _path, image in each(lab, "images")}
    images = {guest.get("name"): kinds.get(guest.get("image")) for _path, guest in each(lab, "guests")}
    guests = list(vcpus)
    campaign = lab.setdefault("campaign", CAMPAIGN({}, "campaign", problems)) or {}
    if guests:
        campaign.setdefault("guest", guests[0])
    campaign.setdefault("blocks", BLOCKS if campaign.get("sees") is None else MOST_BLOCKS)
    guest = campaign.get("guest")
    if guest is not None and guest not in guests:
        sentence = f"{show(guest)} is not defined under guests; {instead(guest, guests)}"
        problems.append(Problem("campaign.guest", sentence))
    variants_of = list(enumerate(campaign.get("datapaths") or []))
    problems.extend(twice((f"campaign.datapaths[{index}]", name_of(entry)) for index, entry in variants_of))
    for index, entry in variants_of:
        path = f"campaign.datapaths[{index}]"
        problems.extend(unfit(path, entry, vcpus.get(guest)))
        problems.extend(unfit_build(path, entry, campaign.get("replicate"), guest, images.get(guest)))
    problems.extend(_share_memory(lab, guest, [entry for _index, entry in variants_of]))
    problems.extend(alike([(f"campaign.datapaths[{index}]", entry) for index, entry in variants_of]))
    for path, workload in each(campaign, "workloads", "campaign"):
        problems.extend(_unfit(path, workload, guests, guest))
        problems.extend(_idle_queues(path, workload, guest, vcpus.get(guest)))
        problems.extend(uncarried(path, workload, campaign.get("datapaths") or []))
        problems.extend(own_queues(path, workload, campaign.get("datapaths") or []))
    problems.extend(_idle_stop(campaign))
    spread = [
        (path, one)
        for path, workload in each(campaign, "workloads", "campaign")
        for one in _spread(path, workload, problems)
    ]
    problems.extend(twice((f"{path}.name", workload.get("name")) for path, workload in spread))
    campaign["workloads"] = [workload for _path, workload in spread]
    problems.extend(_one_name_each(campaign, spread))
    problems.extend(_too_many(campaign))


def _share_memory(lab: dict[str, Any], name: Any, entries: list[Any]) -> Iterator[Problem]:
    """Have the guest share its memory from its first boot on where a variant needs that, so that it can be switched."""
    needing = sharing(entries)
    for path, guest in each(lab, "guests") if needing else ():
        if guest.get("name") == name and guest.setdefault("shared_memory", True) is False:
            sentence = f"is no, and campaign.datapaths has {needing}, which needs it; leave it out"
            yield Problem(f"{path}.shared_memory", sentence)


def _one_name_each(campaign: dict[str, Any], spread: list[tuple[str, dict[str, Any]]]) -> Iterator[Problem]:
    """Runs of a block are told apart by VARIANT[-aa]-WORKLOAD, and a hyphen may be inside of each."""
    names = list(dict.fromkeys(name for entry in campaign.get("datapaths") or [] if (name := name_of(entry))))
    arms = [(name, name) for name in names]
    arms[1:1] = [(f"{name}-aa", f"{name} (A/A)") for name in names[:1] if campaign.get("aa")]
    seen: dict[str, tuple[str, Any]] = {}
    for prefix, arm in arms:
        for path, workload in spread:
            mine = (arm, workload.get("name"))
            other = seen.setdefault(f"{prefix}-{mine[1]}", mine) if mine[1] else mine
            if other != mine:
                sentence = f"{show(mine[1])} on {arm} and {show(other[1])} on {other[0]} would be runs of one name"
                yield Problem(f"{path}.name", f"{sentence}, {prefix}-{mine[1]}; take another")


def _too_many(campaign: dict[str, Any]) -> Iterator[Problem]:
    """More runs than a campaign's record can name."""
    arms = len(campaign.get("datapaths") or []) + bool(campaign.get("aa"))
    runs = arms * len(campaign["workloads"]) * (campaign.get("blocks") or 0)
    if runs > MOST_RUNS:
        yield Problem(
            "campaign.blocks", f"{campaign['blocks']} blocks are {runs} runs; {MOST_RUNS} runs at most are recorded"
        )


def _idle_stop(campaign: dict[str, Any]) -> Iterator[Problem]:
    """A rule for stopping that could never do anything, or two of them."""
    rules = [name for name in ("stop_at_width", "sees") if campaign.get(name) is not None]
    if not rules or campaign.get("blocks") is None:
        return
    rule = f"campaign.{rules[-1]}"
    if len(rules) > 1:
        yield Problem(rule, "stands beside stop_at_width; give one rule that ends the campaign")
    if campaign["blocks"] <= BLOCKS_BEFORE_STOPPING:
        sentence = f"no campaign stops before block {BLOCKS_BEFORE_STOPPING}, and this one has {campaign['blocks']}"
        yield Problem(rule, f"{sentence}; give blocks for the longest it may take")
    if len(campaign.get("datapaths") or []) < 2:
        yield Problem(rule, "needs two datapaths: it is about the interval of their ratio")
    if rules[-1] == "sees" and campaign.get("aa") is False:
        yield Problem(rule, "needs the A/A arm, whose scatter sizes the campaign; leave aa out")


def _spread(path: str, workload: dict[str, Any], problems: list[Problem]) -> list[dict[str, Any]]:
    """The workload, or where queues or message_bytes is a list one for each value, NAME_qQUEUES_BYTES by name."""
    found = [workload]
    for key, suffix in SWEPT.items():
        given = workload.get(key)
        if isinstance(given, list):
            problems.extend(twice((f"{path}.{key}[{at}]", number) for at, number in enumerate(given)))
            fit = [number for number in dict.fromkeys(given) if number is not None]
            found = [
                {**one, "name": one.get("name") and f"{one['name']}{suffix}{number}", key: number}
                for one in found
                for number in fit
            ]
    for one in found if workload.get("name") else []:
        value(values.workload_name)(one["name"], f"{path}.name", problems)
    return found


def _idle_queues(path: str, workload: dict[str, Any], guest: Any, vcpus: int | None) -> Iterator[Problem]:
    """More queue pairs than vCPUs: the guest's driver uses one for each vCPU."""
    asked = workload.get("queues")
    most = max((number for number in (asked if isinstance(asked, list) else [asked]) if number), default=0)
    if vcpus and most > vcpus:
        sentence = f"{most} queue pairs are for as many vCPUs, and {guest} has {vcpus}; give it more"
        yield Problem(f"{path}.queues", sentence)


def _unfit(path: str, workload: dict[str, Any], guests: list[str], guest: Any) -> Iterator[Problem]:
    """What the values of a workload do not show alone: whether they fit each other and the guests."""
    peer, direction = workload.get("peer"), workload.get("direction")
    if direction == "guest_to_guest" and peer is None:
        yield Problem(f"{path}.peer", "is missing; guest_to_guest needs the guest that receives")
    if peer is not None and workload.get("tool") == "iperf3" and direction in ("host_to_guest", "guest_to_host"):
        yield Problem(f"{path}.peer", f"{show(peer)} takes no part in {direction}; the direction is guest_to_guest")
    if peer is not None and peer not in guests:
        yield Problem(f"{path}.peer", f"{show(peer)} is not defined under guests; {instead(peer, guests)}")
    if peer is not None and peer == guest:
        yield Problem(f"{path}.peer", f"{show(peer)} is the guest under test; the peer is another one")
    if workload.get("rate_mbps") is not None and workload.get("proto") == "tcp":
        yield Problem(f"{path}.rate_mbps", "is for proto: udp; TCP sends as fast as it can")
