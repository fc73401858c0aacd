# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the playbook preflight on this machine, and hold what it says against what the machine's own tools say."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve()
ROOT = HERE.parents[5]
PLAYBOOK = str(Path(sys.executable).parent / "ansible-playbook")
IMAGES = "/var/lib/libvirt/images/virtio-lab"
QEMU = f"qemu-system-{os.uname().machine}"
VIRSH = ["virsh", "--connect", "qemu:///system"]
SOON_S = 500


def said(*argv: str) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}).stdout


def preflight(folder: Path, *arguments: str, hide: str = "", timeout_s: int = 120) -> tuple[dict[str, Any], str]:
    """Run the playbook, in a mount namespace where `hide` was run; what it wrote and what it printed."""
    written = folder / "preflight.json"
    written.unlink(missing_ok=True)
    argv = [PLAYBOOK, "-i", "localhost,", "-c", "local", "-e", "lab_hosts=all", "-e", f"preflight_json={written}"]
    argv += ["-e", f"preflight_timeout_s={timeout_s}", *arguments, "virtio.lab.preflight"]
    if hide:
        argv = ["unshare", "--mount", "sh", "-ec", f'{hide}; exec "$@"', "sh", *argv]
    done = subprocess.run(argv, check=False, capture_output=True, text=True, timeout=SOON_S)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return json.loads(written.read_text(encoding="utf-8")) if written.exists() else {}, done.stdout


def rows(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in document["hosts"]["localhost"]["capabilities"]}


def datapaths(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in document["hosts"]["localhost"]["datapaths"]}


def world() -> dict[str, Any]:
    """What a preflight could have changed."""
    return {
        "links": sorted((link["ifname"], link["flags"]) for link in json.loads(said("ip", "-j", "address"))),
        "addresses": [
            [(one["local"], one["prefixlen"]) for one in link["addr_info"]]
            for link in json.loads(said("ip", "-j", "address"))
        ],
        "libvirt": [said(*VIRSH, kind, "--all", "--name") for kind in ("list", "net-list", "pool-list")],
        "definitions": {
            str(path): path.read_bytes() for path in sorted(Path("/etc/libvirt").rglob("*")) if path.is_file()
        },
        "drivers": sorted(os.listdir("/sys/module")),
        "pages": {str(path): path.read_text() for path in Path("/sys/kernel/mm/hugepages").glob("*/nr_hugepages")},
        "mounts": Path("/proc/self/mounts").read_text(encoding="utf-8"),
        "devices": sorted(os.listdir("/dev")),
        "images": os.path.exists(IMAGES),
        "programs": sorted(
            Path(f"/proc/{pid}/comm").read_text().strip() for pid in os.listdir("/proc") if is_program(pid)
        ),
    }


def is_program(pid: str) -> bool:
    """Whether it is a process of what a preflight asks, QEMU or virsh, that is still there."""
    with contextlib.suppress(OSError):
        return pid.isdigit() and Path(f"/proc/{pid}/comm").read_text().startswith(("qemu-system", "virsh", "ovs"))
    return False


def module_there(name: str) -> bool:
    return bool(list(Path("/lib/modules", os.uname().release).rglob(f"{name}.ko*")))


def expected() -> dict[str, bool]:
    """What the machine's own files and tools say, read in another way than the module does."""
    cpuinfo = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    devices, netdevs = said(QEMU, "-device", "help"), said(QEMU, "-netdev", "help").split()
    room = int(said("df", "--output=avail", "--block-size=1M", "/var/lib/libvirt").split()[-1])
    listening = {line.split()[3].rpartition(":")[2] for line in said("ss", "-ltnH").splitlines()}
    found = {
        "hardware_cpu": "QEMU" not in said("lscpu"),
        "tun": stat.S_ISCHR(os.stat("/dev/net/tun").st_mode),
        "vhost_net": os.path.exists("/dev/vhost-net") or module_there("vhost_net"),
        "qemu": shutil.which(QEMU) is not None,
        "libvirt": subprocess.run([*VIRSH, "uri"], check=False, capture_output=True).returncode == 0,
        "netdev_tap": "tap" in netdevs,
        "netdev_user": "user" in netdevs,
        "nic_virtio": '"virtio-net-pci"' in devices,
        "nic_e1000": '"e1000"' in devices,
        "nic_e1000e": '"e1000e"' in devices,
        "nic_rtl8139": '"rtl8139"' in devices,
        "shared_memory": "<value>memfd</value>" in said(*VIRSH, "domcapabilities", "--virttype", "qemu"),
        "hugepages": any(int(path.read_text()) for path in Path("/sys/kernel/mm").rglob("free_hugepages")),
        "iommu": any(os.scandir("/sys/kernel/iommu_groups")) if os.path.isdir("/sys/kernel/iommu_groups") else False,
        "sriov": bool(list(Path("/sys/class/net").glob("*/device/sriov_numvfs"))),
        "dpdk_testpmd": shutil.which("dpdk-testpmd") is not None,
        "openvswitch_dpdk": os.path.exists("/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk"),
        "cgroup_v2": said("stat", "--file-system", "--format=%T", "/sys/fs/cgroup").strip() == "cgroup2fs",
        "numa": len(re.findall(r"(?m)^NUMA node\d+ CPU", said("lscpu"))) > 1,
        "ports": not listening & {"5201", "12865"},
        "disk": room >= 4096,
    }
    if os.path.isdir("/sys/class/macvtap"):
        found["macvtap"] = True
    if not re.search(r"\b(vmx|svm)\b", cpuinfo) or not os.path.exists("/dev/kvm"):
        found["kvm"] = False
    absent = {"openvswitch": "ovs-vsctl", "vde": "vde_switch", "passt": "passt"}
    return found | {name: False for name, program in absent.items() if shutil.which(program) is None}


def whole(folder: Path) -> None:
    right = expected()  # which is also the first that libvirt is asked after its start: it looks at QEMU for it
    document, printed = preflight(folder)
    assert document["schema"] == "virtio.lab/preflight/1"
    assert (list(document["hosts"]), document["not_asked"]) == (["localhost"], [])
    assert document["hosts"]["localhost"]["kernel"] == os.uname().release
    found = rows(document)
    for name, available in right.items():
        assert found[name]["available"] is available, (name, available, found[name])
    for row in found.values():
        assert set(row) == {"name", "available", "why", "remedy", "needed_by", "opens"}
        assert row["why"], row
        assert bool(row["remedy"]) is (row["available"] is not True), row
    page = (ROOT / "docs" / "datapaths.md").read_text(encoding="utf-8")
    page = page[: page.index("<!-- end -->")]
    assert list(datapaths(document)) == re.findall(r"(?m)^\| `(\w+)` \|", page)
    can = {name: one["can"] for name, one in datapaths(document).items()}
    assert can["qemu"] is can["user"] is True, can
    if found["kvm"]["available"] is False or found["vhost_net"]["available"] is False:
        assert can["vhost"] is False, can
        assert set(datapaths(document)["vhost"]["lacks"]) <= {"kvm", "vhost_net"}
    assert "user" in found["netdev_user"]["opens"]
    assert found["hugepages"]["opens"] == found["numa"]["opens"] == []
    for row in found.values():
        word = {True: "yes", False: "no", None: "?"}[row["available"]]
        assert re.search(rf"(?m)^ *\"? *{row['name']} +{re.escape(word)} ", printed), row["name"]


def check_mode(folder: Path) -> None:
    document, printed = preflight(folder, "--check")
    assert document == {}
    assert re.search(r"netdev_user +yes", printed)


def without_tun(folder: Path) -> None:
    document, _printed = preflight(folder, hide="mount --bind /dev/null /dev/net/tun")
    row = rows(document)["tun"]
    assert (row["available"], row["opens"]) == (False, []), row
    assert "/dev/net/tun is not the TUN/TAP device" in row["why"]
    assert "mknod /dev/net/tun c 10 200" in row["remedy"]
    told = datapaths(document)
    assert (told["qemu"]["can"], told["qemu"]["lacks"]) == (False, ["tun"])
    assert "tun" in told["ethernet"]["lacks"]
    assert told["user"]["can"] is True
    assert told["macvtap_bridge"]["can"] is rows(document)["macvtap"]["available"]


def without_libvirt(folder: Path) -> None:
    document, _printed = preflight(folder, hide="mount -t tmpfs tmpfs /run/libvirt")
    found = rows(document)
    assert found["libvirt"]["available"] is False
    assert "does not answer at qemu:///system: error: Failed to connect socket" in found["libvirt"]["why"]
    assert "systemctl start libvirtd.socket" in found["libvirt"]["remedy"]
    assert found["qemu"]["available"] is True
    assert found["shared_memory"]["available"] is None
    assert {one["can"] for one in datapaths(document).values()} == {False}


@contextlib.contextmanager
def stopped_libvirt() -> Iterator[None]:
    pid = int(Path("/run/libvirtd.pid").read_text(encoding="ascii"))
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def silent_libvirt(folder: Path) -> None:
    """A libvirt that takes the connection and says nothing, as it does beside a KVM that hangs."""
    with stopped_libvirt():
        document, _printed = preflight(folder, timeout_s=2)
    row = rows(document)["libvirt"]
    assert row["available"] is None
    assert "did not answer within 2 s" in row["why"]
    assert "raise timeout_s" in row["remedy"]
    assert {one["can"] for one in datapaths(document).values()} <= {None, False}
    assert datapaths(document)["user"]["can"] is None


def main() -> None:
    parts = {
        "whole": whole,
        "check mode": check_mode,
        "tun taken away": without_tun,
        "libvirt taken away": without_libvirt,
        "libvirt silent": silent_libvirt,
    }
    before = world()
    with tempfile.TemporaryDirectory(prefix="virtio-lab-preflight-") as folder:
        for name, part in parts.items():
            part(Path(folder))
            print(name, flush=True)
    after = world()
    assert after == before, {key: (before[key], after[key]) for key in before if after[key] != before[key]}
    print("nothing changed")


if __name__ == "__main__":
    main()
