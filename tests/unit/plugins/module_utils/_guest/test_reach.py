# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which address of a guest is believed: with leases, and on a bridge of which libvirt knows no network."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from types import SimpleNamespace

import libvirt
import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._guest._reach import (
    Around,
    UnreachableError,
    believed,
    look,
    not_ours,
)
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse
from ansible_collections.virtio.lab.plugins.module_utils._runner import Result, run

MAC, OTHER = "52:54:00:00:96:01", "52:54:00:00:96:02"
NET = [ipaddress.ip_network("192.168.150.0/24")]


@pytest.fixture(name="connection")
def _connection() -> Iterator[libvirt.virConnect]:
    """The test driver's world: a running domain `test` on a network `default`."""
    with libvirt.open("test:///default") as connection:
        yield connection


def nothing(_argv, **_options):
    raise AssertionError("nobody is asked")


def told(address: str, around: Around, runner=nothing) -> str:
    return believed(address, MAC, around, runner, "a")


def test_what_libvirt_leased_is_believed_and_nothing_else():
    around = Around(NET, frozenset({"192.168.150.1"}), {"192.168.150.21": {MAC}, "192.168.150.22": {OTHER}})
    assert told("192.168.150.21", around) == "192.168.150.21"
    with pytest.raises(LabError, match=r"but libvirt leased 192\.168\.150\.21 to it"):
        told("192.168.150.23", around)
    with pytest.raises(LabError, match=r"but libvirt leased 192\.168\.150\.21 to it"):
        told("192.168.150.22", around)


def test_without_a_lease_of_its_own_another_guests_is_refused():
    around = Around(NET, frozenset(), {"192.168.150.22": {OTHER}})
    assert told("192.168.150.21", around) == "192.168.150.21"
    with pytest.raises(LabError, match=f"which libvirt leased to {OTHER}"):
        told("192.168.150.22", around)


@pytest.mark.parametrize(
    ("route", "said"),
    [
        ('[{"dst": "203.0.113.9", "gateway": "10.0.0.1", "dev": "eth0"}]', "does not reach directly"),
        ('[{"type": "local", "dst": "203.0.113.9", "dev": "lo"}]', "does not reach directly"),
        ('[{"dst": "203.0.113.9", "dev": "eth0"}]', "reaches by eth0, not by br0"),
        ("[]", "does not reach directly"),
        ('[["gateway"]]', "is not as it should be"),
        ("NaN", "is no JSON"),
    ],
)
def test_on_a_bridge_only_what_is_reached_by_it_is_believed(route, said):
    around = Around([], frozenset(), {}, "br0")
    with pytest.raises(LabError, match=said):
        told("203.0.113.9", around, lambda _argv, **_options: Result(0, route, ""))
    direct = Result(0, '[{"dst": "203.0.113.9", "dev": "br0"}]', "")
    assert told("203.0.113.9", around, lambda _argv, **_options: direct) == "203.0.113.9"


def test_this_machines_own_addresses_are_never_a_guests(connection):
    """The machine that the test runs on is the hypervisor; whatever addresses it has, none is believed."""
    root = parse(connection.lookupByName("test").XMLDesc(0))
    around = look(connection, root, "aa:bb:cc:dd:ee:ff", run)
    assert around.networks == [ipaddress.ip_network("192.168.122.0/24")]
    assert {"192.168.122.1", "127.0.0.1"} <= around.own
    for address in around.own:
        with pytest.raises(LabError):
            not_ours(address, "address", around)


@pytest.mark.parametrize(
    "text", ["x", "--listen=x", "1.2.3", "10.0.0.1/24", "fe80::1%eth0", None, 7, "10.0.0.1 ", "::ffff:127.0.0.1"]
)
def test_what_a_user_gives_is_parsed_too(text):
    with pytest.raises(LabError, match="address is "):
        not_ours(text, "address", Around([], frozenset(), {}))


USER = "<domain><devices><interface type='user'><mac address='52:54:00:00:96:01'/>{more}</interface></devices></domain>"


@pytest.mark.parametrize(
    ("more", "subnet", "host", "guest"),
    [
        ("", "10.0.2.0/24", "10.0.2.2", "10.0.2.15"),
        ("<ip family='ipv6' address='fd00::' prefix='64'/>", "10.0.2.0/24", "10.0.2.2", "10.0.2.15"),
        ("<ip family='ipv4' address='172.17.2.0' prefix='24'/>", "172.17.2.0/24", "172.17.2.2", "172.17.2.15"),
    ],
)
def test_into_the_network_that_qemu_makes_for_a_nic_the_hypervisor_reaches_nobody(
    connection, more, subnet, host, guest
):
    around = look(connection, parse(USER.format(more=more)), MAC, run)
    assert (around.inside.subnet, around.inside.host, around.inside.listens) == (subnet, host, "127.0.0.1")
    with pytest.raises(UnreachableError, match=f"is {guest}, in a network that is made for that NIC alone"):
        told(guest, around)
    for other in (host, "192.168.122.7"):  # what is no address of that NIC's is no address out of reach
        with pytest.raises(LabError) as refused:
            told(other, around)
        assert not isinstance(refused.value, UnreachableError)


def test_a_guest_on_slirp_may_have_the_address_of_a_hypervisor_that_is_one_too(connection):
    def nested(*_argv, **_options):
        return SimpleNamespace(rc=0, stdout='[{"ifname": "ens3", "addr_info": [{"local": "10.0.2.15"}]}]')

    around = look(connection, parse(USER.format(more="")), MAC, nested)
    with pytest.raises(UnreachableError):
        told("10.0.2.15", around)
    elsewhere = look(connection, parse("<domain/>"), MAC, nested)
    with pytest.raises(LabError, match="an address of the hypervisor itself"):
        told("10.0.2.15", elsewhere)


ROUTES = '[{"type": "unreachable", "dst": "default"}, {"dst": "default", "gateway": "10.9.0.1", "dev": "ens3"}]'
LINKS = (
    '[{"ifname": "ens3", "addr_info": [{"family": "inet6", "local": "fd00::9", "prefixlen": 64, "scope": "global"}, '
    '{"family": "inet", "local": "10.9.0.7", "prefixlen": 24, "scope": "global"}]}]'
)


@pytest.mark.parametrize(
    ("more", "routes", "asked", "inside"),
    [
        ("", ROUTES, ["dev", "ens3"], ("10.9.0.0/24", "10.9.0.1", "127.0.0.1")),
        ("<source dev='ens3'/>", ROUTES, ["dev", "ens3"], ("10.9.0.0/24", "10.9.0.1", "127.0.0.1")),
        (
            "<ip family='ipv4' address='172.17.2.4' prefix='16'/>",
            ROUTES,
            ["dev", "ens3"],
            ("172.17.0.0/16", "10.9.0.1", "127.0.0.1"),
        ),
        ("", "[]", None, None),
        ("", '[{"type": "unreachable", "dst": "default"}]', None, None),
    ],
)
def test_passt_gives_a_nic_the_network_of_the_default_route(connection, more, routes, asked, inside):
    words: list[list[str]] = []

    def host(argv, **_options):
        words.append(argv)
        return Result(0, routes if "route" in argv else LINKS, "")

    around = look(connection, parse(USER.format(more=f"<backend type='passt'/>{more}")), MAC, host)
    assert (around.inside and tuple(around.inside)) == inside
    if asked:
        assert [argv[-2:] for argv in words if argv[3:5] == ["show", "dev"]] == [asked]
        with pytest.raises(UnreachableError):
            told("10.9.0.7" if not more.startswith("<ip") else "172.17.2.4", around)


@pytest.mark.parametrize("text", ["[7]", "{", '[["dst"]]', '[{"gateway": "x\\ny", "dev": "ens3"}]'])
def test_what_ip_prints_of_routes_is_read_with_care(connection, text):
    def host(argv, **_options):
        return Result(0, text if "route" in argv else LINKS, "")

    with pytest.raises(LabError, match="what `ip -j route show default` prints is no"):
        look(connection, parse(USER.format(more="<backend type='passt'/>")), MAC, host)


def test_a_port_of_the_bridge_that_was_made_for_the_nic_says_not_where_it_hangs(connection):
    nic = "<interface type='bridge'><mac address='{mac}'/><source bridge='{bridge}'/></interface>"
    on = f"<domain><devices>{nic}</devices></domain>"
    ours = f"vlo{MAC.replace(':', '')}"
    assert look(connection, parse(on.format(mac=MAC, bridge=ours)), MAC, run).bridge is None
    assert look(connection, parse(on.format(mac=MAC, bridge="br-int")), MAC, run).bridge == "br-int"
