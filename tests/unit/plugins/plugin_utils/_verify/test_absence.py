# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a forger leaves out, or makes of another type, proves no more than what is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.plugin_utils._verify._finding import FALSE, UNPROVED

from .conftest import Document, campaign_of, change, verified, with_axes

VHOST = "b01-vhost-tcp_stream"


def said(folder: Path, severity: str) -> str:
    found = verified(folder)
    assert found.verified < found.total
    return "; ".join(found.of(severity).get(f"{VHOST}/run.json", []))


def silent(run: Document) -> None:
    run["witness"]["after"]["witnesses"] = {}


def counted_nowhere(run: Document) -> None:
    run["summary"]["pps"] = run["summary"]["kicks_per_packet"] = None
    run["bracket"].update(packets=None, kicks=None)


@pytest.mark.parametrize(
    ("forged", "says"),
    [
        (silent, "after: vhost is said to be in effect, and no witness says so"),
        (lambda run: run["workload"].update(peer="x"), "workload.peer is 'x', and that is not what was witnessed"),
        (lambda run: run["workload"]["argv"].pop(0), "its command line is of '-J'"),
        (
            lambda run: run["manifest"]["software_emulation"].update({"is": False}),
            "manifest.software_emulation.is is False; the hypervisor's own CPU is 'QEMU TCG",
        ),
        (lambda run: run["bracket"].update(seconds=7960.0), "bracket.seconds is 7960.000; its window was 4.992 s"),
        (lambda run: run["bracket"].update(seconds=0.5), "bracket.seconds is 0.500; its window was 4.992 s"),
        (lambda run: run["witness"]["after"]["argv"].update(queues=2), "QEMU's argv has 2 after the run"),
        (lambda run: run["witness"]["after"]["argv"].update(queues="1"), "QEMU's argv has 1 after the run"),
        (lambda run: run["witness"]["after"]["fds"].update(vhost_net="x"), "'x' is no number of its descriptors of"),
        (lambda run: run["witness"]["after"]["fds"].update(tun=-1), "-1 is no number of its descriptors of tun"),
        (lambda run: run["factor"].update(offloads=None), "factor.offloads are not known, and its manifest has"),
    ],
)
def test_what_is_left_out_or_odd_is_found(campaign: Path, forged: Any, says: str) -> None:
    change(campaign, VHOST, forged)
    assert says in said(campaign, FALSE)


@pytest.mark.parametrize(
    ("forged", "says"),
    [
        (lambda run: run["summary"].update(pps=None), "the packets around the load are"),
        (counted_nowhere, "no packets of its NIC were counted, on the host or in the guest"),
    ],
)
def test_a_load_whose_packets_nobody_counted_is_not_proved(campaign: Path, forged: Any, says: str) -> None:
    change(campaign, VHOST, forged)
    assert says in said(campaign, UNPROVED)


def renamed(run: Document) -> None:
    """What was measured on a macvtap sold as a TAP, or the other way round."""
    for moment in ("before", "middle", "after"):
        run["witness"][moment]["axes"]["attachment"]["witnesses"]["host"] = ["macvtap_bridge"]


def of_other_parts(run: Document) -> None:
    for moment in ("before", "middle", "after"):
        part = {"effective": "macvtap_bridge", "witnesses": {"host": ["macvtap_bridge"]}}
        run["witness"][moment]["axes"]["attachment"] = part


def without_axes(run: Document) -> None:
    for moment in ("before", "middle", "after"):
        del run["witness"][moment]["axes"]


@pytest.mark.parametrize(
    ("forged", "says"),
    [
        (renamed, "its attachment is said to be tap, its witnesses leave unknown"),
        (of_other_parts, "its datapath is said to be vhost, its parts make macvtap_bridge_vhost"),
        (without_axes, "no witness says what it is made of"),
        (lambda run: run["witness"]["after"].update(axes={}), "its witness is not as it should be"),
        (lambda run: run["factor"].update(attachment="macvtap_bridge"), "that of vhost is tap"),
        (lambda run: run["factor"].update(frontend="e1000"), "factor.frontend is e1000, that of vhost is virtio"),
    ],
)
def test_the_parts_of_a_datapath_make_its_name(campaign: Path, forged: Any, says: str) -> None:
    change(campaign, VHOST, with_axes)
    assert verified(campaign).findings == ()
    change(campaign, VHOST, forged)
    assert says in said(campaign, FALSE)


OPTIONS = {"driver": {"ats": True, "iommu": True}, "mtu": 1500, "offloads": {"host": {"tso4": False}}}


def asks(run: Document) -> None:
    with_axes(run)
    driver, told = {"ats": "on", "iommu": "on"}, {"driver": "virtio_net", "features": ["iommu"], "mtu": 1500}
    run["factor"]["options"] = {"driver": driver, "mtu": 1500, "offloads": {"host.tso4": False}}
    run["factor"]["guest_nic"] = {**told, "rings": None}
    for moment in ("before", "middle", "after"):
        run["witness"][moment]["live"] = {"name": "vhost", **driver, "host": {"tso4": "off"}}


@pytest.mark.parametrize(
    "forged",
    [
        lambda options: options.clear(),
        lambda options: options.update(driver=None),
        lambda options: options["driver"].pop("iommu"),
        lambda options: options.update(mtu=None),
        lambda options: options["offloads"].clear(),
        lambda options: options.update(model="virtio"),
    ],
)
def test_a_run_asks_for_what_its_variant_asks_for(campaign: Path, forged: Any) -> None:
    """A plain run of vhost is none of vhost with an IOMMU."""
    asked = campaign_of(campaign)
    asked["datapaths"] = [asked["datapaths"][0], {"name": "vhost", "datapath": "vhost", **OPTIONS}]
    (campaign / "campaign.json").write_text(json.dumps({"schema": "virtio.lab/campaign/1", "campaign": asked}))
    for path in campaign.glob("*-vhost-*"):
        change(campaign, path.name, asks)
    assert verified(campaign).findings == ()
    change(campaign, VHOST, lambda run: forged(run["factor"]["options"]))
    assert "the campaign asks for {'mtu': 1500, 'driver': {'ats': 'on', 'iommu': 'on'}" in said(campaign, FALSE)


@pytest.mark.parametrize(
    ("forged", "says"),
    [
        (lambda run: run["factor"].update(replicate="hotplug"), "replicate is 'hotplug', the campaign asks for 'boot'"),
        (lambda run: run["workload"].update(rate_mbps=5), "workload.rate_mbps is 5, the campaign asks for None"),
        (
            lambda run: run["factor"].update(baseline="vhost"),
            "factor.baseline is 'vhost', the campaign asks for 'qemu'",
        ),
        (
            lambda run: run["factor"].update(options={"model": "virtio-transitional"}),
            "the NIC's model is virtio, virtio-transitional was asked for",
        ),
    ],
)
def test_what_the_campaign_does_not_ask_for(campaign: Path, forged: Any, says: str) -> None:
    change(campaign, VHOST, with_axes)
    change(campaign, VHOST, forged)
    assert says in said(campaign, FALSE)


@pytest.mark.parametrize("number", [None, 2])
def test_no_run_is_thrown_out_for_queue_pairs_that_nobody_asked_for(campaign: Path, number: int | None) -> None:
    """Where the plan names a number, or says that there is none, a slow run has that many or it is kept."""
    reason = "the NIC's queue pairs are 1 in use by the guest, 2 were asked for"
    change(campaign, VHOST, lambda run: run.update(valid=False, invalid_reasons=[reason]))
    asked = campaign_of(campaign)
    if number:
        asked["datapaths"] = [asked["datapaths"][0], {"name": "vhost", "datapath": "vhost", "queues": number}]
    (campaign / "campaign.json").write_text(json.dumps({"schema": "virtio.lab/campaign/1", "campaign": asked}))
    shows_nothing = "its evidence shows nothing of it" in said(campaign, FALSE)
    assert shows_nothing is (number is None)
