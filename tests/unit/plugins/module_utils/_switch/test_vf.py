# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which virtual function a NIC gets, and why it gets none. Real ones: molecule's lab host."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import Function
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._registry import datapath
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import interfaces, selector
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse
from ansible_collections.virtio.lab.plugins.module_utils._runner import Result
from ansible_collections.virtio.lab.plugins.module_utils._sriov._host import Host
from ansible_collections.virtio.lab.plugins.module_utils._sriov._model import Pf, User, Vf
from ansible_collections.virtio.lab.plugins.module_utils._switch._edit import Edit, edited, links, parent_of, shape
from ansible_collections.virtio.lab.plugins.module_utils._switch._plan import Have, wish_for
from ansible_collections.virtio.lab.plugins.module_utils._switch._swap import _renamed
from ansible_collections.virtio.lab.plugins.module_utils._switch._vf import Held, choose, chosen
from ansible_collections.virtio.lab.plugins.module_utils._switch._vf import parse as links_in

MAC = "52:54:00:00:96:01"


def vf(index: int, **more) -> Vf:
    address, interface = f"0000:01:10.{index * 2}", f"eth1v{index}"
    return replace(Vf(index, address=address, interface=interface, driver="igbvf"), **more)


def card(*vfs: Vf, **more) -> Pf:
    return replace(Pf("eth1", "/sys/x", "0000:01:00.0", "pci", "igb", True, len(vfs), 7, vfs=vfs), **more)


LINKS = {
    "eth1": {"ifname": "eth1", "altnames": ["enp1s0"], "master": "virbr7"},
    "virbr7": {"ifname": "virbr7", "address": "52:54:00:aa:00:01"},
    **{f"eth1v{index}": {"ifname": f"eth1v{index}", "parentdev": f"0000:01:10.{index * 2}"} for index in range(3)},
}
TAKEN = User("guest", "other", 70)
OWN = User("link", "macvtap0", interface="eth1v1")


@pytest.mark.parametrize("parent", ["eth1", "enp1s0", "0000:01:00.0", "01:00.0"])
def test_of_a_card_the_first_one_that_is_free_is_taken(parent):
    pf = card(vf(0, in_use=(TAKEN,)), vf(1), vf(2))
    assert choose(parent, Held(), [pf], LINKS)[1].index == 1


def test_of_a_card_the_nics_own_one_is_kept():
    pf = card(vf(0), vf(1, in_use=(OWN,)), vf(2))
    assert choose("eth1", Held("0000:01:10.2", "macvtap0"), [pf], LINKS)[1].index == 1
    assert choose(None, Held("0000:01:10.2", "macvtap0"), [pf], LINKS)[1].index == 1
    # One that another link is on top of is not the NIC's, whatever is stored.
    assert choose("eth1", Held("0000:01:10.2", "macvtap7"), [pf], LINKS)[1].index == 0


@pytest.mark.parametrize("parent", ["eth1v2", "0000:01:10.4", "01:10.4"])
def test_one_that_is_named_is_taken(parent):
    assert choose(parent, Held(), [card(vf(0), vf(1), vf(2))], LINKS)[1].interface == "eth1v2"


@pytest.mark.parametrize(
    ("one", "link", "why"),
    [
        ({"in_use": (TAKEN,)}, {}, "is in use by guest other (pid 70)"),
        ({"in_use": (User("netns", "red", None, "eth1v0"),), "interface": None}, {}, "in use by network namespace red"),
        ({"driver": "vfio-pci", "interface": None}, {}, "is bound to vfio-pci, so it has no link"),
        ({"driver": "", "interface": None}, {}, "has no driver, so it has no link"),
        ({}, {"master": "br0"}, "is a port of br0"),
        ({}, {"addr_info": [{"scope": "global", "local": "192.0.2.1"}]}, "has an address of the hypervisor"),
    ],
)
@pytest.mark.parametrize("parent", ["eth1", "0000:01:10.0"])
def test_what_somebody_has_is_refused(one, link, why, parent):
    around = {**LINKS, "eth1v0": {**LINKS["eth1v0"], **link}}
    with pytest.raises(LabError) as refused:
        choose(parent, Held(), [card(vf(0, **one))], around)
    assert why in str(refused.value)


def test_an_address_of_the_link_alone_is_no_use():
    local = {**LINKS, "eth1v0": {**LINKS["eth1v0"], "addr_info": [{"scope": "link", "local": "fe80::1"}]}}
    assert choose("eth1v0", Held(), [card(vf(0))], local)[1].index == 0


@pytest.mark.parametrize(
    ("parent", "pfs", "why"),
    [
        ("eth1", [], "no interface here is the physical function of a card with SR-IOV"),
        ("eth1", [card()], "physical function eth1 has no virtual functions; make some"),
        (
            "eth9",
            [card(vf(0))],
            "parent is eth9, and no physical or virtual function here is called so; there are",
        ),
        (None, [card(vf(0))], "parent is missing; name a virtual function by its link or PCI address, or the physical"),
    ],
)
def test_what_is_not_there_is_said(parent, pfs, why):
    with pytest.raises(LabError) as refused:
        choose(parent, Held(), pfs, LINKS)
    assert str(refused.value).startswith(why)


PASSED = "<source><address type='pci' domain='0x0000' bus='0x01' slot='0x10' function='0x2'/></source>"


@pytest.mark.parametrize("parent", ["eth1", "0000:01:10.2", None])
def test_one_that_the_guest_has_itself_is_kept_for_it_and_for_nobody_else(parent):
    mine = User("guest", "a", 70)
    pf = card(vf(0), vf(1, in_use=(mine,), driver="vfio-pci", interface=None))
    held = Held("0000:01:10.2", None, "a", passed=True)
    assert choose(parent, held, [pf], LINKS)[1].index == 1
    # A macvtap needs the link, which comes back only when the guest has let go.
    if parent == "eth1":
        assert choose(parent, held._replace(passed=False), [pf], LINKS)[1].index == 0
    else:
        with pytest.raises(LabError, match="is bound to vfio-pci, so it has no link"):
            choose(parent, held._replace(passed=False), [pf], LINKS)
    with pytest.raises(LabError, match=r"is in use by guest a \(pid 70\)"):
        choose("0000:01:10.2", held._replace(domain="b"), [pf], LINKS)


def test_the_interface_of_one_that_is_passed_through():
    asked = Edit(datapath("sriov_vf"), network="lab", vf=Function("0000:01:10.2"))
    new = edited(asked, parse(ON_NETWORK.replace("<source", "<model type='virtio'/><source")), {"lab": "virbr7"})
    assert (new.get("managed"), new.find("model")) == ("yes", None)
    assert shape(new) == {"type": "hostdev", "address": "0000:01:10.2", "model": None, "driver": {}}
    shown = parse(
        f"<interface type='hostdev' managed='yes'><mac address='{MAC}'/><driver name='vfio'/>{PASSED}</interface>"
    )
    assert shape(shown) == shape(new)
    back = edited(Edit(datapath("vhost"), network="lab"), shown, {"lab": "virbr7"})
    assert (back.get("type"), back.get("managed"), back.find("source").get("network")) == ("network", None, "lab")
    with pytest.raises(LabError, match="by vfio has no model to choose; leave model out"):
        edited(asked._replace(model="virtio"), shown, {"lab": "virbr7"})


TARGETS = (
    f"<interface type='network'><mac address='{MAC}'/><target dev='vnet1'/></interface>",
    f"<interface type='network'><mac address='{MAC}'/><target dev='vnet2'/></interface>",
    f"<interface type='hostdev'><mac address='{MAC}'/></interface>",
)
ON_VF = f"<interface type='direct'><mac address='{MAC}'/><source dev='eth1v1' mode='passthrough'/></interface>"
ON_NETWORK = f"<interface type='network'><mac address='{MAC}'/><source network='lab'/></interface>"


def test_the_interface_is_a_macvtap_on_it_and_nothing_is_made_for_it():
    asked = Edit(datapath("sriov_macvtap"), network="lab", vf=Function("0000:01:10.2", "eth1v1"))
    old = parse(ON_NETWORK)
    wanted = {"type": "direct", "dev": "eth1v1", "mode": "passthrough", "model": "virtio", "driver": {"name": "vhost"}}
    assert shape(edited(asked, old, {"lab": "virbr7"})) == wanted
    assert links(asked, old, {"lab": "virbr7"}) == []
    assert parent_of(parse(ON_VF)) == "eth1v1"
    with pytest.raises(LabError, match="needs a virtual function; name it, or its card, by parent"):
        edited(asked._replace(vf=None), old, {"lab": "virbr7"})


def host(root, **pf):
    """A hypervisor whose `ip` shows LINKS, the card with what is given."""
    shown = [{**link, "flags": ["UP"], **(pf if name == "eth1" else {})} for name, link in LINKS.items()]
    return Host(lambda *_argv, **_options: Result(0, json.dumps(shown), ""), str(root), str(root), str(root))


def have(element: str) -> Have:
    found = parse(f"<domain><devices>{element}</devices></domain>")
    nics = interfaces(found)
    elements = {nic.key: one for nic, one in zip(nics, found.iterfind("devices/interface"), strict=True)}
    return Have("a", "running", "kvm", True, nics, nics, {}, True, 1, elements=elements, bridges={"lab": "virbr7"})


def sysfs(root):
    """A card at eth1 with one virtual function at eth1v0, as sysfs shows them."""
    bus = root / "bus/pci/devices"
    for address, name in (("0000:01:00.0", "eth1"), ("0000:01:10.0", "eth1v0")):
        (bus / address / "net" / name).mkdir(parents=True)
        (root / "class/net" / name).mkdir(parents=True)
        (root / "class/net" / name / "device").symlink_to(bus / address)
    (root / "bus/pci/drivers/igbvf").mkdir(parents=True)
    (bus / "0000:01:10.0/driver").symlink_to(root / "bus/pci/drivers/igbvf")
    (bus / "0000:01:10.0/physfn").symlink_to(bus / "0000:01:00.0")
    (bus / "0000:01:00.0/virtfn0").symlink_to(bus / "0000:01:10.0")
    (bus / "0000:01:00.0/sriov_numvfs").write_text("1\n")
    return root


def asked(**edit):
    return wish_for(Edit(datapath("sriov_macvtap"), parent="eth1", **edit), "hotplug", False, selector(MAC))


def test_a_card_is_looked_at_before_anything_is_changed(tmp_path):
    root = sysfs(tmp_path)
    got = chosen(asked(network="lab"), [have(ON_NETWORK)], host(root))
    assert got.edit.vf == Function("0000:01:10.0", "eth1v0")
    with pytest.raises(LabError, match="physical function eth1 is down, so its virtual functions carry no packet"):
        chosen(asked(), [have(ON_NETWORK)], host(root, flags=[]))
    with pytest.raises(LabError, match=r"so the NIC would leave its .*fdb add 52:54:00:aa:00:01 dev"):
        chosen(asked(network="lab"), [have(ON_NETWORK)], host(root, master="br0"))
    # Where no network is asked for the card leads where it leads.
    assert chosen(asked(), [have(ON_NETWORK)], host(root, master="br0")).edit.vf


def test_one_call_is_for_one_nic(tmp_path):
    want = wish_for(Edit(datapath("sriov_macvtap"), parent="eth1"), "hotplug", False, selector(None))
    twice = [have(ON_NETWORK), have(ON_NETWORK)._replace(domain="b")]
    with pytest.raises(LabError, match="is for one NIC a call, as each needs a virtual function of its own, and 2 are"):
        chosen(want, twice, host(tmp_path))


def test_what_ip_prints_otherwise_is_no_traceback():
    assert links_in("[]") == {}
    with pytest.raises(LabError):
        links_in('[["eth1"]]')


def test_what_has_no_target_has_not_got_another_one():
    tap, other, passed = (interfaces(parse(f"<domain><devices>{one}</devices></domain>"))[0] for one in TARGETS)
    assert _renamed(tap, passed, "a") == _renamed(passed, tap, "a") == []
    assert [text.split(":")[0] for text in _renamed(tap, other, "a")] == ["a has the target vnet2 now, it was vnet1"]
