# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One guest, from outside (libvirt, /proc, ip) and from inside (the guest agent)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Iterator, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._inspect._host import descriptors
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._agent import Agent, argument
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._domain import find_domain, live_xml
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import Interface, interfaces
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import dump, parse
from ansible_collections.virtio.lab.plugins.module_utils._qemu import _process
from ansible_collections.virtio.lab.plugins.module_utils._text import lines, plain
from ansible_collections.virtio.lab.plugins.module_utils._witness._statement import witnesses

if TYPE_CHECKING:
    import libvirt
    from lxml.etree import _Element

    from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner

_PATHS, _LONGEST_PATH, _LONGEST_LSPCI = 3, 4096, 8192


def inspect(
    connection: libvirt.virConnect, name: str, wait_s: float, run: Runner, proc: str = _process.PROC
) -> dict[str, Any]:
    """Return what there is to see of the running domain name and its virtio NICs; wait_s is for its agent.

    Raises LabError for a domain that is unknown or does not run, and when /proc may not be read.
    """
    domain = find_domain(connection, name)
    text = live_xml(domain)
    if text is None:
        raise LabError(f"domain {name!r} does not run: there is no datapath to look at; start it first")
    found = witnesses(connection, name, root=proc)
    # A MAC address alone does not tell: by <teaming> two NICs have one.
    elements = {(nic.mac, nic.address): element for nic, element in _elements(text)}
    taps = run(["ip", "-d", "tuntap"]).stdout
    inside, missing = _inside(domain, wait_s)
    nics = []
    for datapath in found:
        mac, target = datapath["interface"]["mac"], datapath["interface"]["target"]
        element = elements.get((mac, datapath["interface"]["address"]))
        link, why = (None, missing) if missing else _link_of(inside, mac)
        nics.append(
            {
                "datapath": datapath,
                # The stored configuration may have a NIC that the running guest has not.
                "xml": dump(element) if element is not None else None,
                "tuntap": tuntap_of(taps, target),
                "link": _host_link(target, run),
                "guest": link,
                "guest_missing": why,
            }
        )
    return {"name": name, "pid": found[0]["pid"], "descriptors": descriptors(found[0]["pid"], proc), "nics": nics}


def tuntap_of(text: str, target: Optional[str]) -> Optional[str]:
    """Return the lines `ip -d tuntap` prints for one device, None when it is no TUN or TAP.

    >>> tuntap_of("vnet0: tap vnet_hdr\\n\\tAttached to processes: qemu(9)\\nvnet1: tap\\n", "vnet0")
    'vnet0: tap vnet_hdr\\n\\tAttached to processes: qemu(9)'
    """
    if not target:
        return None
    found: list[str] = []
    for line in text.splitlines():
        if (line.startswith(f"{target}: ") and not found) or (found and line[:1].isspace()):
            found.append(line)
        elif found:
            break
    return "\n".join(found).rstrip() or None


def chain(paths: list[str]) -> dict[str, Any]:
    """Return the driver chain of a guest's NIC from the real paths of its device, its driver and its parent's driver.

    >>> chain(["/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/virtio0", "/sys/bus/virtio/drivers/virtio_net",
    ...        "/sys/bus/pci/drivers/virtio-pci"])["pci"]
    '0000:01:00.0'
    """
    if len(paths) != _PATHS or any(len(path) > _LONGEST_PATH for path in paths):
        raise LabError(f"realpath in the guest printed {len(paths)} lines; {_PATHS} paths would be right")
    device, driver, parent_driver = map(plain, paths)
    *_above, parent, virtio = ["", *device.split("/")]
    return {
        "path": device,
        "virtio": virtio,
        "driver": driver.rsplit("/", 1)[-1],
        "pci": parent if re.fullmatch(r"[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.\d", parent) else None,
        "pci_driver": parent_driver.rsplit("/", 1)[-1],
    }


def _host_link(target: Optional[str], run: Runner) -> Optional[dict[str, Any]]:
    return json.loads(run(["ip", "-j", "-d", "link", "show", "dev", target]).stdout)[0] if target else None


def _elements(text: str) -> Iterator[tuple[Interface, _Element]]:
    root = parse(text)
    return zip(interfaces(root), root.iterfind("devices/interface"))


def _link_of(links: list[dict[str, Any]], mac: str) -> tuple[Optional[dict[str, Any]], Optional[str]]:
    """Return the guest's link of a virtio NIC, and in words why there is none."""
    having = [link for link in links if link["mac"] == mac]
    # A NIC that is passed through may share the address, and so does the link over both of them.
    virtio = [link for link in having if (link["chain"] or {}).get("driver") == "virtio_net"]
    found = virtio or having
    if len(found) == 1:
        return found[0], None
    if not found:
        return None, f"the guest has no link with address {mac}"
    return None, f"the guest has {len(found)} links with address {mac}: which of them this NIC is cannot be told"


def _inside(domain: libvirt.virDomain, wait_s: float) -> tuple[list[dict[str, Any]], Optional[str]]:
    """Return what the guest says of its links, and in words why it says nothing."""
    agent = Agent(domain)
    try:
        agent.wait(wait_s)
        links = [link for link in agent.interfaces() if link["mac"].strip("0:")]
        return [_seen(agent, link) for link in links], None
    except LabError as silent:
        return [], str(silent)


def _seen(agent: Agent, link: dict[str, Any]) -> dict[str, Any]:
    """The link with its chain of drivers; without, where what the guest says of that is nothing to go by."""
    try:
        return _link(agent, link)
    except LabError:
        return {**link, "chain": None, "lspci": None}


def _link(agent: Agent, link: dict[str, Any]) -> dict[str, Any]:
    device = f"/sys/class/net/{argument(link['name'])}/device"
    paths = agent.exec(["realpath", device, f"{device}/driver", f"{device}/../driver"])
    found = chain(paths.stdout.splitlines()) if paths.rc == 0 else None
    lspci = agent.exec(["lspci", "-k", "-s", found["pci"]]) if found and found["pci"] else None
    return {**link, "chain": found, "lspci": lines(lspci.stdout, _LONGEST_LSPCI) if lspci and lspci.rc == 0 else None}
