# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is fuzzed: every entry of foreign material, with the good material that is made bad.

A target is fed an input and may raise LabError, nothing else; what it returns is looked at where there is a rule for it.
"""

from __future__ import annotations

import functools
import itertools
import json
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import libvirt_qemu
import mutate

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._guest import _info
from ansible_collections.virtio.lab.plugins.module_utils._image import _checksums, _magic, _qcow2
from ansible_collections.virtio.lab.plugins.module_utils._inspect import _guest as _inspect
from ansible_collections.virtio.lab.plugins.module_utils._libvirt import _xml
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._agent import Agent
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import interfaces
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks import _facts
from ansible_collections.virtio.lab.plugins.module_utils._links import _parse
from ansible_collections.virtio.lab.plugins.module_utils._measure import _peer
from ansible_collections.virtio.lab.plugins.module_utils._measure._record import (
    _campaign,
    _discarded,
    _image,
    _manifest,
    _results,
)
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools import _iperf3
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._hping3 import Hping3
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._load import Figures
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._netperf import Netperf
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._perf import Perf, events
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._strace import Strace
from ansible_collections.virtio.lab.plugins.module_utils._measure._window import _counters, _guest_queues
from ansible_collections.virtio.lab.plugins.module_utils._openvswitch import _bridges
from ansible_collections.virtio.lab.plugins.module_utils._preflight import _host, _hypervisor
from ansible_collections.virtio.lab.plugins.module_utils._qemu import _argv, _monitor, _ovs_control
from ansible_collections.virtio.lab.plugins.module_utils._text import plain
from ansible_collections.virtio.lab.plugins.plugin_utils._campaign import _stop
from ansible_collections.virtio.lab.plugins.plugin_utils._campaign._fetch import fetch
from ansible_collections.virtio.lab.plugins.plugin_utils._campaign._plan import plan
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._comparison import compare
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._two_campaigns import compare_campaigns
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._read import read_lab
from ansible_collections.virtio.lab.plugins.plugin_utils._preflight._table import preflight_table
from ansible_collections.virtio.lab.plugins.plugin_utils._report import (
    _csv,
    _html,
    _markdown,
    _report_files,
    _terminal,
    _two_campaigns_forms,
)
from ansible_collections.virtio.lab.plugins.plugin_utils._report._live._progress import Progress
from ansible_collections.virtio.lab.plugins.plugin_utils._runs import _records
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._found import Found, digest
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._run_document import validate
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._upgrade import lifted
from ansible_collections.virtio.lab.plugins.plugin_utils._verify import _raw, _settings
from ansible_collections.virtio.lab.plugins.plugin_utils._verify import _terminal as verification
from ansible_collections.virtio.lab.plugins.plugin_utils._verify._verify import verify

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "unit" / "fixtures"
TOOLS = FIXTURES / "tools"
SAMPLE = ROOT / "docs" / "sample-report"


class Target(NamedTuple):
    """share of all inputs; make: an input from a source of chance, run: what is done with it."""

    name: str
    share: float
    make: Callable[[random.Random], Any]
    run: Callable[[Any], Any]


def of_text(name: str, share: float, seeds: list[str], run: Callable[[str], Any]) -> Target:
    return Target(name, share, lambda draw: mutate.text(draw, draw.choice(seeds), seeds), run)


def of_tree(name: str, share: float, seeds: list[Any], run: Callable[[Any], Any]) -> Target:
    return Target(name, share, lambda draw: mutate.tree(draw, draw.choice(seeds)), run)


def of_documents(name: str, share: float, run: Callable[[Any], Any]) -> Target:
    """Run documents that are bad, but for most of them not so bad that their schema refuses them."""

    def make(draw: random.Random) -> Any:
        for _try in range(6):
            given = mutate.tree(draw, draw.choice(runs()))
            try:
                validate(given)
            except LabError:
                continue
            break
        return given

    return Target(name, share, make, run)


def of_json(name: str, share: float, seeds: list[Any], run: Callable[[str], Any]) -> Target:
    """JSON text: most with a change in a value, some with one in the text."""

    texts = [json.dumps(seed) for seed in seeds]

    def make(draw: random.Random) -> str:
        if draw.random() < 0.3:
            return mutate.text(draw, draw.choice(texts), texts)
        return json.dumps(mutate.tree(draw, draw.choice(seeds)))

    return Target(name, share, make, run)


def texts(*patterns: str, folder: Path = TOOLS) -> list[str]:
    return [path.read_text(encoding="utf-8") for pattern in patterns for path in sorted(folder.glob(pattern))]


def documents(*patterns: str, folder: Path = TOOLS) -> list[Any]:
    return [json.loads(text) for text in texts(*patterns, folder=folder)]


def figures(run: Callable[[str], Figures]) -> Callable[[str], Any]:
    """What a tool's parser returns must be such that a document of it can be written and read again."""

    def checked(text: str) -> None:
        found = run(text)
        json.loads(json.dumps({**found._asdict(), "missing": dict(found.missing)}, allow_nan=False))

    return checked


def tools() -> Iterator[Target]:
    tcp = _iperf3.Iperf3("192.0.2.7", direction="host_to_guest", duration_s=2, warmup_s=1)
    udp = _iperf3.Iperf3("192.0.2.7", direction="guest_to_host", duration_s=2, warmup_s=1, proto="udp")
    netperf = Netperf("192.0.2.7", proto="tcp", duration_s=2, warmup_s=1)
    connecting = Netperf("192.0.2.7", proto="tcp", duration_s=2, warmup_s=1, connects=True)
    hping3 = Hping3("192.0.2.7", duration_s=2, warmup_s=1)
    perf = Perf(918, "out", events(lambda _name: True))
    yield of_json(
        "iperf3 tcp", 10, _slim(documents("iperf3-*-host_to_guest.json", "iperf3-*.json")), figures(tcp.parse)
    )
    yield of_json("iperf3 udp", 8, _slim(documents("iperf3-*-udp-*.json")), figures(udp.parse))
    yield of_text("netperf", 8, texts("netperf-*.txt", "netperf-*.stderr"), figures(netperf.parse))
    yield of_text("netperf tcp_crr", 3, texts("netperf-*-tcp_crr.txt", "netperf-*.stderr"), figures(connecting.parse))
    said = texts("hping3-*.stderr")
    yield of_text("hping3", 6, texts("hping3-*.txt"), figures(lambda text: hping3.parse(text, said[0])))
    yield of_text("hping3 stderr", 4, said, figures(lambda text: hping3.parse(texts("hping3-debian12.txt")[0], text)))
    tables = texts("strace-*.txt")
    yield of_text("strace", 5, tables, lambda text: Strace(918, "out").parse(text, "strace: Process 918 attached"))
    yield of_text("perf", 4, texts("perf-6.12-qemu.txt", "perf-6.1-python.txt"), perf.parse)
    shown = texts("ethtool-*.txt")
    yield of_text("ethtool -S", 6, shown, _counters.kicks_of)
    yield of_text("NIC statistics", 2, ["3\n4\n"], _counters.packets_of)
    channels = ["Channel parameters for eth0:\nCombined:\t8\nCurrent hardware settings:\nRX:\t\tn/a\nCombined:\t2\n"]
    yield of_text("ethtool -l", 3, channels, _guest_queues.combined)
    yield of_text("/proc/net/snmp", 3, [Path("/proc/net/snmp").read_text(encoding="ascii")], _counters.tcp_retransmits)
    about = ["iperf 3.12 (cJSON 1.7.15)\nLinux a 6.12.0\n", "Netperf version 2.7.0\n"]
    yield of_text("--version", 3, about, lambda text: _iperf3.version_of(_manifest.version_in(text) or "0"))


def _slim(seeds: list[Any]) -> list[Any]:
    """Without most of the intervals, which are alike."""
    return [{**seed, "intervals": seed.get("intervals", [])[:3]} for seed in seeds]


MAC = "52:54:00:00:96:01"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ2Yv0X8kq3cFZy1Vd0mUq7cK3s3bV7o1X1uQm0m5P1K root@a"
LINKS = [
    {"name": "lo", "ip-addresses": [{"ip-address": "127.0.0.1", "prefix": 8, "ip-address-type": "ipv4"}]},
    {"name": "eth0", "hardware-address": MAC, "ip-addresses": [
        {"ip-address": "192.168.150.21", "prefix": 24, "ip-address-type": "ipv4"},
        {"ip-address": "fe80::1", "prefix": 64, "ip-address-type": "ipv6"},
    ]},
]  # fmt: skip
STATUS = {"exited": True, "exitcode": 0, "out-data": "MTIzCg==", "err-data": "", "signal": 9}


def agent() -> Iterator[Target]:
    domain = SimpleNamespace(name=lambda: "a")

    def answering(ask: Callable[[Agent], Any]) -> Callable[[str], Any]:
        def run(text: str) -> Any:
            libvirt_qemu.qemuAgentCommand = lambda *_arguments: text
            return ask(Agent(domain))

        return run

    def addresses(asked: Agent) -> None:
        found = asked.interfaces()
        _info.address_of(found, MAC)
        _peer.address_beside(asked, "192.168.150.7", "b")
        _counters.link_name(asked, MAC)

    yield of_json("agent: interfaces", 8, [{"return": LINKS}], answering(addresses))
    yield of_json("agent: exec", 6, [{"return": {**STATUS, "pid": 7}}], answering(lambda asked: asked.exec(["x"], 0)))
    yield of_json("agent: time", 2, [{"return": 7_500_000_000}], answering(_counters._clock))
    paths = "/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/virtio0\n/sys/bus/virtio/drivers/virtio_net\n/sys/x/virtio-pci"
    yield of_text("realpath", 2, [paths], lambda text: _inspect.chain(text.splitlines()))
    yield of_text("host keys", 4, [f"{KEY}\ncat: x\n{KEY}\n"], _info.keys_in)
    status = {"return": {"vhost-started": False, "status": {"statuses": ["VIRTIO_CONFIG_S_DRIVER_OK"]}}}

    def monitor(text: str) -> str:
        libvirt_qemu.qemuMonitorCommand = lambda *_arguments: text
        return _monitor.backend_of(domain, "net0")

    yield of_json("monitor", 2, [status], monitor)


def _first_value(mapping: dict[str, Any]) -> Any:
    return next(iter(mapping.values()))


def host() -> Iterator[Target]:
    shown = [json.loads(text) for text in texts("iproute2-*.json", "kinds-*.json", folder=FIXTURES / "links")]
    parts = [each if isinstance(each, list) else _first_value(each) for each in shown]
    yield of_json("ip -j", 5, [part[:6] if isinstance(part, list) else part for part in parts], _parse.parse_links)
    vlans = [{"ifname": "br0", "vlans": [{"vlan": 1, "flags": ["PVID", "Egress Untagged"]}, {"vlan": 5, "vlanEnd": 9}]}]
    link = _parse.parse_links('[{"ifname": "br0", "linkinfo": {"info_kind": "bridge"}}]')
    yield of_json("bridge -j vlan", 2, [vlans], lambda text: _parse.with_vlans(link, text))
    fdb = [{"mac": "52:54:00:00:00:01", "ifname": "br0", "state": "static", "master": "br0", "vlan": 2}]
    yield of_json("bridge -j fdb", 2, [fdb], lambda text: _parse.with_fdb(link, text))
    rows = [{"data": [["vlo525400009601"], ["br0"]], "headings": ["name"]}]
    yield of_json("ovs-vsctl find", 2, [rows], _bridges.parse_marked)
    polled = [
        {"id": 0, "result": "pmd thread:\n  port: vhost   queue-id:  0 (enabled)   pmd usage:  3 %\n", "error": None}
    ]
    yield of_json("ovs-vswitchd", 1, polled, _ovs_control.parse_polled)
    words = ["tap,fd=33,id=hostnet0,vhost=on,vhostfd=35", '{"type":"tap","fds":"33:34","queues":2,"id":"hostnet0"}']

    def qemu(text: str) -> None:
        for netdev in _argv.options(["-netdev", text], "-netdev", "type").values():
            _argv.queues(netdev), _argv.has_vhost(netdev), _argv.numbers(netdev, "vhostfd")

    yield of_text("QEMU's argv", 3, words, qemu)
    domain = f"""<domain type='kvm'><name>a</name><devices><interface type='network'><mac address='{MAC}'/>
<source network='default'/><target dev='vnet0'/><model type='virtio'/><driver name='vhost' queues='2'><host csum='off'/></driver>
<alias name='net0'/><address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></interface></devices></domain>"""
    yield of_text("XML of a domain", 6, [domain], lambda text: interfaces(_xml.parse(text)))
    network = """<network connections='1'><name>a</name><uuid>11111111-2222-4333-8444-555555555555</uuid><forward mode='nat'>
<nat><port start='1024' end='65535'/></nat></forward><bridge name='virbr1' stp='on' delay='0'/><mtu size='1500'/><mac address='52:54:00:00:00:01'/>
<domain name='x' localOnly='yes'/><dns><host ip='10.0.0.7'><hostname>p</hostname></host></dns><bandwidth><inbound average='1'/></bandwidth>
<ip address='192.168.150.1' netmask='255.255.255.0'><dhcp><range start='192.168.150.2' end='192.168.150.9'><lease expiry='1' unit='hours'/></range>
<host mac='52:54:00:00:00:02' ip='192.168.150.5'/></dhcp></ip><route address='10.1.0.0' prefix='16' gateway='192.168.150.4'/>
<portgroup name='p'><vlan><tag id='5'/></vlan></portgroup></network>"""
    yield of_text("XML of a network", 6, [network], _facts.facts_of)
    told = FIXTURES / "hypervisor"
    yield of_text("domcapabilities", 2, texts("*/domcapabilities.xml", folder=told), _hypervisor.parse_features)
    yield of_text("QEMU's help", 1, [text[:4000] for text in texts("*/*-help.txt", folder=told)], helps)
    tcp = ["  sl  local_address rem_address   st\n   0: 0100007F:1451 00000000:0000 0A 00000000:00000000\n"]
    yield of_text("/proc/net/tcp", 1, tcp, _host.parse_listening)
    can = {"name": "qemu", "can": None, "lacks": ["kvm"], "unknown": ["tun"]}
    kvm = {"name": "kvm", "available": False, "why": "x", "remedy": "y", "needed_by": ["qemu"], "opens": []}
    yield of_tree("preflight", 2, [{"capabilities": [kvm], "datapaths": [can]}], preflight)


def preflight(told: Any) -> None:
    shown(preflight_table(told))


def helps(text: str) -> None:
    _hypervisor.parse_devices(text), _hypervisor.parse_netdevs(text)


def images() -> Iterator[Target]:
    digest = "0123456789abcdef" * 4
    sums = [f"{digest}  debian.qcow2\n{digest} *other.qcow2\nSHA256 (debian.qcow2) = {digest}\n", f"{digest}\n"]
    yield of_text("checksum file", 4, sums, lambda text: _checksums.find(text, "debian.qcow2", "SHA256SUMS"))
    head = [
        b"QFI\xfb" + bytes([0, 0, 0, 3]) + bytes(96) + b"\0" * 400,
        b"\x1f\x8b\x08" + bytes(509),
        b"<html>" + bytes(600),
        bytes(512),
    ]
    letters = [each.decode("latin-1") for each in head]

    def look(text: str) -> None:
        raw = text.encode("latin-1", "replace")
        _magic.other(raw)
        _magic.no_table(raw)
        _qcow2.read(raw, "image")

    yield of_text("image", 3, letters, look)


def lab_files() -> Iterator[Target]:
    seeds = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "labs").glob("*.yml"))]
    small = "name: a\nnetworks: [{name: n, subnet: 10.9.0.0/24}]\nimages: [{name: t, kind: tiny}]\n" \
            "guests: [{name: g, image: t, interfaces: [{network: n}]}]\ncampaign: {blocks: 2, datapaths: [qemu, vhost]}\n"  # fmt: skip

    def lab(text: str) -> None:
        plan(read_lab(text, "lab.yml")["campaign"])

    yield of_text("lab file", 3, [small, small, *(seed[:1500] for seed in seeds)], lab)
    read = [read_lab(seed, "lab.yml") for seed in [small, *seeds]]
    yield of_tree("lab", 3, read, lambda document: lab(json.dumps(document)))


@functools.cache
def runs() -> list[dict[str, Any]]:
    """Documents of real runs, with few samples: one is like the other."""
    found = documents("*/run.json", folder=FIXTURES / "runs") + documents(
        "b0[12]-*/run.json", folder=ROOT / "docs/sample-report"
    )
    return [{**run, "samples": run["samples"][:3], "campaign_id": "c"} for run in found]


@functools.cache
def _place() -> Path:
    """In memory where there is such a place."""
    shm = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="virtio-lab-fuzz-", dir=shm if shm.is_dir() else None))


def records() -> Iterator[Target]:
    counter = itertools.count()

    def report(document: Any) -> None:
        validate(json.loads(json.dumps(document)))
        _forms([document, *runs()[:6]])

    def whole_report(document: Any) -> None:
        validate(document)
        compared = compare([document, *runs()[:6]])
        _report_files.as_json(compared)
        _html.render(compared)

    def two(document: Any) -> None:
        validate(document)
        compared = compare_campaigns([document, *runs()[:4]], runs()[:6])
        _two_campaigns_forms.markdown(compared)
        shown(_two_campaigns_forms.terminal(compared))

    def progress(document: Any) -> None:
        validate(document)
        said = Progress([], 0)
        said.finish(document)
        shown([said.line(1.0)])

    def bring(document: Any) -> None:
        validate(document)
        place = _place() / "fetched" / str(next(counter))
        try:
            fetch(document, "/x/run.json", place, lambda _remote, local: Path(local).write_bytes(b""))
        finally:
            shutil.rmtree(place, ignore_errors=True)

    yield of_tree("run document", 12, runs(), validate)
    yield of_documents("report", 0.5, report)
    yield of_documents("report in HTML", 0.01, whole_report)
    yield of_documents("two campaigns", 0.3, two)
    yield of_documents("progress", 1, progress)
    yield of_documents("fetch", 0.5, bring)
    yield of_documents("verify", 1, verified)


@functools.cache
def sample() -> list[Found]:
    """Runs beside which their raw output lies."""
    return [one for one in _records.read_found(SAMPLE)[0] if one.run_id.startswith("b01-vhost")]


def verified(document: Any) -> None:
    """A bad document in the place of a good one, beside the good one's raw output."""
    validate(json.loads(json.dumps(document)))
    place = next((one for one in sample() if one.run_id == document["run_id"]), sample()[0])
    bad = Found(place.names, lifted(document), digest(b""))
    found = verify(SAMPLE, [bad, *(one for one in sample() if one is not place)])
    shown(verification.render(found))
    json.dumps(found.document(), allow_nan=False).encode()


def of_load(text: str) -> None:
    """Raw output of iperf3 that is as its record says, and bad."""
    workload = {**sample()[0].document["workload"], "tool": "iperf3", "proto": "tcp"}
    figures, start = _raw.figures_in(workload, {"iperf3.stdout": text.encode("utf-8", "replace")})
    document = {**sample()[0].document, "workload": workload}
    list(_settings.contradictions(document, figures, start))


def _forms(documents: list[Any]) -> None:
    compared = compare(documents)
    _report_files.as_json(compared)
    _markdown.render(compared)
    _csv.render(compared)
    shown(_terminal.render(compared))


def shown(lines: list[str]) -> None:
    """Nothing that steers a terminal may be left in what goes there."""
    for line in lines:
        assert plain(line, 10**6) == line, line


def kept() -> Iterator[Target]:
    campaign = {"schema": _campaign.SCHEMA, "campaign": {"blocks": 2, "workloads": [{"name": "a"}, {"name": "b"}]}}
    stopped = {"schema": _stop.SCHEMA, "blocks": 10, "of": 20, "stop_at_width": 0.1, "rule": "r", "widths": [
        {"workload": "a", "metric": "gbps", "width": 0.1}]}  # fmt: skip
    lost = {"lost": [{"at": "2026-01-02T03:04:05.000Z", "why": "x"}]}

    def written(name: str, read: Callable[[Path], Any]) -> Callable[[str], Any]:
        place = _place() / name.replace(".", "-")
        place.mkdir(exist_ok=True)

        def run(text: str) -> Any:
            (place / name).write_text(text, encoding="utf-8", errors="replace")
            return read(place)

        return run

    plain_campaign = {"blocks": 3, "workloads": [{"name": "a", "tool": "iperf3"}]}
    yield of_json("campaign.json", 3, [campaign], written(_campaign.KEPT, lambda p: _campaign.check(p, plain_campaign)))
    yield of_json("stopped.json", 3, [stopped], written(_stop.KEPT, _stop.kept))
    yield of_json("lost.json", 2, [lost], written(_results.DISCARDED, _discarded.attempts))
    yield of_json("images.json", 2, [{"a": "b"}], written(_image.KEPT, _image._known))
    yield of_json("run.json", 1, runs()[:2], written(_results.RECORD, _results.finished))
    yield of_json("results folder", 0.5, runs()[:2], written(_records.RUN, _records.read_runs))
    asked = json.loads((SAMPLE / _campaign.KEPT).read_text(encoding="utf-8"))["campaign"]
    seal = {"schema": _campaign.SCHEMA, "campaign_id": "c", "campaign": {**asked, "blocks": 1},
            "planned": ["b01-qemu-tcp_rr"],
            "recorded": [{"number": 1, "run_id": "b01-qemu-tcp_rr", "sha256": "0" * 64}]}  # fmt: skip
    yield of_json("seal", 1, [seal], written(_campaign.KEPT, lambda p: verify(p, sample()[:2])))
    output = json.loads((SAMPLE / "b01-vhost-tcp_stream/iperf3.stdout").read_text(encoding="utf-8"))
    yield of_json("raw output", 1, [output], of_load)


def targets() -> list[Target]:
    return [*tools(), *agent(), *host(), *images(), *lab_files(), *records(), *kept()]


def survives(target: Target, given: Any) -> None:
    """Feed one input; whatever but LabError comes out is a finding."""
    try:
        target.run(given)
    except LabError as error:
        assert str(error), target.name
