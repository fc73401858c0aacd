# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured: one playbook each, what it needs, and the figures that are made of its tasks' times."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import NamedTuple

import campaign

GROUP = 77


class Row(NamedTuple):
    """A figure of the table: the seconds of a task less those of others, over those of a reference (1 when empty)."""

    label: str
    of: str
    less: str = ""
    over: str = ""


class Benchmark(NamedTuple):
    """How many things; what writes a folder's files and returns the playbook's variables; the tasks and the figures.

    ``programs`` are those that it needs beside ansible-playbook, ``most`` the largest number of things there can be.
    """

    count: int
    prepare: Callable[[int, Path], dict[str, object]]
    tasks: tuple[str, ...]
    rows: tuple[Row, ...]
    programs: tuple[str, ...] = ()
    most: int | None = None


def taps(count: int, folder: Path) -> dict[str, object]:
    """Write the `ip -batch` that somebody would write by hand, and the one that removes it all."""
    names = [f"tap{number}" for number in range(count)]
    add = (f"tuntap add dev {name} mode tap\nlink set dev {name} master br0 up\n" for name in names)
    (folder / "add").write_text("".join(add), encoding="ascii")
    # One by one the kernel takes 20 ms for each; as a group it waits once.
    group = (f"link set dev {name} group {GROUP}\n" for name in names)
    (folder / "delete").write_text(f"{''.join(group)}link delete group {GROUP}\n", encoding="ascii")
    return {"bench_devices": [{"name": name} for name in names]}


def networks(count: int, folder: Path) -> dict[str, object]:
    """Write what somebody would write by hand, and an interpreter that notes which sockets a module connects to."""
    names = [f"bench{number}" for number in range(count)]
    # A corner of 10.0.0.0/8 that a route of the host hardly reaches, in pieces of 16 addresses.
    first = int(IPv4Address("10.243.0.0"))
    subnets = [IPv4Network((first + 16 * number, 28)) for number in range(count)]
    xml = [
        f"<network><name>{name}</name><forward mode='nat'/><bridge name='{name}'/>"
        f"<ip address='{subnet[1]}' prefix='28'><dhcp><range start='{subnet[2]}' end='{subnet[-2]}'/></dhcp></ip>"
        "</network>"
        for name, subnet in zip(names, subnets, strict=True)
    ]
    start = "import libvirt\nconnection = libvirt.open('qemu:///system')\n"
    (folder / "define.py").write_text(f"{start}for xml in {xml!r}:\n    connection.networkDefineXML(xml)\n")
    (folder / "undefine.py").write_text(
        f"{start}for name in {names!r}:\n    connection.networkLookupByName(name).undefine()\n"
    )
    traced = folder / "traced"
    traced.write_text(
        f'#!/bin/sh\nexec strace -f -qq -e trace=connect -o {folder / "connects"} /usr/bin/python3 "$@"\n'
    )
    traced.chmod(0o755)
    wanted = [
        {"name": name, "bridge": name, "subnet": str(subnet)} for name, subnet in zip(names, subnets, strict=True)
    ]
    return {"bench_networks": wanted}


def report(count: int, folder: Path) -> dict[str, object]:
    """Write the run documents of a campaign that was never measured."""
    (folder / "results").mkdir()
    campaign.write(count, folder / "results")
    return {}


BENCHMARKS = {
    "taps": Benchmark(
        1000,
        taps,
        ("noop", "batch", "module"),
        (
            Row("a task that does nothing (s)", "noop"),
            Row("a task with the hand-written `ip -batch` (s)", "batch"),
            Row("the tuntap task (s)", "tuntap"),
            Row("the tuntap task again, nothing to do (s)", "tuntap again"),
            Row("  of it the module (s)", "tuntap again", less="noop"),
            Row("tuntap / `ip -batch` and a module start (×)", "tuntap", over="batch"),
        ),
        ("ip",),
        1024,
    ),
    "networks": Benchmark(
        200,
        networks,
        ("noop", "single", "bindings", "module"),
        (
            Row("a task that does nothing (s)", "noop"),
            Row("a task for one network (s)", "libvirt_net, one network"),
            Row("a task with the definitions by libvirt's Python binding (s)", "bindings"),
            Row("the libvirt_net task (s)", "libvirt_net"),
            Row("the libvirt_net task again, nothing to do (s)", "libvirt_net again"),
            Row("  of it the module (s)", "libvirt_net again", less="noop"),
            Row("libvirt_net / binding and a module start (×)", "libvirt_net", over="bindings"),
            Row("libvirt_net / a task for one network (×)", "libvirt_net", over="libvirt_net, one network"),
            Row("libvirt connections of the libvirt_net task", "libvirt connections"),
        ),
        ("ip", "virsh", "strace"),
        1024,
    ),
    "report": Benchmark(
        10000,
        report,
        ("noop", "module"),
        (
            Row("a task that does nothing (s)", "noop"),
            Row("the report task (s)", "report"),
            Row("  CPU seconds of all its processes (s)", "report, CPU"),
            Row("the report task again, nothing to do (s)", "report again"),
            Row("report.html (MB)", "megabytes of report.html"),
            Row("comparison.json (MB)", "megabytes of comparison.json"),
        ),
    ),
}
