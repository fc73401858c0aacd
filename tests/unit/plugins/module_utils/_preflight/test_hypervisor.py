# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What libvirt and QEMU of two distributions print, captured, and what neither ever printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._registry import DATAPATHS
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt import _xml
from ansible_collections.virtio.lab.plugins.module_utils._preflight import _hypervisor
from ansible_collections.virtio.lab.plugins.module_utils._preflight._ask import LateError
from ansible_collections.virtio.lab.plugins.module_utils._preflight._hypervisor import Features, Libvirt, Qemu
from ansible_collections.virtio.lab.plugins.module_utils._preflight._machine import Machine
from ansible_collections.virtio.lab.plugins.module_utils._runner import Result

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures" / "hypervisor"
DEBIANS = pytest.mark.parametrize("debian", ["debian-12", "debian-13"])
QEMU = "/usr/bin/qemu-system-x86_64"
CODE = {"debian-12": "7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)", "debian-13": "10.0.13 (Debian 1:10.0.13+ds-0+deb13u1)"}


def captured(debian: str, name: str) -> str:
    return (FIXTURES / debian / name).read_text(encoding="utf-8")


def answers(debian: str, **other: Result | Exception):
    """A runner that prints what was captured, but for the words in other."""
    said = {
        "version": captured(debian, "version.txt"),
        "qemu": captured(debian, "domcapabilities.xml"),
        "kvm": captured(debian, "domcapabilities.xml").replace("<domain>qemu", "<domain>kvm"),
        "--version": f"QEMU emulator version {CODE[debian]}\nCopyright\n",
        "-device": captured(debian, "device-help.txt"),
        "-netdev": captured(debian, "netdev-help.txt"),
    }

    def run(argv, **_options):
        word = argv[1] if argv[-1] == "help" else argv[-1]
        answer = other.get(word.lstrip("-"), Result(0, said[word], ""))
        if isinstance(answer, Exception):
            raise answer
        return answer

    return run


def machine(runner, *programs: str) -> Machine:
    return Machine("6.12.1", "x86_64", runner, lambda name: f"/usr/bin/{name}" if name in programs else None)


@DEBIANS
def test_what_libvirt_can_do_is_read_from_its_domcapabilities(debian):
    assert _hypervisor.parse_features(captured(debian, "domcapabilities.xml")) == Features(
        emulator=QEMU,
        memory=("file", "anonymous", "memfd"),
        backends={"debian-12": None, "debian-13": ("default", "passt")}[debian],
    )


@DEBIANS
def test_what_qemu_has_is_read_from_its_help(debian):
    devices = _hypervisor.parse_devices(captured(debian, "device-help.txt"))
    assert {"virtio-net-pci", "e1000", "e1000e", "rtl8139", "vfio-pci", "isa-serial"} <= devices
    assert ("igb" in devices) == (debian == "debian-13")
    assert _hypervisor.parse_netdevs(captured(debian, "netdev-help.txt")) == frozenset(
        ("socket", "stream", "dgram", "hubport", "tap", "user", "l2tpv3", "vde", "bridge", "vhost-user", "vhost-vdpa")
    )


@DEBIANS
def test_libvirt_that_answers_is_there(debian):
    told = _hypervisor.libvirt(machine(answers(debian), "virsh"))
    version = {"debian-12": "9.0.0", "debian-13": "11.3.0"}[debian]
    assert told.capability.available is True
    assert told.capability.why.startswith(f"libvirt {version} answers at qemu:///system, has QEMU ")
    assert told.capability.why.endswith(" and takes domains of type qemu and kvm")
    assert _hypervisor.shared_memory(told).available is True


@pytest.mark.parametrize(
    ("programs", "other", "available", "why", "remedy"),
    [
        ([], {}, False, "neither libvirtd nor virtqemud", "install QEMU and libvirt"),
        (["virtqemud"], {}, None, "/usr/bin/virtqemud is there, but no virsh", "install libvirt-clients"),
        (
            ["virsh"],
            {
                "version": Result(
                    1, "", "error: failed to connect\nerror: Failed to connect socket to 'x': No such file\n"
                )
            },
            False,
            "does not answer at qemu:///system: error: Failed to connect socket to 'x': No such file",
            "systemctl start libvirtd.socket",
        ),
        (["virsh"], {"version": LateError("`virsh` did not answer within 30 s")}, None, "within 30 s", "timeout_s"),
        (["virsh"], {"qemu": LateError("`virsh` did not answer within 30 s")}, None, "within 30 s", "timeout_s"),
        (["virsh"], {"version": LabError("virsh cannot be run: x")}, None, "cannot be run", "install"),
        (
            ["virsh"],
            {"qemu": Result(1, "", "error: x"), "kvm": Result(1, "", "error: x")},
            False,
            "takes no domain of type qemu or kvm",
            "install",
        ),
    ],
)
def test_libvirt_that_does_not_is_told_with_the_remedy(programs, other, available, why, remedy):
    found = _hypervisor.libvirt(machine(answers("debian-13", **other), *programs)).capability
    assert found.available is available
    assert why in found.why
    assert remedy in found.remedy


@pytest.mark.parametrize(
    ("text", "why"), [("<a", "not well-formed XML"), ("<a/>", "printed a <a>, no <domainCapabilities>")]
)
def test_libvirt_that_cannot_be_read_answers_all_the_same(text, why):
    told = _hypervisor.libvirt(machine(answers("debian-12", qemu=Result(0, text, "")), "virsh"))
    assert (told.capability.available, told.features) == (True, None)
    memory = _hypervisor.shared_memory(told)
    assert memory.available is None
    assert why in memory.why
    assert memory.remedy


def test_without_lxml_only_what_needs_it_is_not_known(monkeypatch):
    monkeypatch.setattr(_xml, "etree", None)
    told = _hypervisor.libvirt(machine(answers("debian-13"), "virsh"))
    assert told.capability.available is True
    assert "install the package python3-lxml" in _hypervisor.shared_memory(told).why


def test_libvirt_without_qemu_answers_all_the_same():
    said = Result(1, "Using library: libvirt 9.0.0\n", "error: failed to get the hypervisor version\n")
    none = Result(1, "", "error: x")
    told = _hypervisor.libvirt(machine(answers("debian-12", version=said, kvm=none, qemu=none), "virsh"))
    assert (told.capability.available, told.features) == (False, None)
    assert "libvirt 9.0.0 answers at qemu:///system, has QEMU (none)" in told.capability.why


@DEBIANS
def test_a_qemu_that_answers_has_all_that_datapaths_want(debian):
    told = _hypervisor.qemu(machine(answers(debian)), QEMU)
    assert told.capability == ("qemu", True, f"{QEMU} is QEMU {CODE[debian]}", "")
    for one in DATAPATHS:
        assert _hypervisor.nic(one.frontend, told).available is True
        assert not one.attachment.netdev or _hypervisor.netdev(one.attachment, told).available is True


@pytest.mark.parametrize(
    ("path", "other", "available", "why"),
    [
        (None, {}, False, "there is no qemu-system-x86_64"),
        (QEMU, {"version": Result(0, "hello\n", "")}, False, "is no QEMU"),
        (QEMU, {"version": LateError("it did not answer")}, None, "did not answer"),
        (QEMU, {"device": LateError("it did not answer")}, None, "did not answer"),
        (QEMU, {"netdev": LabError("it failed")}, False, "it failed"),
    ],
)
def test_a_qemu_that_does_not_is_told_and_its_devices_are_not_known(path, other, available, why):
    told = _hypervisor.qemu(machine(answers("debian-13", **other)), path)
    assert told.capability.available is available
    assert why in told.capability.why
    assert told.capability.remedy
    for row in (_hypervisor.nic(DATAPATHS[0].frontend, told), _hypervisor.netdev(DATAPATHS[0].attachment, told)):
        assert row.available is None
        assert row.remedy


def test_a_device_that_a_qemu_was_built_without_is_a_no():
    bare = Qemu(_hypervisor.yes("qemu", "x"), frozenset({"e1000e", "virtio-net-ccw"}), frozenset({"tap"}))
    found = {one.frontend.name: _hypervisor.nic(one.frontend, bare).available for one in DATAPATHS}
    assert {found[name] for name in ("virtio", "e1000e")} == {True}
    assert {found[name] for name in ("e1000", "rtl8139")} == {False}  # e1000e is no e1000
    ends = {one.attachment.netdev: _hypervisor.netdev(one.attachment, bare).available for one in DATAPATHS}
    assert (ends["tap"], ends["user"]) == (True, False)


@pytest.mark.parametrize(
    ("text", "backends", "memory"),
    [
        ("<domainCapabilities/>", None, ()),
        ("<domainCapabilities><memoryBacking/><devices/></domainCapabilities>", None, ()),
        (
            (
                "<domainCapabilities><devices><interface><enum name='backendType'><value/></enum></interface></devices>"
                "<memoryBacking><enum name='sourceType'><value>file</value></enum></memoryBacking></domainCapabilities>"
            ),
            ("",),
            ("file",),
        ),
    ],
)
def test_what_domcapabilities_leave_out_is_not_there(text, backends, memory):
    found = _hypervisor.parse_features(text)
    assert (found.emulator, found.backends, found.memory) == ("", backends, memory)


@pytest.mark.parametrize("text", ["", "<!DOCTYPE a [<!ENTITY b 'c'>]><domainCapabilities/>", "\0", "<a>&b;</a>"])
def test_what_is_no_domcapabilities_is_one_sentence(text):
    with pytest.raises(LabError):
        _hypervisor.parse_features(text)


def test_memory_that_cannot_be_shared_is_a_no_and_silence_is_not():
    told = Libvirt(_hypervisor.yes("libvirt", "x"), Features("", ("file",), None))
    assert _hypervisor.shared_memory(told).available is False
    assert _hypervisor.shared_memory(Libvirt(_hypervisor.yes("libvirt", "x"))).available is None
