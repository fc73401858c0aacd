# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often the embedded lab host fails under one fixed load: lab_host_resets.py --image DIR --guest DIR [VARIANT...].

DIR of --image is an image of the role lab_host (with root/ and root.img), that of --guest a tiny guest. Each VARIANT is
a lab host of its own, all at once, begun anew after each failure; `default` is as the role starts it, and
`threads=single,npt=0,cpus=1,cpu=EPYC-v4,qemu=DIR` changes what it names (qemu: a root file system with another QEMU).
One JSON line for each failure and each variant at the end, on standard output: failures, hours, CPU hours of QEMU and
the work that was done, with the Poisson interval of failures an hour. What a failed machine looked like is in --keep.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lab_host.monitor import LostError, Monitor

HERE = Path(__file__).resolve().parent
LOADER = "lib64/ld-linux-x86-64.so.2"
LIBRARIES = "usr/lib/x86_64-linux-gnu"
DEFAULTS = {"threads": "multi", "npt": "1", "cpus": "2", "cpu": "max,la57=off", "qemu": "", "vgif": "1"}
# Before the loop: mount the disk of the load, then run what is on it.
UNIT = """[Unit]
After=libvirtd.service
[Service]
ExecStartPre=/bin/sh -c 'mkdir -p /run/load && mount -o ro /dev/vdb /run/load'
ExecStart=/run/load/load.sh
"""


def qemu(root: Path) -> list[str]:
    return [str(root / LOADER), "--library-path", str(root / LIBRARIES), str(root / "usr/bin/qemu-system-x86_64")]


def argv(variant: dict[str, str], image: Path, folder: Path, disk: Path) -> list[str]:
    root = Path(variant["qemu"] or image / "root")
    boot = image / "root/boot"
    options = f"kvm_amd.npt={variant['npt']} kvm_amd.vgif={variant['vgif']} panic=0 systemd.wants=load.service"
    unit = base64.b64encode(UNIT.encode()).decode()
    return [
        *qemu(root),
        *("-L", str(root / "usr/share/qemu"), "-L", str(root / "usr/share/seabios")),
        *("-no-user-config", "-nodefaults", "-display", "none", "-machine", "q35,kernel-irqchip=split"),
        *("-accel", f"tcg,thread={variant['threads']},tb-size=512", "-cpu", variant["cpu"]),
        *("-smp", variant["cpus"], "-m", "2048"),
        *("-kernel", str(next(boot.glob("vmlinuz-*"))), "-initrd", str(next(boot.glob("initrd.img-*")))),
        "-append",
        f"root=/dev/vda rw console=ttyS0 quiet mitigations=off intel_iommu=on iommu=pt {options}",
        *("-drive", f"if=none,id=root,file={folder}/overlay.qcow2,format=qcow2,cache=unsafe"),
        *("-device", "virtio-blk-pci,drive=root,addr=1"),
        *("-drive", f"if=none,id=load,file={disk},format=raw,readonly=on"),
        *("-device", "virtio-blk-pci,drive=load,addr=5"),
        *("-object", "rng-random,id=rng,filename=/dev/urandom", "-device", "virtio-rng-pci,rng=rng,addr=2"),
        *("-netdev", "user,id=uplink,restrict=on", "-device", "virtio-net-pci,netdev=uplink,romfile=,addr=3"),
        *("-device", "intel-iommu,intremap=on", "-device", "pcie-root-port,id=sriov,chassis=1,slot=1"),
        *("-netdev", "user,id=wire,restrict=on", "-device", "igb,bus=sriov,netdev=wire,romfile="),
        *("-device", "pvpanic-pci,addr=6"),
        *("-smbios", f"type=11,value=io.systemd.credential.binary:systemd.extra-unit.load.service={unit}"),
        *("-serial", f"file:{folder}/console.log", "-serial", f"file:{folder}/load.log"),
        *("-d", "cpu_reset", "-D", f"{folder}/emulator.log", "-qmp", f"unix:{folder}/qmp,server=on,wait=off"),
        *("-action", "watchdog=pause,reboot=shutdown,shutdown=pause,panic=pause"),
    ]


class Machine(threading.Thread):
    """One variant until the end: started anew after each failure."""

    def __init__(
        self, name: str, variant: dict[str, str], arguments: argparse.Namespace, disk: Path, end: float
    ) -> None:
        super().__init__(name=name)
        self._variant, self._arguments, self._disk, self._end = variant, arguments, disk, end
        self._work: Counter[str] = Counter()
        self._failures: list[str] = []
        self._seconds = self._cpu_s = 0.0
        self._load: list[float] = []

    def run(self) -> None:
        while time.monotonic() < self._end:
            with TemporaryDirectory(prefix="lab-host-resets-") as folder:
                self._once(Path(folder))
        print(json.dumps(self.summary()), flush=True)

    def _once(self, folder: Path) -> None:
        image = self._arguments.image
        tool = qemu(image / "root")
        tool[-1] = str(image / "root/usr/bin/qemu-img")
        backing = ["create", "-q", "-f", "qcow2", "-F", "raw", "-b", str(image / "root.img"), f"{folder}/overlay.qcow2"]
        subprocess.run([*tool, *backing], check=True)
        root = Path(self._variant["qemu"] or image / "root")
        with (folder / "qemu.log").open("wb") as stderr:
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *argv(self._variant, image, folder, self._disk)],
                stdin=subprocess.DEVNULL,
                stderr=stderr,
                env={**os.environ, "QEMU_MODULE_DIR": str(root / LIBRARIES / "qemu")},
            )
        began = time.monotonic()
        why, monitor = "", None
        try:
            monitor = Monitor(folder / "qmp")
            why = self._watch(process, monitor, folder)
        except (LostError, OSError) as gone:
            why = f"QEMU ended: {gone!r} {(folder / 'qemu.log').read_text(errors='replace')[-300:]}"
        finally:
            self._seconds += time.monotonic() - began
            self._work += done(folder / "load.log")
            if "terminating on signal" in why:  # by somebody's hand, so it is none
                self._end = 0
            elif why:
                self._failed(why, monitor, folder, time.monotonic() - began)
            self._cpu_s += cpu_s(process.pid)
            process.kill()
            process.wait()

    def _watch(self, process: subprocess.Popen, monitor: Monitor, folder: Path) -> str:
        """Return why the machine failed, empty where the time was over first."""
        seen, since, cpu_then = -1, time.monotonic(), 0.0
        while time.monotonic() < self._end:
            time.sleep(5)
            self._load.append(os.getloadavg()[0])
            state = monitor.ask("query-status")["status"]
            if state != "running":
                events = [event["event"] for event in monitor.events[-4:]]
                return f"{state}: {', '.join(events)}"
            size = (folder / "load.log").stat().st_size
            if size != seen:
                seen, since, cpu_then = size, time.monotonic(), cpu_s(process.pid)
            else:
                used, waited = cpu_s(process.pid) - cpu_then, time.monotonic() - since
                # A machine that stands still uses next to nothing; on a busy one a slow one must not count as that.
                if used > self._arguments.stalled_s or (waited > self._arguments.stalled_s and used < waited / 50):
                    return f"no progress in {waited:.0f} s, in which QEMU used {used:.0f} s of CPU"
        return ""

    def _failed(self, why: str, monitor: Monitor | None, folder: Path, after_s: float) -> None:
        self._failures.append(why)
        keep = (
            self._arguments.keep / f"{re.sub(r'[^A-Za-z0-9=,.-]', '_', self.name)}-{os.getpid()}-{len(self._failures)}"
        )
        keep.mkdir(parents=True)
        for path in folder.glob("*.log"):
            shutil.copy(path, keep)
        said = []
        try:
            for command in ("info status", "info registers -a", "info lapic 0", "info lapic 1", "info pic", "info irq"):
                said.append(f"== {command}\n{monitor.human(command) if monitor else ''}")
            said.append(json.dumps(monitor.events if monitor else []))
        except LostError:
            said.append("the monitor is gone")
        (keep / "monitor.txt").write_text("\n".join(said), encoding="utf-8")
        line = {
            "failure": self.name,
            "why": why,
            "after_s": round(after_s),
            "load": os.getloadavg()[0],
            "kept": str(keep),
        }
        print(json.dumps(line), flush=True)

    def summary(self) -> dict[str, Any]:
        hours = self._seconds / 3600
        low, high = poisson(len(self._failures))
        return {
            "variant": self.name,
            "hours": round(hours, 3),
            "cpu_hours": round(self._cpu_s / 3600, 3),
            "failures": len(self._failures),
            "failures_per_hour": round(len(self._failures) / hours, 2),
            "failures_per_hour_95": [round(low / hours, 2), round(high / hours, 2)],
            "why": self._failures,
            "work_per_cpu_hour": {key: round(count * 3600 / self._cpu_s) for key, count in sorted(self._work.items())},
            "work": dict(self._work),
            "machine_load": [
                round(min(self._load), 1),
                round(sum(self._load) / len(self._load), 1),
                round(max(self._load), 1),
            ],
        }


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def done(log: Path) -> Counter[str]:
    work: Counter[str] = Counter()
    for line in log.read_text(errors="replace").splitlines() if log.exists() else []:
        kind, _space, number = line.strip().partition(" ")
        work[f"error {number}" if kind == "error" else kind] += int(number) if number.isdigit() else 1
    return work


def poisson(count: int) -> tuple[float, float]:
    """Return the exact 95 % interval of the mean of which count was seen."""
    from scipy.stats import chi2

    return float(chi2.ppf(0.025, 2 * count) / 2 if count else 0.0), float(chi2.ppf(0.975, 2 * count + 2) / 2)


def load_disk(guest: Path, folder: Path) -> Path:
    content = folder / "content"
    content.mkdir()
    for source in (guest / "vmlinuz", guest / "initrd.img", *sorted((HERE / "lab_host").iterdir())):
        shutil.copy(source, content)
    disk = folder / "load.img"
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-d", content, disk, "64M"], check=True)
    return disk


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--image", type=Path, required=True, help="lab-host/DIGEST in the cache")
    parser.add_argument("--guest", type=Path, required=True, help="a tiny guest: vmlinuz and initrd.img")
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument(
        "--stalled-s",
        type=int,
        default=400,
        help="a failure: no sign of work in so many seconds of QEMU's CPU, or of idleness (400)",
    )
    parser.add_argument("--keep", type=Path, default=Path("lab-host-resets"), help="folder for what failed")
    parser.add_argument("variants", nargs="*", default=["default"])
    return parser.parse_args()


def variant(text: str) -> dict[str, str]:
    # A value may hold commas of its own (cpu=max,la57=off): a piece without a known name belongs to the one before.
    chosen = dict(DEFAULTS)
    last = ""
    for piece in text.split(",") if text != "default" else []:
        name, equals, value = piece.partition("=")
        if equals and name in chosen:
            chosen[name], last = value, name
        elif last:
            chosen[last] += f",{piece}"
        else:
            sys.exit(f"lab_host_resets.py: {text}: {piece} is none of {', '.join(DEFAULTS)}")
    return chosen


def main() -> None:
    arguments = parsed()
    end = time.monotonic() + arguments.hours * 3600
    with TemporaryDirectory(prefix="lab-host-resets-") as folder:
        disk = load_disk(arguments.guest, Path(folder))
        machines = [Machine(text, variant(text), arguments, disk, end) for text in arguments.variants]
        for machine in machines:
            machine.start()
        for machine in machines:
            machine.join()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    main()
