# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A hypervisor for the toggle: libvirt's own test driver keeps the domains, and this adds what that driver lacks.

That is a start with the vCPUs held, a guest that can be asked to shut down, hot-plug, and a /proc with QEMU's process
in it, whose descriptors and threads come from the live XML as libvirt and QEMU would open them.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import libvirt
import pytest
from lxml import etree

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import Interface, interfaces
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._removals import Removals
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse
from ansible_collections.virtio.lab.plugins.module_utils._qemu import _monitor

Fds = dict[int, tuple[str, Any]]
NODE = "<node><cpu><mhz>1</mhz><model>m</model><active>1</active><nodes>1</nodes><sockets>1</sockets><cores>1</cores>"
NODE += "<threads>1</threads></cpu><memory>1048576</memory></node>"


class Guest:
    """A domain of the test driver that runs as QEMU's driver would run it."""

    def __init__(self, world: World, domain: Any) -> None:
        self.world, self.domain, self.live = world, domain, ""
        self.name = domain.name
        # What goes wrong: "shutdown", "start", "detach" (nothing happens), "refused", "attach" (once), "resume"
        self.fails: list[str] = []
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.domain, name)

    def XMLDesc(self, flags: int = 0) -> str:  # libvirt's name  # noqa: N802
        return self.live if flags == 0 and self.isActive() else self.domain.XMLDesc(flags)

    def _meet(self, step: str) -> bool:
        self.calls.append(step)
        if step in self.fails:
            self.fails.remove(step)
            return True
        return False

    def create(self) -> None:
        self.createWithFlags(0)

    def createWithFlags(self, flags: int) -> None:  # libvirt's name  # noqa: N802
        if self._meet("start"):
            raise libvirt.libvirtError("QEMU would not start")
        self.domain.create()
        root = etree.fromstring(self.domain.XMLDesc(0))
        for number, element in enumerate(root.iterfind("devices/interface"), 1):
            address = {"type": "pci", "domain": "0x0000", "bus": hex(number), "slot": "0x00", "function": "0x0"}
            if element.find("address") is None:
                element.append(element.makeelement("address", address))
            self.world.name(element, f"net{number - 1}")
        self.live = etree.tostring(root, encoding="unicode")
        self.world.run(self, at_start=True)
        if flags & libvirt.VIR_DOMAIN_START_PAUSED:
            self.domain.suspend()

    def resume(self) -> None:
        if self._meet("resume"):
            raise libvirt.libvirtError("would not resume")
        self.domain.resume()

    def shutdownFlags(self, _flags: int) -> None:  # libvirt's name  # noqa: N802
        if "shutdown" in self.fails:
            raise libvirt.libvirtError("nobody listens")
        self.calls.append("shutdown")
        self._end()

    def destroy(self) -> None:
        self.calls.append("destroy")
        self._end()

    def _end(self) -> None:
        self.domain.destroy()
        self.world.end(self)

    def detachDeviceAlias(self, alias: str, _flags: int) -> None:  # libvirt's name  # noqa: N802
        if self._meet("detach_error"):
            raise libvirt.libvirtError("no such device")
        if self._meet("detach"):
            return
        if self._meet("refused"):
            self.world.heard.tell(self, alias, "refused")
            return
        root = etree.fromstring(self.live)
        (gone,) = root.xpath(f"devices/interface[alias/@name='{alias}']")
        gone.getparent().remove(gone)
        self._runs_with(root)
        self.world.heard.tell(self, alias, "removed")

    def attachDeviceFlags(self, text: str, _flags: int) -> None:  # libvirt's name  # noqa: N802
        if self._meet("attach"):
            raise libvirt.libvirtError("QEMU refused the device")
        root, element = etree.fromstring(self.live), etree.fromstring(text)
        if self._meet("moved"):
            element.find("address").set("bus", "0x63")
        names = (one.alias for one in interfaces(parse(self.live)))
        taken = [int(name[3:]) for name in names if name and name.startswith("net")]
        self.world.name(element, f"net{max(taken, default=-1) + 1}")
        root.find("devices").append(element)
        self._runs_with(root)

    def _runs_with(self, root: Any) -> None:
        self.live = etree.tostring(root, encoding="unicode")
        self.world.run(self, at_start=False)


class World:
    """A connection and a /proc; vhost_works is whether libvirt can open /dev/vhost-net."""

    def __init__(self, folder: Path) -> None:
        node = folder / "node.xml"
        node.write_text(NODE, encoding="utf-8")
        self.connection = libvirt.open(f"test://{node}")
        self.proc = folder / "proc"
        self.proc.mkdir()
        self.heard = Removals()
        self.vhost_works = True
        self._guests: dict[str, Guest] = {}
        self._held: dict[str, dict[str, Fds]] = {}
        self._taps = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)

    def listAllDomains(self, flags: int = 0) -> list[Guest]:  # libvirt's name  # noqa: N802
        return [self._guests.setdefault(one.name(), Guest(self, one)) for one in self.connection.listAllDomains(flags)]

    def guest(self, name: str, nics: str, running: bool = True) -> Guest:
        """Define a domain with these interfaces and start it."""
        self.connection.defineXML(
            f"<domain type='test'><name>{name}</name><memory>1024</memory><os><type>hvm</type></os>"
            f"<devices>{nics}</devices></domain>"
        )
        guest = next(one for one in self.listAllDomains() if one.name() == name)
        if running:
            guest.create()
            guest.calls.clear()
        return guest

    def name(self, element: Any, alias: str) -> None:
        """Give a NIC the alias and target that libvirt would make up; names of the user's stay."""
        old = element.find("alias")
        if old is None or not old.get("name").startswith("ua-"):
            for one in [old] if old is not None else []:
                element.remove(one)
            element.append(element.makeelement("alias", {"name": alias}))
        target = element.find("target")
        if target is None or target.get("dev").startswith(("vnet", "testnet")):
            for one in [target] if target is not None else []:
                element.remove(one)
            element.append(element.makeelement("target", {"dev": f"vnet{self._taps}"}))
            self._taps += 1

    def end(self, guest: Guest) -> None:
        """Let QEMU's process go."""
        shutil.rmtree(self._home(guest), ignore_errors=True)

    def run(self, guest: Guest, at_start: bool) -> None:
        """Write QEMU's process; a NIC that stays keeps its descriptors, a new one gets what numbers are free."""
        nics = interfaces(parse(guest.live))
        held = {} if at_start else self._held[guest.name()]
        held = {key: fds for key, fds in held.items() if key in [nic.alias for nic in nics]}
        words = ["-uuid", guest.UUIDString()]
        for nic in nics:
            if nic.alias not in held:
                held[nic.alias] = self._open(nic, [number for fds in held.values() for number in fds])
            taps, workers = (
                ":".join(str(number) for number, (device, _tap) in held[nic.alias].items() if device == kind)
                for kind in ("/dev/net/tun", "/dev/vhost-net")
            )
            netdev = {"type": "tap", "id": f"host{nic.alias}", "fds": taps}
            netdev |= {"vhost": True, "vhostfds": workers} if workers else {}
            words += ["-netdev", json.dumps(netdev)]
            words += ["-device", json.dumps({"id": nic.alias, "netdev": f"host{nic.alias}"})]
        self._held[guest.name()] = held
        fds = {number: found for nic_fds in held.values() for number, found in nic_fds.items()}
        self._write(guest, words if at_start else None, fds)

    def _open(self, nic: Interface, taken: list[int]) -> Fds:
        count = int(nic.driver.get("queues", 1))
        vhost = nic.is_virtio and self.vhost_works and nic.driver.get("name") != "qemu"
        wanted = [("/dev/net/tun", nic.target)] * count + [("/dev/vhost-net", None)] * count * vhost
        free = (number for number in range(10, 100) if number not in taken)
        return dict(zip(free, wanted, strict=False))

    def monitor(self, guest: Guest, text: str) -> str:
        """Answer as QEMU's monitor does when it is asked for a NIC's backend."""
        alias = json.loads(text)["arguments"]["path"].split("/")[3]
        fds = self._held[guest.name()].get(alias)
        if fds is None:
            return '{"error": {"class": "GenericError"}}'
        started = any(device == "/dev/vhost-net" for device, _tap in fds.values())
        return json.dumps(
            {"return": {"vhost-started": started, "status": {"statuses": ["VIRTIO_CONFIG_S_DRIVER_OK: x"]}}}
        )

    def _home(self, guest: Guest) -> Path:
        return self.proc / str(1000 + sorted(self._guests).index(guest.name()))

    def _write(self, guest: Guest, words: list[str] | None, fds: Fds) -> None:
        home = self._home(guest)
        if words is None:
            words = home.joinpath("cmdline").read_text(encoding="utf-8").split("\0")[:-1]
        shutil.rmtree(home, ignore_errors=True)
        for folder in ("fd", "fdinfo", "task"):
            (home / folder).mkdir(parents=True)
        home.joinpath("cmdline").write_text("".join(f"{word}\0" for word in words), encoding="utf-8")
        for number, (device, tap) in fds.items():
            (home / "fd" / str(number)).symlink_to(device)
            told = f"iff:\t{tap}\n" if tap else "pos:\t0\n"
            (home / "fdinfo" / str(number)).write_text(told, encoding="utf-8")
        names = ["qemu-system-x86", *[f"vhost-{home.name}"] * sum(tap is None for _device, tap in fds.values())]
        for number, comm in enumerate(names):
            task = home / "task" / str(int(home.name) + number)
            task.mkdir()
            (task / "comm").write_text(f"{comm}\n", encoding="utf-8")
            (task / "schedstat").write_text("5 0 1\n", encoding="utf-8")


@pytest.fixture(autouse=True)
def monitor(monkeypatch):
    """QEMU's monitor belongs to QEMU's driver: the guests of a World answer for it."""

    def answer(guest, text, flags):
        return "" if flags else guest.world.monitor(guest, text)  # nobody has a human's monitor here

    monkeypatch.setattr(_monitor, "libvirt_qemu", SimpleNamespace(qemuMonitorCommand=answer))


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)
