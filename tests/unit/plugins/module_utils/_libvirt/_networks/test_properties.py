# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For random wants: what was done is what was planned, and then there is nothing left to do."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from ansible_collections.virtio.lab.plugins.module_utils._errors import ApplyError, LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._apply import apply
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._build import merged
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._canonical import canonical, text_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._facts import facts_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._parts import changed, parts, shown
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._read import read_networks, read_world
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._reconcile import plan_all
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._want import want_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse

from .conftest import names

WORDS = st.sampled_from(["a", "b", "c"])
TAGS = st.sampled_from([2, 3, 4])
MACS = st.sampled_from(["52:54:00:00:00:0A", "52:54:00:00:00:0b", "52:54:00:00:00:0c"])
LEASES = st.sampled_from([0, 120, 7200])


def optional(**fields):
    return st.fixed_dictionaries({}, optional=fields)


def entries(key, strategy, most=3):
    return st.lists(strategy, max_size=most, unique_by=lambda entry: entry[key])


VLAN = optional(tags=entries("id", st.fixed_dictionaries({"id": TAGS}, optional={"native_mode": st.just("tagged")}), 2))
RATE = st.fixed_dictionaries({"average": st.integers(1, 9)}, optional={"peak": st.integers(1, 9)})
BANDWIDTH = optional(inbound=RATE, outbound=RATE)
VIRTUALPORT = st.sampled_from([{}, {"type": "openvswitch"}, {"type": "openvswitch", "parameters": {"profileid": "p"}}])


def free(**limits):
    """Return the options of every mode, with those of some modes, for the network and for its portgroups."""
    group = st.fixed_dictionaries({"name": WORDS}, optional={**limits, "trust_guest_rx_filters": st.booleans()})
    return {
        "trust_guest_rx_filters": st.booleans(),
        "metadata": NOTES.map(lambda note: [{"uri": "urn:o", "xml": note}]),
        "portgroups": entries("name", group),
        "virtualport": VIRTUALPORT,
        **limits,
    }


DNS = optional(
    forward_plain_names=st.booleans(),
    forwarders=entries("address", st.fixed_dictionaries({"address": st.sampled_from(["1.1.1.1", "fd01::1"])})),
    hosts=entries(
        "address",
        st.fixed_dictionaries(
            {
                "address": st.sampled_from(["10.0.0.7", "10.0.0.8", "fd00::7"]),
                "names": st.lists(st.sampled_from(["x", "y", "z"]), min_size=1, max_size=2, unique=True),
            }
        ),
    ),
    txt=entries("name", st.fixed_dictionaries({"name": WORDS, "value": WORDS})),
    srv=st.lists(
        st.fixed_dictionaries(
            {"service": WORDS, "protocol": st.sampled_from(["tcp", "udp"])},
            optional={"port": st.integers(1, 9), "target": WORDS, "domain": WORDS, "weight": st.integers(0, 9)},
        ),
        max_size=3,
    ),
)
BOOTP = st.sampled_from([{}, {"file": "a"}, {"file": "a", "server": "10.0.0.9"}])
DUID = st.just("0:3:0:1:52:54:0:0:0:1")
NOTES = st.sampled_from(["", '<o:a xmlns:o="urn:o"/>', '<a xmlns="urn:o"> <!-- c -->\n<b/> <![CDATA[<]]></a>'])
V4_HOSTS = st.lists(
    st.fixed_dictionaries(
        {"mac": MACS, "address": st.sampled_from(["10.0.0.20", "10.0.0.21", "10.0.0.22"])},
        optional={"lease_s": LEASES},
    ),
    max_size=3,
    unique_by=(lambda host: host["mac"].lower(), lambda host: host["address"]),
)
V4_RANGES = st.lists(
    st.fixed_dictionaries(
        {"start": st.sampled_from(["10.0.0.100", "10.0.0.110"]), "end": st.just("10.0.0.119")},
        optional={"lease_s": LEASES},
    ),
    max_size=2,
    unique_by=lambda part: part["start"],
)
V4 = st.fixed_dictionaries(
    {"address": st.sampled_from(["10.0.0.1/24", "10.0.0.1/25", "10.0.0.2/24"])},
    optional={
        "dhcp": optional(ranges=V4_RANGES, hosts=V4_HOSTS, bootp=BOOTP),
        "local_ptr": st.booleans(),
        "tftp": st.sampled_from(["", "/srv/a", "/srv/b"]),
    },
)
V6 = st.fixed_dictionaries(
    {"address": st.sampled_from(["fd00::1/64", "FD00:0::1/64"])},
    optional={
        "local_ptr": st.booleans(),
        "dhcp": optional(
            ranges=st.sampled_from([[], [{"start": "fd00::10", "end": "FD00:0::20"}]]),
            hosts=st.lists(
                st.fixed_dictionaries(
                    {"address": st.sampled_from(["fd00::30", "fd00::31"]), "name": WORDS}, optional={"id": DUID}
                ),
                max_size=2,
                unique_by=(
                    lambda host: host["address"],
                    lambda host: host["name"],
                    lambda host: host.get("id", host["name"]),
                ),
            ),
        ),
    },
)
VIRTUAL = optional(
    mode=st.sampled_from(["nat", "route", "open", "isolated"]),
    bridge=st.sampled_from(["br-a", "br-b"]),
    mac=MACS,
    stp=st.booleans(),
    delay=st.integers(0, 2),
    zone=WORDS,
    mtu=st.sampled_from([1400, 9000]),
    ipv6=st.booleans(),
    domain=st.sampled_from(["", "a.example", "b.example"]),
    dns=DNS,
    isolated_ports=st.booleans(),
    routes=entries(
        "destination",
        st.fixed_dictionaries(
            {"destination": st.sampled_from(["10.9.0.0/16", "10.8.0.0/16"]), "gateway": st.just("10.0.0.9")},
            optional={"metric": st.integers(1, 3)},
        ),
    ),
    ips=st.tuples(V4, V6).map(list) | V4.map(lambda ip: [ip]),
    **free(bandwidth=BANDWIDTH),
)
SHORT = st.builds(
    lambda subnet, rest: {"subnet": subnet, **rest},
    st.sampled_from(["10.0.0.0/24", "10.0.0.0/25", "fd00::/64"]),
    optional(hosts=V4_HOSTS.filter(lambda hosts: not hosts), dhcp=optional(lease_s=LEASES)),
)
ROUTED = st.builds(
    lambda devs: {"mode": "route", "forward": {"interfaces": devs}, "subnet": "10.0.0.0/24"},
    st.lists(WORDS, max_size=1),
)
ATTACHED = st.builds(
    lambda base, rest: {**base, **rest},
    st.builds(
        lambda mode, devs: {"mode": mode, "forward": {"interfaces": devs}, "ips": [], "domain": ""},
        st.sampled_from(["bridge", "private", "vepa", "passthrough"]),
        st.lists(WORDS, max_size=3, unique=True),
    )
    | st.builds(
        lambda device: {"mode": "hostdev", "forward": device, "ips": [], "domain": ""},
        st.sampled_from(
            [
                {"pf": "e0"},
                {"addresses": ["0000:03:10.1"]},
                {"addresses": ["0000:03:10.1", "0000:03:10.3"], "managed": True},
            ]
        ),
    ),
    optional(**free(vlan=VLAN)),
)
XML = st.sampled_from(
    [
        "<network><forward/><ip address='10.0.0.1'><dhcp><bootp file='x'/></dhcp></ip></network>",
        "<network><ip netmask='255.255.255.0' address='10.0.0.1'/><dns><txt name='q' value='q'/></dns></network>",
        "<network><forward mode='bridge'/><bridge name='br0'/></network>",
    ]
).map(lambda xml: {"xml": xml})
STATES = optional(
    state=st.sampled_from(["present", "active", "active", "inactive", "absent"]),
    autostart=st.booleans(),
    restart=st.sampled_from(["if_safe", "always", "never"]),
)
WISHES = st.builds(
    lambda options, about: want_of({"name": "n", **options, **about}),
    st.one_of(VIRTUAL, VIRTUAL, SHORT, ROUTED, ATTACHED, XML, st.just({})),
    STATES,
)


def stand(host):
    """Return all that can be seen of the network: settings stored and live, running, autostart."""
    network = read_networks(host, ["n"]).get("n")
    if network is None:
        return None
    settings = {"stored": parts(parse(network.stored)) if network.persistent else {}}
    settings["live"] = parts(parse(network.live)) if network.live else {}
    return {**settings, "active": network.active, "autostart": network.autostart, "uuid": network.uuid}


def planned_for(host, one):
    return plan_all([one], world_of(host))[0]


def world_of(host):
    world = read_world(host, ["n"], host.run)
    return replace(world, functions=frozenset({"0000:03:10.1", "0000:03:10.3"}))


def without_given(facts, planned):
    """Return facts without what libvirt alone knows of a network that is not there yet."""
    return {**facts, **({"uuid": None} if planned.have is None else {})}


def check_told(before, after, told):
    """Assert that the diff is what changed in the world; where and when the network ran all along, live too."""
    sides = ["stored", *(["live"] if before and after and before["active"] and after["active"] else [])]
    for side in sides:
        old, new = (before or {}).get(side, {}), (after or {}).get(side, {})
        names = [name for name in changed(old, new) if name != "uuid"]
        assert shown(old, names) == {k: v for k, v in told["before"].get(side, {}).items() if k != "uuid"}
        assert shown(new, names) == {k: v for k, v in told["after"].get(side, {}).items() if k != "uuid"}
    for fact in ("active", "autostart"):
        old, new = (before or {}).get(fact, False), (after or {}).get(fact, False)
        if after is not None:
            assert (old != new) == (fact in told["after"]), fact
            assert told["after"].get(fact, new) == new


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(WISHES, min_size=1, max_size=4))
def test_apply_does_what_was_planned_and_leaves_nothing_to_do(make_hypervisor, wanted):
    host = make_hypervisor()
    try:
        for one in wanted:
            before = stand(host)
            try:
                planned = planned_for(host, one)
            except LabError:
                event("refused")
                assert stand(host) == before
                continue
            assert stand(host) == before
            apply(host, [planned], host.warned.append)
            after = stand(host)
            check_told(before, after, planned.diff())
            if after is not None:
                stored = read_networks(host, ["n"])["n"].stored
                assert without_given(facts_of(stored), planned) == without_given(
                    facts_of(planned.becomes.stored), planned
                )
            again = planned_for(host, one)
            assert again.actions == ()
            assert again.restart_for == planned.restart_for
            assert (after is None) == (one.state == "absent")
            event(f"{len(planned.actions)} actions")
    finally:
        host.close()


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(WISHES.map(lambda one: replace(one, state="active")), WISHES, st.booleans())
def test_where_libvirt_refuses_a_definition_all_is_as_it_was(make_hypervisor, first, then, transient):
    host = make_hypervisor()
    try:
        with suppress(LabError):
            apply(host, [planned_for(host, first)], host.warned.append)
        if transient and "n" in names(host.live) and "n" in names(host.stored):
            host.networkLookupByName("n").undefine()
        before = stand(host)
        host.refused = {("define", "z")}
        wants = [then, want_of({"name": "z", "mode": "isolated"})]
        try:
            plans = plan_all(wants, world_of(host))
        except LabError:
            return
        with pytest.raises(ApplyError) as error:
            apply(host, plans, host.warned.append)
        assert (stand(host), error.value.applied) == (before, [])
        event(" ".join(action.action for action in plans[0].actions))
    finally:
        host.close()


@settings(max_examples=100)
@given(WISHES)
def test_the_canonical_form_is_its_own(one):

    tree = canonical(merged(None, one))
    assert text_of(canonical(tree)) == text_of(tree)
