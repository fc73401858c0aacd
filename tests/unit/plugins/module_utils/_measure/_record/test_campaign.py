# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A campaign that is continued is still the one that was begun, or it is refused with what differs."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure._record import _campaign

CAMPAIGN = {
    "guest": "vhost-a",
    "seed": 2019,
    "blocks": 2,
    "warmup_s": 2,
    "duration_s": 5,
    "datapaths": ["vhost", "qemu"],
    "workloads": [
        {"name": "stream", "tool": "iperf3", "direction": "host_to_guest"},
        {"name": "rr", "tool": "netperf", "test": "tcp_rr"},
    ],
}


def changed(**keys):
    return {**copy.deepcopy(CAMPAIGN), **keys}


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (changed(seed=7), ["seed was 2019, now it is 7"]),
        (changed(blocks=6), ["blocks was 2, now it is 6"]),
        (changed(duration_s=30), ["duration_s was 5, now it is 30"]),
        (changed(datapaths=["qemu", "vhost"]), ['datapaths was ["vhost", "qemu"], now it is ["qemu", "vhost"]']),
        (changed(workloads=CAMPAIGN["workloads"][:1]), ["workload rr is gone"]),
        (
            changed(workloads=[*CAMPAIGN["workloads"], {"name": "more", "tool": "iperf3"}]),
            ["workload more is new"],
        ),
        (changed(workloads=CAMPAIGN["workloads"][::-1]), ["the workloads came in the order stream, rr"]),
        (
            changed(workloads=[{**CAMPAIGN["workloads"][0], "streams": 4}, CAMPAIGN["workloads"][1]]),
            ["workload stream: streams was not set, now it is 4"],
        ),
        (changed(datapaths=[{"name": "vhost", "datapath": "vhost"}, {"datapath": "qemu", "driver": {}}]), []),
        (
            changed(datapaths=[{"datapath": "vhost", "mtu": 9000}, "qemu"]),
            ['datapaths was ["vhost", "qemu"], now it is [{"name": "vhost"'],
        ),
        (changed(workloads=[], guest="b"), ['guest was "vhost-a", now it is "b"', "workloads was"]),
        (changed(), []),
    ],
)
def test_what_differs_is_said(now, says):
    found = _campaign.differences(CAMPAIGN, now)
    assert len(found) == len(says)
    assert all(text.startswith(said) for text, said in zip(found, says, strict=True))


def test_the_first_run_keeps_the_campaign_and_a_changed_one_is_refused(tmp_path):
    folder = tmp_path / "hands-on-1"
    assert _campaign.check(folder, CAMPAIGN) is False
    _campaign.hold(folder, CAMPAIGN)
    assert json.loads((folder / "campaign.json").read_text(encoding="utf-8"))["campaign"] == CAMPAIGN
    written = (folder / "campaign.json").stat()
    _campaign.hold(folder, CAMPAIGN)
    assert (folder / "campaign.json").stat() == written
    with pytest.raises(LabError, match="campaign hands-on-1 was begun with another plan: seed was 2019, now it is 7;"):
        _campaign.hold(folder, changed(seed=7))


@pytest.mark.parametrize("text", ["", "{", "[]", "{}"])
def test_what_is_no_campaign_is_an_error(tmp_path, text):
    (tmp_path / "campaign.json").write_text(text, encoding="utf-8")
    with pytest.raises(LabError, match=r"campaign\.json holds no campaign"):
        _campaign.check(tmp_path, CAMPAIGN)


VALUES = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 3),
        "blocks": st.integers(1, 3),
        "workloads": st.lists(st.sampled_from("abc"), unique=True).map(
            lambda names: [{"name": name, "tool": "iperf3"} for name in names]
        ),
    }
)


@given(VALUES, VALUES)
def test_only_the_same_campaign_has_no_difference(kept, now):
    assert (_campaign.differences(kept, now) == []) == (kept == now)
