# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Witnesses of one guest, of many, of all that run."""

from __future__ import annotations

import shutil

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._driver_xml import interface_xml
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import ALL, Selector, interfaces
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse
from ansible_collections.virtio.lab.plugins.module_utils._witness._statement import (
    look,
    observe_surely,
    statement_of,
    witness,
)

A, B, C = (f"52:54:00:00:00:0{letter}" for letter in "abc")


def nic(mac: str, bridge: str, driver: str, model: str = "virtio") -> str:
    return (
        f"<interface type='bridge'><mac address='{mac}'/><source bridge='{bridge}'/><model type='{model}'/>"
        f"<driver name='{driver}'/></interface>"
    )


@pytest.fixture
def guests(world):
    world.guest("a", nic(A, "br0", "vhost") + nic(B, "br1", "qemu"))
    world.guest("b", nic(C, "br0", "qemu"))
    world.guest("off", nic(C, "br0", "qemu"), running=False)
    world.guest("plain", nic(C, "br0", "qemu", "e1000e"))
    return world


@pytest.mark.parametrize(
    ("names", "wanted", "told"),
    [
        (None, ALL, [("a", A, "vhost"), ("a", B, "qemu"), ("b", C, "qemu")]),
        (None, Selector(network="br0"), [("a", A, "vhost"), ("b", C, "qemu")]),
        (["b", "off"], ALL, [("b", C, "qemu"), ("off", C, "unknown")]),
        (["a"], Selector(alias="net1"), [("a", B, "qemu")]),
    ],
)
def test_who_is_looked_at(guests, names, wanted, told):
    found = look(guests, names, wanted, str(guests.proc))
    assert [(one["domain"], one["interface"]["mac"], one["effective"]) for one in found] == told


def test_a_network_that_no_guest_uses(guests):
    with pytest.raises(LabError, match="no running domain has a virtio interface with network br7"):
        look(guests, None, Selector(network="br7"), str(guests.proc))


def test_one_nic_of_one_guest(guests):
    taken = witness(guests, "a", B.upper(), str(guests.proc))
    assert taken["effective"] == "qemu"
    assert "monitor" not in taken["witnesses"]
    assert witness(guests, "a", None, str(guests.proc))["effective"] == "vhost"


def test_the_witness_is_taken_where_qemu_runs(guests):
    shutil.rmtree(guests.proc)
    guests.proc.mkdir()
    with pytest.raises(LabError, match=r"no QEMU process of domain 'a' .*: the witness must be taken"):
        look(guests, ["a"], root=str(guests.proc))


def test_the_monitor_is_heard_where_nothing_else_tells(world):
    guest = world.guest("a", nic(A, "br0", "vhost") + nic(B, "br1", "qemu"))
    assert observe_surely(world, "a", str(world.proc)).monitor is None
    text = guest.live
    for one in interfaces(parse(text)):
        guest.detachDeviceAlias(one.alias, 1)
        guest.attachDeviceFlags(interface_xml(text, one, {}), 1)
    seen = observe_surely(world, "a", str(world.proc))
    assert seen.monitor == {A: "vhost", B: "qemu"}
    assert [statement_of(seen, mac)["effective"] for mac in (A, B)] == ["vhost", "qemu"]
    # So is one who measures.
    taken = witness(world, "a", B, str(world.proc))
    assert (taken["effective"], taken["agree"], taken["witnesses"]["monitor"]) == ("qemu", True, "qemu")
    assert [one["witnesses"]["monitor"] for one in look(world, ["a"], ALL, str(world.proc), monitor=True)] == [
        "vhost",
        "qemu",
    ]
