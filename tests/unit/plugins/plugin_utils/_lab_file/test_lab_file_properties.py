# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever valid lab there is: its normal form is valid and stays as it is."""

from __future__ import annotations

import ipaddress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._lab import examine

NAMES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", fullmatch=True).filter(
    lambda name: name not in ("all", "guests", "hypervisors", "lab-host", "localhost", "ungrouped")
)
MACS = st.integers(0, 2**40 - 1).map(lambda number: "52:" + number.to_bytes(5, "big").hex(":").upper())


@st.composite
def networks(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Networks in different /12 of 10.0.0.0/8, so that none overlap."""
    made = []
    for name, second in zip(draw(st.lists(NAMES, min_size=1, max_size=4, unique=True)), range(4), strict=False):
        prefix = draw(st.integers(12, 28))
        subnet = ipaddress.IPv4Network(f"10.{second * 16}.0.0/{prefix}")
        network: dict[str, Any] = {"name": name, "subnet": str(subnet)}
        if draw(st.booleans()):
            network["gateway"] = str(subnet[draw(st.integers(1, subnet.num_addresses - 2))])
        if draw(st.booleans()):
            network["mode"] = draw(st.sampled_from(["nat", "route", "isolated", "open"]))
        made.append(network)
    return made


@st.composite
def images(draw: st.DrawFn) -> list[dict[str, Any]]:
    kinds: list[dict[str, Any]] = [
        {"kind": "tiny"},
        {"kind": "packages", "release": "trixie", "packages": ["ethtool"]},
        {"kind": "cloud", "path": "/a.qcow2", "checksum": "SHA256:" + "A" * 64},
    ]
    return [
        {"name": name, **draw(st.sampled_from(kinds))}
        for name in draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    ]


@st.composite
def labs(draw: st.DrawFn) -> dict[str, Any]:
    nets, disks = draw(networks()), draw(images())
    macs = iter(draw(st.lists(MACS, min_size=12, max_size=12, unique=True)))
    guests = []
    for name in draw(st.lists(NAMES, min_size=1, max_size=3, unique=True)):
        interfaces = [
            {"network": draw(st.sampled_from(nets))["name"], **({"mac": next(macs)} if draw(st.booleans()) else {})}
            for _index in range(draw(st.integers(1, 2)))
        ]
        guests.append({"name": name, "image": draw(st.sampled_from(disks))["name"], "interfaces": interfaces})
    lab = {"name": draw(NAMES), "networks": nets, "images": disks, "guests": guests}
    if draw(st.booleans()):
        lab["campaign"] = {"guest": guests[0]["name"], "blocks": draw(st.integers(1, 1000))}
    return lab


@given(labs())
def test_the_normal_form_is_valid_and_stays(lab: dict[str, Any]) -> None:
    normal, problems = examine(lab)
    assert problems == []
    assert examine(normal) == (normal, [])


@given(labs())
def test_addresses_of_the_normal_form_fit_together(lab: dict[str, Any]) -> None:
    for network in examine(lab)[0]["networks"]:
        hosts = ipaddress.IPv4Network(network["subnet"])
        edges = [network["gateway"], network["dhcp"]["start"], network["dhcp"]["end"]]
        gateway, start, end = (ipaddress.IPv4Address(address) for address in edges)
        assert all(hosts[1] <= address <= hosts[-2] for address in (gateway, start, end))
        assert start <= end
        assert int(end) - int(start) < 65535
        assert not start <= gateway <= end


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["name", "networks", "images", "guests", "campaign", "kind", "subnet", "dhcp", "interfaces"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_rubbish_is_refused_with_a_sentence_and_never_a_crash(document: Any) -> None:
    _lab, problems = examine(document)
    assert problems
    assert all(problem.sentence for problem in problems)
