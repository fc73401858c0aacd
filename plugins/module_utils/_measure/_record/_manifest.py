# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the figures were measured on: whatever may explain a difference between two campaigns."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._domain import find_domain
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner

if TYPE_CHECKING:
    import libvirt

COLLECTION_VERSION = "0.2.0"
_VERSION_ARGV = {
    "iperf3": ["iperf3", "--version"],
    "netperf": ["netperf", "-V"],
    "hping3": ["hping3", "--version"],
    "strace": ["strace", "--version"],
    "perf": ["perf", "--version"],
}
_MODULES = ("vhost", "vhost_net", "kvm", "kvm_amd", "kvm_intel", "tun")
_TCG_CPU = "QEMU TCG CPU"
_MODEL = re.compile(r"^model name[ \t]{0,9}:[ \t]{0,9}([^\n]{1,200})$", re.MULTILINE)
_VERSION = re.compile(r"(?<![0-9])[0-9]{1,9}\.[A-Za-z0-9_.~+-]{0,60}[0-9]")
_LONGEST_ABOUT = 10_000
_FEATURE = re.compile(r"^[ \t]{0,9}([A-Za-z0-9_-]{1,60}): (on|off)", re.MULTILINE)


def manifest(
    connection: libvirt.virConnect,
    domain: str,
    tap: Optional[str],
    *,
    tools: Dict[str, Optional[str]],
    guest: Dict[str, Any],
    runner: Runner,
    qemu: Optional[str] = None,
    root: str = "/",
) -> Dict[str, Any]:
    """Return the manifest of a run document; tools are the versions of the programs that took part.

    guest is {kernel, image}, each None where it is not known; qemu the version of the program that runs the guest, of
    which libvirt knows only the one that new domains get.
    """
    cpu = cpu_model(_read(Path(root, "proc/cpuinfo")))
    kind = parse(find_domain(connection, domain).XMLDesc(0)).get("type")
    return {
        "hypervisor": {
            "kernel": _read(Path(root, "proc/sys/kernel/osrelease")),
            "cmdline": _read(Path(root, "proc/cmdline")),
            "cpu_model": cpu,
            "cpus": os.cpu_count() or 1,
        },
        "guest": guest,
        "qemu": qemu or dotted(connection.getVersion()),
        "libvirt": dotted(connection.getLibVersion()),
        "tools": tools,
        "accelerator": "kvm" if kind == "kvm" else "tcg",
        "software_emulation": software_emulation(kind, cpu),
        "governor": _read(Path(root, "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")) or None,
        "mitigations": _files(Path(root, "sys/devices/system/cpu/vulnerabilities")),
        "nic_features": nic_features(tap, runner),
        "modules": {
            name: _files(Path(root, "sys/module", name, "parameters"))
            for name in _MODULES
            if Path(root, "sys/module", name).is_dir()
        },
        "collection_version": COLLECTION_VERSION,
    }


def software_emulation(domain_type: Optional[str], cpu: Optional[str]) -> Dict[str, Any]:
    """Tell whether the guest's code, or the hypervisor's own, runs under QEMU's TCG, and how that is known."""
    if domain_type != "kvm":
        return {"is": True, "why": f"the domain is of type {domain_type}: QEMU translates the guest's code (TCG)"}
    if cpu and cpu.startswith(_TCG_CPU):
        return {"is": True, "why": f"the hypervisor's own CPU is {cpu!r}: all of it runs under QEMU's TCG"}
    return {"is": False, "why": "the domain is of type kvm and the hypervisor's CPU is not an emulated one"}


def cpu_model(cpuinfo: str) -> Optional[str]:
    """Return the model name in the text of /proc/cpuinfo."""
    found = _MODEL.search(cpuinfo)
    return found.group(1).strip() if found else None


def dotted(number: int) -> str:
    """Write libvirt's 1000000 * major + 1000 * minor + release as text.

    >>> dotted(11003000)
    '11.3.0'
    """
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"


def tool_version(tool: str, runner: Runner) -> Optional[str]:
    """Return the first number with a dot that the tool prints about itself."""
    said = runner(_VERSION_ARGV[tool], timeout=20, check=False)
    return version_in(said.stdout + said.stderr)


def version_in(text: str) -> Optional[str]:
    """Return the first number with a dot in what a tool prints about itself; a guest's may print anything.

    >>> version_in("iperf 3.12 (cJSON 1.7.15)")
    '3.12'
    """
    found = _VERSION.search(text[:_LONGEST_ABOUT])
    return found.group(0) if found else None


def nic_features(tap: Optional[str], runner: Runner) -> Dict[str, bool]:
    """Return the offloads of the tap device by ethtool -k; {} without a tap device or without ethtool."""
    if tap is None:
        return {}
    try:
        said = runner(["ethtool", "-k", tap], timeout=20, check=False)
    except LabError:
        return {}
    return {name: state == "on" for name, state in _FEATURE.findall(said.stdout)}


def _files(folder: Path) -> Dict[str, str]:
    """{name: content} of the readable files of a folder of sysfs."""
    if not folder.is_dir():
        return {}
    read = {path.name: _read(path) for path in sorted(folder.iterdir())}
    return {name: text for name, text in read.items() if text}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").replace("\0", "").strip()
    except OSError:
        return ""
