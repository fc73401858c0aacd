# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What QEMU and libvirt can do, as they tell it themselves."""

from __future__ import annotations

import re
from typing import Dict, Iterable, NamedTuple, Optional, Tuple

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import Attachment, Frontend
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._frontends import is_device
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign._reads import reads
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse
from ansible_collections.virtio.lab.plugins.module_utils._preflight._ask import LateError, last_line
from ansible_collections.virtio.lab.plugins.module_utils._preflight._capability import Capability, no, unknown, yes
from ansible_collections.virtio.lab.plugins.module_utils._preflight._machine import Machine
from ansible_collections.virtio.lab.plugins.module_utils._qemu._program import version_line

URI = "qemu:///system"
_MOST = 1 << 20
_DEVICE = re.compile(r'name "([\x21\x23-\x7e]{1,80})"')
_NETDEV = re.compile(r"[a-z][a-z0-9-]{0,39}")
_LIBRARY = re.compile(r"Using library: libvirt ([0-9.]{1,20})")
_RUNS = re.compile(r"Running hypervisor: QEMU ([0-9.]{1,20})")
_INSTALL = "install QEMU and libvirt; the role virtio.lab.hypervisor does"
_START = (
    "be root, and start libvirt (systemctl start libvirtd.socket; without systemd virtlogd -d and libvirtd -d); "
    "the role virtio.lab.hypervisor does"
)


class Features(NamedTuple):
    """What libvirt says of the domains it can have. backends: of an <interface>, None where it does not tell them."""

    emulator: str
    memory: Tuple[str, ...]
    backends: Optional[Tuple[str, ...]]


class Libvirt(NamedTuple):
    """The answer of libvirt; features: None where it told none, silence says then why."""

    capability: Capability
    features: Optional[Features] = None
    silence: str = "libvirt did not tell what memory guests can have"


def libvirt(of: Machine) -> Libvirt:
    """Ask it by virsh: that can be stopped where libvirt does not answer, as it does beside a KVM that hangs."""
    virsh = of.find("virsh")
    if virsh is None:
        daemon = of.find("libvirtd") or of.find("virtqemud")
        if daemon is None:
            return Libvirt(no("libvirt", "there is neither libvirtd nor virtqemud on this host", _INSTALL))
        return Libvirt(unknown("libvirt", f"{daemon} is there, but no virsh to ask it by", "install libvirt-clients"))
    ask = [virsh, "--connect", URI]
    try:
        said = of.runner([*ask, "version"], check=False)
        library = _LIBRARY.search(said.stdout[:_MOST])
        if not library:
            why = f"libvirt does not answer at {URI}: {last_line(said.stderr or said.stdout)}"
            return Libvirt(no("libvirt", why, _START))
        taken = _domains(of, ask)
    except LateError as late:
        return Libvirt(
            unknown("libvirt", late, "look what libvirt waits for (journalctl -u libvirtd), or raise timeout_s")
        )
    except LabError as error:
        return Libvirt(unknown("libvirt", error, _INSTALL))
    runs = _RUNS.search(said.stdout[:_MOST])
    kinds = f"takes domains of type {' and '.join(taken)}" if taken else "takes no domain of type qemu or kvm"
    why = f"libvirt {library[1]} answers at {URI}, has QEMU {runs[1] if runs else '(none)'}, and {kinds}"
    if not taken:
        return Libvirt(no("libvirt", why, _INSTALL))
    try:
        return Libvirt(yes("libvirt", why), parse_features(next(iter(taken.values()))))
    except LabError as unread:  # it answers all the same
        return Libvirt(yes("libvirt", why), silence=str(unread))


def _domains(of: Machine, ask: list[str]) -> Dict[str, str]:
    """What it says of each type of domain that it takes."""
    taken: Dict[str, str] = {}
    for kind in ("qemu", "kvm"):
        said = of.runner([*ask, "domcapabilities", "--virttype", kind], check=False)
        if said.rc == 0:
            taken[kind] = said.stdout
    return taken


@reads("what `virsh domcapabilities` prints")
def parse_features(text: str) -> Features:
    """Raises LabError where it is no <domainCapabilities>."""
    root = parse(text[:_MOST])
    if root.tag != "domainCapabilities":
        raise LabError(f"`virsh domcapabilities` printed a <{root.tag}>, no <domainCapabilities>")
    memory = root.find("memoryBacking")
    backends = root.find("devices/interface/enum[@name='backendType']")
    return Features(
        emulator=root.findtext("path") or "",
        memory=_values(memory.find("enum[@name='sourceType']") if memory is not None else None) or (),
        backends=_values(backends),
    )


def _values(enum) -> Optional[Tuple[str, ...]]:
    return None if enum is None else tuple((value.text or "")[:80] for value in enum.iterfind("value"))


def shared_memory(told: Libvirt) -> Capability:
    """Whether guests can have memory that another process maps, without hugepages; vhost-user needs it."""
    name = "shared_memory"
    if told.features is None:
        return unknown(name, told.silence, told.capability.remedy or _INSTALL)
    sources = ", ".join(told.features.memory) or "none"
    if "memfd" in told.features.memory:
        return yes(name, f"libvirt has the memory sources {sources}")
    return no(name, f"libvirt has the memory sources {sources}, not memfd", "take QEMU 4.0 and libvirt 7.3 or newer")


class Qemu(NamedTuple):
    """The answer of QEMU; devices, netdevs: all that it has, None where it did not tell."""

    capability: Capability
    devices: Optional[frozenset[str]] = None
    netdevs: Optional[frozenset[str]] = None


def qemu(of: Machine, path: Optional[str]) -> Qemu:
    """Ask the program: its version and what it has; no guest is started, KVM is not touched."""
    if path is None:
        return Qemu(no("qemu", f"there is no qemu-system-{of.architecture} on this host", _INSTALL))
    try:
        version = version_line(path, of.runner)
        if version is None:
            return Qemu(no("qemu", f"{path} is no QEMU: its --version does not tell of one", _INSTALL))
        devices = parse_devices(of.runner([path, "-device", "help"]).stdout)
        netdevs = parse_netdevs(of.runner([path, "-netdev", "help"]).stdout)
    except LateError as late:
        return Qemu(unknown("qemu", late, "look why it hangs, or raise timeout_s"))
    except LabError as error:
        return Qemu(no("qemu", error, _INSTALL))
    return Qemu(yes("qemu", f"{path} is QEMU {version}"), devices or None, netdevs or None)


def parse_devices(text: str) -> frozenset[str]:
    """The names in what `-device help` prints.

    >>> sorted(parse_devices('Network devices:\\nname "e1000", bus PCI, alias "x", desc "Intel"\\n'))
    ['e1000']
    """
    lines = text[:_MOST].splitlines()
    return frozenset(found[1] for found in map(_DEVICE.match, lines) if found)


def parse_netdevs(text: str) -> frozenset[str]:
    """The names in what `-netdev help` prints, each in a line of its own.

    >>> sorted(parse_netdevs("Available netdev backend types:\\ntap\\nvhost-user\\n"))
    ['tap', 'vhost-user']
    """
    return frozenset(line for line in text[:_MOST].split("\n") if _NETDEV.fullmatch(line))


def nic(frontend: Frontend, told: Qemu) -> Capability:
    """Whether QEMU has the NIC of a frontend."""
    name = nic_name(frontend)
    wanted = " or ".join(frontend.devices)
    if told.devices is None:
        return _untold(name, f"the device {wanted}", told)
    found = sorted(device for device in told.devices if is_device(frontend, device))
    if found:
        return yes(name, f"QEMU has the device {_few(found)}")
    return no(name, f"QEMU has no device {wanted}", "take a QEMU that is built with it, such as qemu-system-x86")


def netdev(attachment: Attachment, told: Qemu) -> Capability:
    """Whether QEMU has the network backend of an attachment."""
    name, kind = netdev_name(attachment), attachment.netdev
    if told.netdevs is None:
        return _untold(name, f"the netdev {kind}", told)
    if kind in told.netdevs:
        return yes(name, f"QEMU has the netdev {kind}")
    return no(name, f"QEMU has no netdev {kind}", "take a QEMU that is built with it, such as qemu-system-x86")


def nic_name(frontend: Frontend) -> str:
    """The name of the capability that a frontend needs."""
    return f"nic_{frontend.name}"


def netdev_name(attachment: Attachment) -> str:
    """The name of the capability that an attachment needs."""
    return f"netdev_{attachment.netdev.replace('-', '_')}"


def _untold(name: str, thing: str, told: Qemu) -> Capability:
    return unknown(name, f"QEMU did not tell whether it has {thing}", told.capability.remedy or _INSTALL)


def _few(names: Iterable[str]) -> str:
    shown = list(names)
    return ", ".join(shown[:4]) + (f" and {len(shown) - 4} more" if len(shown) > 4 else "")
