# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each datapath of the registry, by one test for all: its name, its needs, its XML, the signs of a real guest on it.

tests/unit/fixtures/datapaths/NAME.json is a capture of a real QEMU on that datapath, made by capture.py beside them.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lxml import etree

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import (
    AXES,
    DIRECTIONS,
    Function,
    Host,
    Nic,
)
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._element import interface
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._registry import DATAPATHS, NAMES, datapath
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import interfaces
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse
from ansible_collections.virtio.lab.plugins.module_utils._qemu._monitor import netdevs_in
from ansible_collections.virtio.lab.plugins.module_utils._qemu._peers import Peer
from ansible_collections.virtio.lab.plugins.module_utils._qemu._threads import Thread, class_of
from ansible_collections.virtio.lab.plugins.module_utils._witness import _host_links
from ansible_collections.virtio.lab.plugins.module_utils._witness._axes import is_argv_doubtful
from ansible_collections.virtio.lab.plugins.module_utils._witness._functions import SeenFunction
from ansible_collections.virtio.lab.plugins.module_utils._witness._observe import Observation
from ansible_collections.virtio.lab.plugins.module_utils._witness._statement import statement_of

MAC = "52:54:00:00:90:01"
FIXTURES = Path(__file__).resolve().parents[3] / "fixtures" / "datapaths"
SCHEMA = Path("/usr/share/libvirt/schemas/domain.rng")
NIC = Nic(MAC, "lab", "virbr7", vf=Function("0000:01:10.0", "enp1s0v0"))
VHOST_USER = [one.name for one in DATAPATHS if one.attachment.shared_memory]
each = pytest.mark.parametrize("one", DATAPATHS, ids=NAMES)


def observed(name: str, monitor: bool = False) -> Observation:
    """What was seen of the captured guest."""
    data = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    stored, live = (interfaces(parse(data[key])) for key in ("stored", "live"))
    return Observation(
        "captured",
        stored,
        live,
        data["pid"],
        data["argv"],
        {int(number): target for number, target in data["links"].items()},
        [
            Thread(int(tid), task["comm"], class_of(int(tid), task["comm"], data["pid"]), 5)
            for tid, task in data["tasks"].items()
        ],
        {int(number): name for number, name in data["taps"].items()},
        {} if monitor and "passed" in data else None,
        _host_links.parse(json.dumps(data["ip"]), data.get("functions", []).__contains__),
        netdevs_in(data["monitor"]) if monitor else {},
        {path: Peer(**peer) for path, peer in data.get("peers", {}).items()},
        {address: SeenFunction(*of) for address, of in data.get("passed", {}).items()},
    )


def test_no_two_datapaths_are_the_same():
    assert len({one.axes for one in DATAPATHS}) == len(set(NAMES)) == len(DATAPATHS)


def test_an_unknown_name_is_refused_with_those_there_are():
    with pytest.raises(LabError, match=r"there is no datapath 'vhots'; the datapaths are qemu, vhost, e1000,"):
        datapath("vhots")


@each
@pytest.mark.parametrize("monitor", [False, True])
def test_the_signs_of_a_real_guest_name_its_datapath_and_no_other(one, monitor):
    told = statement_of(observed(one.name, monitor), MAC)
    assert (told["datapath"], told["disagreements"]) == (one.name, [])
    assert tuple(told["axes"][axis]["effective"] for axis in AXES) == one.axes
    assert told["agree"]


@each
def test_another_ones_xml_over_what_runs_is_not_believed(one):
    """The XML of each other datapath laid over the process of this one: never is the other one named."""
    seen = observed(one.name)
    for other in DATAPATHS:
        if other.name == one.name:
            continue
        nic = observed(other.name).live[0]
        told = statement_of(seen._replace(live=[nic._replace(target=seen.live[0].target)]), MAC)
        if (other.backend, other.attachment) == (one.backend, one.attachment):
            continue  # libvirt alone tells QEMU the model of a NIC: see test_a_model_is_told_by_the_monitor
        assert told["datapath"] != other.name or not told["agree"], (one.name, other.name)


def test_a_model_is_told_by_the_monitor():
    seen = observed("e1000", monitor=True)
    virtio = observed("qemu").live[0]._replace(target=seen.live[0].target)
    told = statement_of(seen._replace(live=[virtio]), MAC)
    assert (told["datapath"], told["agree"]) == ("unknown", False)
    assert told["disagreements"] == ["frontend: xml says virtio; monitor says e1000"]


@each
def test_what_a_host_lacks_is_said_in_words(one):
    words = (
        "KVM",
        "vhost-net",
        "macvtap",
        "TUN",
        "OVS",
        "OVS in the kernel",
        "testpmd",
        "shared memory",
        "SR-IOV",
        "OVS with DPDK",
        "passt",
        "IOMMU",
        "vfio",
    )
    lacks = one.lacks(Host(*(f"{word} is not there" for word in words)))
    assert ("vhost-net is not there" in lacks) == (one.backend.name == "vhost")
    assert ("macvtap is not there" in lacks) == (one.attachment.device == "tap")
    assert ("TUN is not there" in lacks) == (one.attachment.device == "tun" or one.attachment.shared_memory)
    assert ("OVS is not there" in lacks) == one.attachment.ovs_port
    assert ("passt is not there" in lacks) == (one.attachment.name == "passt")
    assert ("testpmd is not there" in lacks) == (one.attachment.name == "testpmd")
    assert ("OVS with DPDK is not there" in lacks) == (one.attachment.name == "ovs_dpdk")
    assert ("SR-IOV is not there" in lacks) == one.attachment.on_vf
    assert {"IOMMU is not there", "vfio is not there"} <= {*lacks} or one.attachment.device != "vfio"
    assert ("shared memory is not there" in lacks) == one.attachment.shared_memory
    assert one.lacks(Host()) == []


@each
def test_its_interface_is_what_libvirts_schema_takes(one):
    domain = etree.fromstring(
        "<domain type='qemu'><name>a</name><memory>65536</memory><vcpu>1</vcpu>"
        "<os><type arch='x86_64' machine='q35'>hvm</type></os><devices/></domain>"
    )
    domain.find("devices").append(interface(one, NIC._replace(driver={"queues": "2"} if one.multiqueue else {})))
    schema = etree.RelaxNG(file=str(SCHEMA))
    assert schema.validate(domain), schema.error_log


@each
def test_what_libvirt_shows_of_the_interface_is_read_back(one):
    shown = observed(one.name).live[0]
    asked = interfaces(parse(f"<domain><devices>{etree.tostring(interface(one, NIC)).decode()}</devices></domain>"))[0]
    driver = {} if shown.is_passed_through else shown.driver  # libvirt adds that it is vfio
    assert (asked.mac, asked.model, asked.mode, asked.driver) == (shown.mac, shown.model, shown.mode, driver)
    assert (asked.source == shown.source) or not shown.is_passed_through


@each
def test_it_says_what_a_reader_must_know(one):
    assert one.title
    assert one.note.endswith(".")
    assert set(one.directions) <= set(DIRECTIONS)
    assert one.attachment.host_end
    assert one.backend.movers or one.backend.name == "hardware"


@each
def test_names_of_links_on_the_host_fit(one):
    assert all(len(link.name) <= 15 for link in one.links(NIC))


def test_what_a_datapath_cannot_carry_is_refused():
    old = etree.fromstring(
        f"<interface type='network'><mac address='{MAC}'/><filterref filter='clean-traffic'/></interface>"
    )
    with pytest.raises(LabError, match=r"interface 52:54:00:00:90:01 has <filterref>, which QEMU's user-mode network"):
        interface(datapath("user"), NIC, old)
    assert interface(datapath("ethernet"), NIC, old).find("filterref").get("filter") == "clean-traffic"


@pytest.mark.parametrize(
    ("name", "nic", "sentence"),
    [
        ("e1000", NIC._replace(driver={"queues": "2"}), "takes no attributes of <driver>; leave out queues"),
        ("e1000", NIC._replace(driver={"host.csum": "off"}), "takes no attributes of <driver>; leave out host.csum"),
        ("user", NIC._replace(driver={"host.csum": "off"}), "has no offloads to switch; leave out host.csum"),
        ("user", NIC._replace(mtu=9000), "is not libvirt's to set; leave mtu out"),
        ("vhost", NIC._replace(model="e1000"), "the model of datapath vhost is virtio or virtio-transitional"),
        ("ethernet", NIC._replace(network=None, bridge=None), "needs the bridge that the NIC hangs on"),
    ],
)
def test_what_no_nic_can_be_is_refused(name, nic, sentence):
    with pytest.raises(LabError, match=sentence):
        interface(datapath(name), nic)


def test_place_and_rom_stay():
    old = etree.fromstring(
        f"<interface type='network'><mac address='{MAC}'/><model type='virtio'/><rom enabled='no'/>"
        "<alias name='net0'/><target dev='vnet3'/><driver name='vhost' queues='2'/>"
        "<address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></interface>"
    )
    new = interface(datapath("macvtap_bridge"), NIC, old)
    assert [child.tag for child in new] == ["mac", "source", "model", "driver", "rom", "address"]
    assert new.find("address").attrib == old.find("address").attrib


@pytest.mark.parametrize(
    ("of", "links", "why"),
    [
        ({"driver": "igbvf"}, None, "0000:01:10.0 is bound to igbvf, vfio-pci would be right"),
        ({"driver": None}, None, "0000:01:10.0 is bound to no driver, vfio-pci would be right"),
        ({}, {}, "QEMU does not hold /dev/vfio/"),
        ({"is_virtual": False}, None, None),
        (None, None, "sysfs has no PCI function at 0000:01:10.0"),
    ],
)
@pytest.mark.parametrize("monitor", [False, True])
def test_a_virtual_function_is_not_believed_that_the_guest_has_not(of, links, why, monitor):
    seen = observed("sriov_vf", monitor)
    ((address, function),) = seen.functions.items()
    functions = {} if of is None else {address: function._replace(**of)}
    told = statement_of(seen._replace(functions=functions, links=seen.links if links is None else links), MAC)
    assert (told["datapath"], told["agree"]) == ("unknown", False)
    assert [found[: len(why or "")] for found in told["disagreements"]] == ([why] if why else [])


def test_a_macvtap_is_on_a_virtual_function_or_not_by_the_kernels_word():
    seen = observed("sriov_macvtap")
    links = {name: link._replace(on_vf=not link.on_vf) for name, link in seen.host_links.items()}
    assert statement_of(seen._replace(host_links=links), MAC)["datapath"] == "macvtap_passthrough_vhost"
    plain = observed("macvtap_passthrough_vhost")
    links = {name: link._replace(on_vf=link.kind == "macvtap") for name, link in plain.host_links.items()}
    assert statement_of(plain._replace(host_links=links), MAC)["datapath"] == "sriov_macvtap"


@pytest.mark.parametrize(
    ("peers", "why"),
    [
        ({}, "no passt is connected to QEMU at the socket of 52:54:00:00:90:01: it has ended"),
        ({"stopped": True}, "passt, process 5, is connected at the socket of 52:54:00:00:90:01 and was stopped"),
        ({"program": "pasta"}, None),
    ],
)
@pytest.mark.parametrize("monitor", [False, True])
def test_passt_is_not_believed_where_it_does_not_move_the_packets(peers, why, monitor):
    seen = observed("passt", monitor)
    found = {seen.live[0].alias: Peer(5, "passt", False)._replace(**peers)} if peers else {}
    told = statement_of(seen._replace(peers=found), MAC)
    assert (told["datapath"], told["agree"]) == ("unknown", False)
    assert why is None or told["disagreements"][0].startswith(why)


TAPLESS = [("user", "passt"), ("passt", "user"), ("vhost_user_testpmd", "user"), ("user", "vhost_user_testpmd")]


@pytest.mark.parametrize(("was", "now"), TAPLESS)
def test_what_qemu_was_started_with_is_no_witness_of_a_nic_that_came_later(was, now):
    """A NIC was swapped while the guest ran: QEMU's argv keeps the first -netdev, under the alias of the new one."""
    later = [observed(now, monitor)._replace(argv=observed(was).argv) for monitor in (False, True)]
    told = statement_of(later[1] if is_argv_doubtful(later[0]) else later[0], MAC)
    assert (told["datapath"], told["disagreements"]) == (now, [])


@pytest.mark.parametrize("name", NAMES)
def test_argv_of_a_guest_as_it_was_started_is_in_no_doubt(name):
    assert not is_argv_doubtful(observed(name))


@pytest.mark.parametrize(
    ("peers", "why"),
    [
        ({}, "no process is connected to QEMU at {path}"),
        ({"has_memory": False}, "{program}, process 5, is connected at {path} and has none of "),
        ({"stopped": True}, "{program}, process 5, is connected at {path} and was stopped; let it go on"),
        ({"idle": "no thread"}, "{program}, process 5, is connected at {path} and moves no packet: no thread"),
        ({"program": "vhost-device-net"}, None),
    ],
)
@pytest.mark.parametrize("monitor", [False, True])
@pytest.mark.parametrize("name", VHOST_USER)
def test_vhost_user_is_not_believed_where_nobody_of_its_own_has_the_memory(name, peers, why, monitor):
    seen = observed(name, monitor)
    path, program = seen.live[0].source, datapath(name).attachment.programs[0]
    found = {path: Peer(5, program, True)._replace(**peers)} if peers else {}
    told = statement_of(seen._replace(peers=found), MAC)
    assert (told["datapath"], told["agree"]) == ("unknown", False)
    said = (why or "").format(path=path, program=program)
    assert [found[: len(said)] for found in told["disagreements"]] == ([said] if why else [])


@pytest.mark.parametrize("name", VHOST_USER)
@pytest.mark.parametrize("other", VHOST_USER)
def test_who_serves_a_socket_decides_and_not_where_it_lies(name, other):
    seen = observed(name)
    peer = Peer(5, datapath(other).attachment.programs[0], True)
    assert statement_of(seen._replace(peers={seen.live[0].source: peer}), MAC)["datapath"] == other


@pytest.mark.parametrize("said", ["vhost", "qemu"])
@pytest.mark.parametrize("name", VHOST_USER)
def test_the_monitor_tells_whether_vhost_user_has_started(name, said):
    told = statement_of(observed(name, True)._replace(monitor={MAC: said}), MAC)
    assert told["datapath"] == (name if said == "vhost" else "unknown")
