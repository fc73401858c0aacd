# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which values a <driver> may have, and from which libvirt on."""

from __future__ import annotations

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import Interface
from ansible_collections.virtio.lab.plugins.module_utils._switch import _driver


def nic(kind: str) -> Interface:
    return Interface("52:54:00:00:00:0a", "net0", "vnet0", kind, "lab", "virtio", {})


def test_an_option_becomes_what_libvirt_writes():
    given = {
        "name": "vhost",
        "queues": 4,
        "packed": True,
        "ats": False,
        "rss": None,
        "host": {"csum": False, "gso": None},
        "guest": None,
    }
    told = {"name": "vhost", "queues": "4", "packed": "on", "ats": "off", "host.csum": "off"}
    assert _driver.flat(given) == told


def test_every_attribute_can_be_asked_for():
    options = _driver.argument_spec()["options"]
    assert options["name"]["choices"] == ["qemu", "vhost"]
    assert options["rx_queue_size"] == {"type": "int", "choices": [256, 512, 1024]}
    assert "choices" not in options["packed"]
    assert set(options["guest"]["options"]) < set(options["host"]["options"])


@pytest.mark.parametrize("queues", ["0", "-1", "257"])
def test_queues_have_bounds(queues):
    with pytest.raises(LabError, match="1 to 256"):
        _driver.check_values({"queues": queues})


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"host.csum": "off", "host.tso4": "on"}, r"driver\.host\.tso4 needs host\.csum, which is to be off"),
        ({"guest.csum": "off", "guest.ufo": "on"}, r"driver\.guest\.ufo needs guest\.csum"),
        ({"host.csum": "off", "guest.tso4": "on"}, None),
        ({"host.csum": "off", "host.tso4": "off", "host.mrg_rxbuf": "on"}, None),
        ({"host.tso4": "on"}, None),
    ],
)
def test_segmentation_needs_the_checksums_of_its_side(wanted, says):
    if says is None:
        _driver.check_values(wanted)
    else:
        with pytest.raises(LabError, match=says):
            _driver.check_values(wanted)


def test_offloads_go_beside_a_driver_and_are_given_once():
    told = _driver.with_offloads({"packed": "on"}, {"host": {"tso4": False}, "guest": None})
    assert told == {"packed": "on", "host.tso4": "off"}
    assert _driver.with_offloads({"packed": "on"}, None) == {"packed": "on"}
    with pytest.raises(LabError, match=r"offloads\.host\.csum is driver\.host\.csum too; give it once"):
        _driver.with_offloads({"host.csum": "on"}, {"host": {"csum": True}})


@pytest.mark.parametrize("queues", ["1", "256", None])
def test_queues_within_bounds(queues):
    _driver.check_values({"queues": queues})


@pytest.mark.parametrize(
    ("key", "too_old", "says"),
    [
        ("rx_queue_size", 2002999, r"rx_queue_size needs libvirt 2\.3\.0 or newer; this hypervisor has 2\.2\.999"),
        ("tx_queue_size", 3006000, r"3\.7\.0"),
        ("iommu", 3004000, r"3\.5\.0"),
        ("packed", 6002000, r"6\.3\.0"),
        ("rss", 8002000, r"8\.3\.0"),
        ("host.csum", 1002008, r"1\.2\.9"),
    ],
)
def test_what_is_too_new_for_a_libvirt_is_said(key, too_old, says):
    with pytest.raises(LabError, match=says):
        _driver.check_version({key: "on"}, too_old)
    _driver.check_version({key: "on"}, 9000000)


@pytest.mark.parametrize(
    ("wanted", "kind", "says"),
    [
        *(
            ({"name": name}, kind, f"is of type {kind}, .* driver.name is {name}, which needs a TAP")
            for name in ("qemu", "vhost")
            for kind in ("vhostuser", "vdpa", "user", "server", "client", "mcast", "udp", "internal", "null", "hostdev")
        ),
        ({"queues": "2"}, "user", "one queue pair"),
        ({"tx_queue_size": "512"}, "network", "QEMU takes more than 256 for vhost-user only"),
    ],
)
def test_what_a_kind_of_nic_cannot_have(wanted, kind, says):
    with pytest.raises(LabError, match=says):
        _driver.check_nic(wanted, nic(kind), "a")


@pytest.mark.parametrize(
    ("wanted", "kind"),
    [
        ({"name": "vhost", "queues": "2", "tx_queue_size": "256"}, "direct"),
        ({"tx_queue_size": "1024", "queues": "2"}, "vhostuser"),
        ({"queues": "1"}, "user"),
        # What an earlier release wrote there can be taken away.
        *(({"name": None}, kind) for kind in ("user", "vhostuser", "vdpa")),
        *(({"name": "qemu"}, kind) for kind in ("network", "bridge", "ethernet", "direct")),
    ],
)
def test_what_a_kind_of_nic_can_have(wanted, kind):
    _driver.check_nic(wanted, nic(kind), "a")
