# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import libvirt
import libvirt_qemu
import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._inspect import _guest, _host
from ansible_collections.virtio.lab.plugins.module_utils._runner import Result, run

from ..conftest import Guest

MAC, STORED_MAC = "52:54:00:00:90:01", "52:54:00:00:90:02"
LINK = '[{"ifname": "lab0", "linkinfo": {"info_kind": "tun"}}]'


def test_modules_are_loaded_built_in_or_absent(tmp_path):
    (tmp_path / "module" / "tun" / "parameters").mkdir(parents=True)
    (tmp_path / "module" / "vhost_net" / "parameters").mkdir(parents=True)
    (tmp_path / "module" / "vhost_net" / "parameters" / "experimental_zcopytx").write_text("0\n", encoding="ascii")
    text = "vhost_net 36864 2 - Live 0x0000000000000000\nvhost 65536 1 vhost_net, Live 0x0000000000000000\n"
    found = _host.modules(text, str(tmp_path))
    assert found["vhost_net"] == {
        "state": "loaded",
        "users": 2,
        "used_by": [],
        "parameters": {"experimental_zcopytx": "0"},
    }
    assert found["vhost"]["used_by"] == ["vhost_net"]
    assert (found["tun"]["state"], found["tun"]["users"]) == ("built-in", None)
    assert found["macvtap"]["state"] == "absent"


def test_a_descriptor_of_a_tap_names_its_link(tmp_path):
    for folder in ("fd", "fdinfo"):
        (tmp_path / "9" / folder).mkdir(parents=True)
    for number, target in {3: "/dev/null", 4: "/dev/net/tun", 5: "/dev/vhost-net", 6: "anon_inode:kvm-vm"}.items():
        (tmp_path / "9" / "fd" / str(number)).symlink_to(target)
    (tmp_path / "9" / "fdinfo" / "4").write_text("pos:\t0\niff:\tvnet0\n", encoding="ascii")
    assert _host.descriptors(9, str(tmp_path)) == [
        {"fd": 4, "target": "/dev/net/tun", "link": "vnet0"},
        {"fd": 5, "target": "/dev/vhost-net", "link": None},
        {"fd": 6, "target": "anon_inode:kvm-vm", "link": None},
    ]


def test_tuntap_lines_of_one_device():
    text = "vnet1: tap\nvnet10: tap vnet_hdr\n\tAttached to processes:qemu-system-x86(918)\nvnet2: tap\n"
    assert _guest.tuntap_of(text, "vnet10") == "vnet10: tap vnet_hdr\n\tAttached to processes:qemu-system-x86(918)"
    assert _guest.tuntap_of(text, "vnet1") == "vnet1: tap"
    assert _guest.tuntap_of(text, "vnet3") is None
    assert _guest.tuntap_of(text, None) is None


def test_a_virtio_device_without_pci_has_no_slot():
    lines = ["/sys/devices/platform/a000000.virtio_mmio/virtio0", "/sys/bus/virtio/drivers/virtio_net"]
    found = _guest.chain([*lines, "/sys/bus/platform/drivers/virtio-mmio"])
    assert (found["pci"], found["pci_driver"], found["driver"]) == (None, "virtio-mmio", "virtio_net")


def test_this_machine_is_read_as_it_is():
    found = _host.host()
    assert found["kernel"] == os.uname().release
    assert found["devices"]["/dev/net/tun"] is Path("/dev/net/tun").exists()
    listed = Path("/proc/modules")  # not there where the kernel has no modules at all
    lines = listed.read_text(encoding="ascii").splitlines() if listed.exists() else []
    loaded = {line.split()[0] for line in lines}
    assert {name for name, module in found["modules"].items() if module["state"] == "loaded"} == (
        loaded & set(_host.MODULES)
    )


@pytest.mark.parametrize(("text", "state"), [("tun 1 0 - Live 0x0\n", "loaded"), (None, "absent")])
def test_a_kernel_need_not_have_modules(tmp_path, text, state):
    if text:
        (tmp_path / "modules").write_text(text, encoding="ascii")
    assert _host.host(str(tmp_path), str(tmp_path))["modules"]["tun"]["state"] == state


def test_a_descriptor_that_closes_meanwhile_has_no_link(tmp_path):
    (tmp_path / "9/fd").mkdir(parents=True)
    (tmp_path / "9/fd/4").symlink_to("/dev/net/tun")
    assert _host.descriptors(9, str(tmp_path)) == [{"fd": 4, "target": "/dev/net/tun", "link": None}]


@pytest.fixture(name="qemu")
def captured_qemu(tmp_path: Path) -> Guest:
    return Guest("vhost", tmp_path)


@pytest.fixture(name="connection")
def connection_to_the_guest(qemu: Guest) -> Iterator[libvirt.virConnect]:
    """Have the captured guest run in libvirt's test driver, and stored with a second NIC."""
    libvirt.registerErrorHandler(lambda _context, _error: None, None)

    def definition(*macs: str) -> str:
        nics = "".join(
            f"<interface type='network'><mac address='{mac}'/><source network='default'/>"
            f"<target dev='lab{number}'/><model type='virtio'/><driver name='vhost'/></interface>"
            for number, mac in enumerate(macs)
        )
        return (
            f"<domain type='test'><name>guest-a</name><uuid>{qemu.data['uuid']}</uuid><memory>1024</memory>"
            f"<os><type>hvm</type></os><devices>{nics}</devices></domain>"
        )

    with libvirt.open("test:///default") as connection:
        domain = connection.defineXML(definition(MAC))
        domain.create()
        connection.defineXML(definition(MAC, STORED_MAC))
        yield connection
        if domain.isActive():
            domain.destroy()
        domain.undefine()


def ip(argv: list[str]) -> Result:
    """Answer as iproute2 does on the captured host."""
    assert argv[0] == "ip"
    return Result(0, LINK if "link" in argv else "lab0: tap vnet_hdr\n\tAttached to processes:qemu(918)\n", "")


@pytest.fixture(name="agent")
def answering_agent(monkeypatch: pytest.MonkeyPatch) -> dict[str, Result]:
    """Have a guest agent answer with one link, and run programs as the returned dictionary says; cat is not there."""
    device = "/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/virtio0"
    programs = {
        "realpath": Result(0, f"{device}\n/sys/bus/virtio/drivers/virtio_net\n/sys/bus/pci/drivers/virtio-pci\n", ""),
        "lspci": Result(0, "01:00.0 Ethernet controller\n", ""),
    }
    links = [
        {"name": "lo", "hardware-address": "00:00:00:00:00:00"},
        {"name": "eth0", "hardware-address": MAC.upper(), "ip-addresses": []},
    ]

    def answer(_domain: libvirt.virDomain, text: str, _timeout: int, _flags: int) -> str:
        message: dict[str, Any] = json.loads(text)
        arguments = message.get("arguments", {})
        if message["execute"] == "guest-exec":
            return json.dumps({"return": {"pid": 1 + list(programs).index(arguments["path"])}})
        if message["execute"] == "guest-exec-status":
            result = list(programs.values())[arguments["pid"] - 1]
            out = base64.b64encode(result.stdout.encode()).decode()
            return json.dumps({"return": {"exited": True, "exitcode": result.rc, "out-data": out}})
        return json.dumps({"return": links if "interfaces" in message["execute"] else {}})

    monkeypatch.setattr(libvirt_qemu, "qemuAgentCommand", answer)
    return programs


def test_a_guest_is_seen_from_all_sides(connection, qemu, agent):
    (Path(qemu.root, str(qemu.pid)) / "fdinfo").mkdir()
    Path(qemu.root, str(qemu.pid), "fdinfo", "34").write_text("iff:\tvnet0\n", encoding="ascii")
    seen = _guest.inspect(connection, "guest-a", 1, ip, qemu.root)
    assert seen["pid"] == qemu.pid
    assert {"fd": 34, "target": "/dev/net/tun", "link": "vnet0"} in seen["descriptors"]
    live, stored = seen["nics"]
    assert live["datapath"]["interface"]["mac"] == MAC
    assert MAC in live["xml"]
    assert live["tuntap"] == "lab0: tap vnet_hdr\n\tAttached to processes:qemu(918)"
    assert live["link"] == json.loads(LINK)[0]
    assert live["guest"]["name"] == "eth0"
    assert live["guest"]["chain"]["pci"] == "0000:01:00.0"
    assert live["guest"]["lspci"] == "01:00.0 Ethernet controller\n"
    assert live["guest_missing"] is None
    assert (stored["xml"], stored["guest"]) == (None, None)
    assert stored["guest_missing"] == f"the guest has no link with address {STORED_MAC}"


def test_what_the_guest_lacks_is_null(connection, qemu, agent):
    agent["lspci"] = Result(127, "", "")
    assert _guest.inspect(connection, "guest-a", 1, ip, qemu.root)["nics"][0]["guest"]["lspci"] is None
    agent["realpath"] = Result(1, "", "")
    assert _guest.inspect(connection, "guest-a", 1, ip, qemu.root)["nics"][0]["guest"]["chain"] is None


def test_a_silent_guest_is_null_with_the_reason(connection, qemu):
    nic = _guest.inspect(connection, "guest-a", 0, ip, qemu.root)["nics"][0]
    assert nic["guest"] is None
    assert "the guest agent of guest-a did not answer within 0 s" in nic["guest_missing"]


def test_a_guest_that_does_not_run_has_no_datapath(connection, qemu):
    connection.lookupByName("guest-a").destroy()
    with pytest.raises(LabError, match="domain 'guest-a' does not run"):
        _guest.inspect(connection, "guest-a", 0, run, qemu.root)


def test_a_nic_without_a_tap_has_no_link():
    assert _guest._host_link(None, run) is None
    assert _guest._host_link("lo", run)["ifname"] == "lo"


@pytest.mark.parametrize(
    ("drivers", "found", "why"),
    [
        ([], None, f"the guest has no link with address {MAC}"),
        (["e1000e"], 0, None),
        # A team as the guest sees it: the link over both, the virtio NIC, the one that is passed through.
        ([None, "virtio_net", "iavf"], 1, None),
        (["virtio_net", "virtio_net"], None, f"the guest has 2 links with address {MAC}: which of them"),
    ],
)
def test_the_link_of_a_nic_whose_address_another_one_has(drivers, found, why):
    links = [{"mac": MAC, "chain": driver and {"driver": driver}} for driver in drivers]
    link, said = _guest._link_of([{"mac": STORED_MAC, "chain": None}, *links], MAC)
    assert link is (None if found is None else links[found])
    assert (said or "").startswith(why or "")
    assert bool(said) is bool(why)
