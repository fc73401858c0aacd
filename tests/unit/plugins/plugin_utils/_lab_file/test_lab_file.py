# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab file is understood whole, or refused whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._campaign import MOST_RUNS
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._lab import examine
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._read import read_lab
from ansible_collections.virtio.lab.plugins.plugin_utils._verify import _planned

LABS = sorted((Path(__file__).parents[5] / "labs").glob("*.yml"))
SHA = "sha256:" + "0" * 64


def small() -> dict[str, Any]:
    """The least that is a lab."""
    return {
        "name": "small",
        "networks": [{"name": "one", "subnet": "192.168.150.0/24"}],
        "images": [{"name": "tiny", "kind": "tiny"}],
        "guests": [{"name": "a", "image": "tiny", "interfaces": [{"network": "one"}]}],
    }


def wrong(lab: Any) -> dict[str, str]:
    """The sentences of the problems by their paths."""
    return {problem.path: problem.sentence for problem in examine(lab)[1]}


@pytest.mark.parametrize("path", LABS, ids=lambda path: path.name)
def test_the_labs_of_the_collection_are_good(path: Path) -> None:
    lab = read_lab(path.read_text(), path.name)
    assert examine(lab) == (lab, [])


def test_defaults_follow_from_what_is_given() -> None:
    lab, problems = examine({**small(), "campaign": {"guest": "a"}})
    assert problems == []
    assert lab["networks"] == [
        {
            "name": "one",
            "mode": "nat",
            "subnet": "192.168.150.0/24",
            "gateway": "192.168.150.1",
            "dhcp": {"start": "192.168.150.2", "end": "192.168.150.254"},
            "autostart": True,
        }
    ]
    (guest,) = lab["guests"]
    assert (guest["vcpus"], guest["memory_mib"]) == (1, 256)
    (interface,) = guest["interfaces"]
    assert interface["datapath"] == "vhost"
    assert interface["mac"].startswith("52:54:00:")
    assert lab["campaign"]["datapaths"] == ["qemu", "vhost"]
    assert lab["campaign"]["aa"] is True
    assert {workload["tool"] for workload in lab["campaign"]["workloads"]} == {"iperf3", "netperf", "strace", "perf"}


def test_a_campaign_stops_early_only_where_it_is_asked_to() -> None:
    plain = examine(small())[0]["campaign"]
    assert not {"stop_at_width", "sees", "quiet"} & set(plain)
    assert plain["blocks"] == 10
    sized, problems = examine({**small(), "campaign": {"sees": 1.05}})
    assert problems == []
    assert (sized["campaign"]["sees"], sized["campaign"]["blocks"]) == (1.05, 40)
    lab, problems = examine({**small(), "campaign": {"blocks": 12, "stop_at_width": 0.05}})
    assert problems == []
    assert lab["campaign"]["stop_at_width"] == 0.05


def test_a_lab_without_campaign_gets_the_whole_matrix_on_its_first_guest() -> None:
    assert examine(small()) == examine({**small(), "campaign": {"guest": "a", "datapaths": ["qemu", "vhost"]}})


def test_the_dhcp_range_lies_beside_a_gateway_at_the_end() -> None:
    lab = small()
    lab["networks"][0]["gateway"] = "192.168.150.254"
    assert examine(lab)[0]["networks"][0]["dhcp"] == {"start": "192.168.150.1", "end": "192.168.150.253"}


def test_generated_macs_differ_and_stay() -> None:
    lab = small()
    lab["guests"][0]["interfaces"] *= 2
    first, second = (interface["mac"] for interface in examine(lab)[0]["guests"][0]["interfaces"])
    assert first != second
    assert examine(lab) == examine(lab)


def test_larger_images_bring_more_memory() -> None:
    lab = small()
    lab["images"] = [{"name": "tiny", "kind": "cloud", "path": "/a.qcow2", "checksum": SHA}]
    assert examine(lab)[0]["guests"][0]["memory_mib"] == 1024


CLOUD_IMAGES = [
    ({"name": "debian-13"}, "debian-13"),
    ({"name": "ubuntu-24-04"}, "ubuntu-24.04"),
    ({"name": "tiny", "distribution": "ubuntu-24.04", "mirror": "http://m.example", "keyring": "/k"}, "ubuntu-24.04"),
    ({"name": "debian-13", "mirror": "http://m.example", "checksum": SHA}, "debian-13"),
    ({"name": "debian-13", "mirror": "http://m.example", "checksum_url": "https://e.org/S"}, "debian-13"),
    ({"name": "debian-13", "path": "/a.qcow2", "checksum": SHA}, None),
    (
        {"name": "own", "url": "http://e.org/a", "checksum": "SHA512:" + "A" * 128, "distribution": "fedora-44"},
        "fedora-44",
    ),
    ({"name": "own", "url": "http://e.org/a", "checksum_url": "http://e.org/S", "keyring": "/k"}, None),
    ({"name": "own", "path": "/a", "checksum_url": "https://e.org/S"}, None),
]


@pytest.mark.parametrize(("image", "distribution"), CLOUD_IMAGES)
def test_a_cloud_image_that_something_proves(image: dict[str, Any], distribution: str | None) -> None:
    lab = small()
    lab["images"] = [{"kind": "cloud", **image}]
    lab["guests"][0]["image"] = image["name"]
    found, problems = examine(lab)
    assert problems == []
    assert found["images"][0].get("distribution") == distribution
    assert examine(found) == (found, [])


def test_a_disk_holds_its_image() -> None:
    lab = small()
    lab["images"] = [{"name": "tiny", "kind": "packages", "release": "trixie"}]
    lab["guests"][0]["disk_gib"] = 4
    assert examine(lab)[0]["guests"][0]["disk_gib"] == 4
    lab["guests"][0]["disk_gib"] = 3
    assert wrong(lab) == {"guests[0].disk_gib": "3 is less than the 4 GiB of a packages image"}


NETWORK_PROBLEMS = [
    ({"subnet": "192.168.150.1/24"}, "subnet", "has host bits set; the subnet is 192.168.150.0/24"),
    ({"subnet": "192.168.150.0"}, "subnet", "has no prefix length"),
    ({"subnet": "192.168.150.0/33"}, "subnet", "is no IPv4 subnet"),
    ({"subnet": "192.168.150.0/31"}, "subnet", "a prefix length from 8 to 30"),
    ({"subnet": "fd00::/64"}, "subnet", "is no IPv4 subnet"),
    ({"subnet": "127.0.0.0/8"}, "subnet", "that no network can use"),
    ({"subnet": "0.0.0.0/24"}, "subnet", "that no network can use"),
    ({"subnet": 10}, "subnet", "10 is no IPv4 subnet"),
    ({"subnet": None}, "subnet", "nothing is no IPv4 subnet"),
    ({"gateway": "192.168.151.1"}, "gateway", "is no host of 192.168.150.0/24; 192.168.150.1 to 192.168.150.254 are"),
    ({"gateway": "192.168.150.255"}, "gateway", "is no host"),
    ({"gateway": "first"}, "gateway", "is no IPv4 address"),
    ({"dhcp": {"start": "192.168.150.9"}}, "dhcp.end", "is missing"),
    ({"dhcp": {"start": "192.168.150.9", "end": "192.168.150.3"}}, "dhcp", "after its end"),
    ({"dhcp": {"start": "192.168.150.1", "end": "192.168.150.9"}}, "dhcp", "holds the gateway 192.168.150.1"),
    ({"dhcp": {"start": "192.168.150.2", "end": "192.168.151.9"}}, "dhcp.end", "is no host"),
    ({"dhcp": True}, "dhcp", "is no mapping"),
    (
        {"subnet": "10.0.0.0/8", "dhcp": {"start": "10.0.0.2", "end": "10.9.0.0"}},
        "dhcp",
        "libvirt takes at most 65535",
    ),
    ({"mode": "natt"}, "mode", "did you mean 'nat'?"),
    ({"mode": "bridge"}, "mode", "known are nat, route, isolated, open"),
    ({"autostart": "yes"}, "autostart", "neither true nor false"),
    ({"name": "a/b"}, "name", "lower-case letters, digits and inner hyphens"),
    ({"name": "a" * 41}, "name", "1 to 40"),
    ({"dhpc": {}}, "dhpc", "did you mean 'dhcp'?"),
]


@pytest.mark.parametrize(("change", "key", "sentence"), NETWORK_PROBLEMS)
def test_a_wrong_network(change: dict[str, Any], key: str, sentence: str) -> None:
    lab = small()
    lab["networks"][0].update(change)
    assert sentence in wrong(lab)[f"networks[0].{key}"]


def test_networks_must_not_overlap() -> None:
    lab = small()
    lab["networks"].append({"name": "two", "subnet": "192.168.0.0/16"})
    assert wrong(lab) == {"networks[1].subnet": "'192.168.0.0/16' overlaps 192.168.150.0/24 of one; take a free subnet"}


def test_the_range_must_hold_all_guests() -> None:
    lab = small()
    lab["networks"][0]["subnet"] = "10.0.0.0/30"
    lab["guests"][0]["interfaces"] *= 2
    assert wrong(lab) == {"networks[0].dhcp": "has 1 addresses for 2 guest interfaces; make it larger"}


GUEST_PROBLEMS = [
    ({"image": "tony"}, "image", "'tony' is not defined under images; did you mean 'tiny'?"),
    (
        {"interfaces": [{"network": "two"}]},
        "interfaces[0].network",
        "'two' is not defined under networks; known are one",
    ),
    ({"interfaces": []}, "interfaces", "at least 1 is needed"),
    ({"interfaces": {"network": "one"}}, "interfaces", "is no list"),
    ({"interfaces": ["one"]}, "interfaces[0]", "'one' is no mapping; its keys are network, mac, datapath"),
    ({"interfaces": [{"network": "one", "datapath": "vhots"}]}, "interfaces[0].datapath", "did you mean 'vhost'?"),
    ({"vcpus": 0}, "vcpus", "0 is no whole number from 1 to 256"),
    ({"vcpus": True}, "vcpus", "is no whole number"),
    ({"memory_mib": "1G"}, "memory_mib", "'1G' is no whole number"),
    ({"disk_gib": 10}, "disk_gib", "image 'tiny' is a tiny one, which has no disk"),
    ({"disk_gib": 0}, "disk_gib", "0 is no whole number from 1 to 65536"),
    ({"disk_gib": 2.5}, "disk_gib", "2.5 is no whole number"),
    ({"name": "localhost"}, "name", "take another name"),
    ({"name": "UPPER"}, "name", "lower-case"),
    ({"memory": 256}, "memory", "did you mean 'memory_mib'?"),
]


@pytest.mark.parametrize(("change", "key", "sentence"), GUEST_PROBLEMS)
def test_a_wrong_guest(change: dict[str, Any], key: str, sentence: str) -> None:
    lab = small()
    lab["guests"][0].update(change)
    problems = wrong(lab)
    assert list(problems) == [f"guests[0].{key}"]
    assert sentence in problems[f"guests[0].{key}"]


MAC_PROBLEMS = [
    ("53:54:00:00:00:01", "multicast"),
    ("52-54-00-00-00-01", "is no MAC address"),
    ("52:54:00:00:01", "is no MAC address"),
    ("00:00:00:00:00:00", "null address"),
    (yaml.safe_load("52:54:00:00:50:01"), "write it in quotes"),
]


@pytest.mark.parametrize(("mac", "sentence"), MAC_PROBLEMS)
def test_a_wrong_mac(mac: object, sentence: str) -> None:
    lab = small()
    lab["guests"][0]["interfaces"][0]["mac"] = mac
    assert sentence in wrong(lab)["guests[0].interfaces[0].mac"]


def test_a_mac_in_use() -> None:
    lab = small()
    lab["guests"][0]["interfaces"] = [
        {"network": "one", "mac": "52:54:00:00:00:AA"},
        {"network": "one", "mac": "52:54:00:00:00:aa"},
    ]
    sentence = wrong(lab)["guests[0].interfaces[1].mac"]
    assert sentence == "'52:54:00:00:00:aa' is taken already by guests[0].interfaces[0].mac; each must be different"


@pytest.mark.parametrize("key", ["networks", "images", "guests"])
def test_a_name_in_use(key: str) -> None:
    lab = small()
    lab[key].append(dict(lab[key][0]))
    assert f"taken already by {key}[0].name" in wrong(lab)[f"{key}[1].name"]


IMAGE_PROBLEMS = [
    ({"kind": "cloud", "url": "https://example.org/a.qcow2"}, "images[0].checksum", "is missing"),
    ({"kind": "cloud", "url": "https://example.org/a", "checksum": "sha256:12"}, "images[0].checksum", "64 hex digits"),
    ({"kind": "cloud", "checksum": "sha512:" + "0" * 64, "path": "/a"}, "images[0].checksum", "'sha512:' and 128"),
    ({"kind": "cloud", "checksum": SHA}, "images[0]", "needs path, url or distribution, or the name of a known image"),
    ({"kind": "cloud", "checksum": SHA, "url": "https://e.org/a", "path": "/a"}, "images[0]", "both path and url"),
    ({"kind": "cloud", "checksum": SHA}, "images[0]", "known are debian-12, debian-13, ubuntu-22.04"),
    ({"kind": "cloud", "distribution": "debain-13"}, "images[0].distribution", "did you mean 'debian-13'?"),
    ({"kind": "cloud", "url": "https://e.org/a", "distribution": "debian-13"}, "images[0].checksum", "is missing"),
    (
        {"kind": "cloud", "url": "https://e.org/a", "checksum_url": "http://e.org/SUMS"},
        "images[0].checksum_url",
        "'http://e.org/SUMS' is http, which anybody on the way can change",
    ),
    (
        {
            "kind": "cloud",
            "url": "https://e.org/a",
            "checksum_url": "https://e.org/S",
            "signature_url": "http://e.org/G",
        },
        "images[0].signature_url",
        "proves nothing without keyring",
    ),
    ({"kind": "cloud", "path": "/a", "checksum": SHA, "keyring": "/k"}, "images[0].keyring", "proves nothing beside"),
    (
        {"kind": "cloud", "path": "/a", "checksum": SHA, "mirror": "https://m"},
        "images[0].mirror",
        "without path and url",
    ),
    (
        {"kind": "cloud", "distribution": "debian-13", "mirror": "http://m/x"},
        "images[0].mirror",
        "is http, which anybody",
    ),
    ({"kind": "cloud", "distribution": "debian-13", "keyring": "/k"}, "images[0].keyring", "debian-13 are not signed"),
    (
        {"kind": "cloud", "distribution": "debian-13", "mirror": "ftp://m"},
        "images[0].mirror",
        "is no address of a server",
    ),
    ({"kind": "cloud", "url": "https://a:99999/b", "checksum": SHA}, "images[0].url", "is no address of a file"),
    ({"kind": "cloud", "url": "https://u:p@a/b", "checksum": SHA}, "images[0].url", "is no address of a file"),
    ({"kind": "tiny", "distribution": "debian-13"}, "images[0].distribution", "is no key of this mapping"),
    ({"kind": "cloud", "checksum": SHA, "url": "file:///a"}, "images[0].url", "is no address"),
    ({"kind": "cloud", "checksum": SHA, "path": "a.qcow2"}, "images[0].path", "must start with /"),
    ({"kind": "packages"}, "images[0].release", "is missing"),
    ({"kind": "packages", "release": "trixie", "packages": ["--yes"]}, "images[0].packages[0]", "usable word"),
    ({"kind": "packages", "release": "trixie", "ssh_public_key": "none"}, "images[0].ssh_public_key", "no OpenSSH"),
    ({"kind": "tinny"}, "images[0].kind", "did you mean 'tiny'?"),
    ({"kind": ["tiny"]}, "images[0].kind", "is unknown"),
    ({}, "images[0].kind", "is missing"),
    ({"kind": "tiny", "release": "trixie"}, "images[0].release", "is no key of this mapping"),
]


@pytest.mark.parametrize(("image", "path", "sentence"), IMAGE_PROBLEMS)
def test_a_wrong_image(image: dict[str, Any], path: str, sentence: str) -> None:
    problems = wrong({**small(), "images": [{"name": "tiny", **image}]})
    assert list(problems) == [path]
    assert sentence in problems[path]


def test_a_variant_that_asks_for_nothing_is_its_datapath() -> None:
    """campaign.json is the same, however the lab file writes it."""
    written = ["qemu", {"datapath": "vhost"}, {"name": "e1000", "datapath": "e1000"}]
    lab, problems = examine(
        {**small(), "campaign": {"datapaths": [*written, {"name": "other", "datapath": "ethernet"}]}}
    )
    assert problems == []
    assert lab["campaign"]["datapaths"] == ["qemu", "vhost", "e1000", {"name": "other", "datapath": "ethernet"}]


def test_a_password_is_not_repeated() -> None:
    image = {"name": "tiny", "kind": "packages", "release": "trixie", "root_password": 12345}
    (sentence,) = wrong({**small(), "images": [image]}).values()
    assert "12345" not in sentence


# Forty variants that differ.
NO_FEW = [{"datapath": "vhost", "name": f"v{number}", "mtu": 1000 + number} for number in range(40)]
CAMPAIGN_PROBLEMS = [
    ({"guest": "b"}, "guest", "'b' is not defined under guests"),
    ({"workloads": [{"name": "a", "tool": "iperf3", "streams": 0}]}, "workloads[0].streams", "from 1 to 128"),
    ({"blocks": 0}, "blocks", "from 1 to 1000"),
    ({"blocks": 20, "stop_at_width": 0}, "stop_at_width", "no number from 0.001 to 1; 0.05 is 5 %"),
    ({"blocks": 20, "stop_at_width": True}, "stop_at_width", "no number"),
    ({"blocks": 20, "stop_at_width": "5 %"}, "stop_at_width", "no number"),
    ({"stop_at_width": 0.05}, "stop_at_width", "no campaign stops before block 10, and this one has 10"),
    ({"blocks": 20, "stop_at_width": 0.05, "datapaths": ["vhost"]}, "stop_at_width", "needs two datapaths"),
    ({"quiet": {"foreign_cpu": 2}}, "quiet.foreign_cpu", "no number from 0 to 1; 0.05 is 5 %"),
    ({"quiet": {"load": 2}}, "quiet.load", "is no key of this mapping"),
    ({"quiet": 0.1}, "quiet", "is no mapping"),
    ({"sees": 1.03}, "sees", "no number above 1.03 and up to 10; 1.05 is a difference of 5 %"),
    ({"sees": 0.95}, "sees", "no number above 1.03"),
    ({"sees": "5 %"}, "sees", "no number above 1.03"),
    ({"sees": True}, "sees", "no number above 1.03"),
    ({"sees": float("nan")}, "sees", "no number above 1.03"),
    ({"sees": 1.05, "blocks": 10}, "sees", "no campaign stops before block 10, and this one has 10"),
    ({"sees": 1.05, "aa": False}, "sees", "needs the A/A arm"),
    ({"sees": 1.05, "datapaths": ["qemu"]}, "sees", "needs two datapaths"),
    ({"sees": 1.05, "blocks": 20, "stop_at_width": 0.05}, "sees", "give one rule"),
    ({"duration_s": 3601}, "duration_s", "from 1 to 3600"),
    ({"warmup_s": 0.5}, "warmup_s", "whole number"),
    ({"seed": -1}, "seed", "whole number"),
    ({"datapaths": ["dpdk"]}, "datapaths[0]", "known are qemu, vhost, e1000"),
    ({"datapaths": ["qemu", "qemu"]}, "datapaths[1]", "taken already"),
    (
        {"datapaths": ["user"], "workloads": [{"name": "a", "tool": "hping3"}]},
        "workloads[0].tool",
        "cannot be measured over user: the host reaches no guest through QEMU's user-mode network",
    ),
    (
        {"datapaths": ["qemu", "user"], "workloads": [{"name": "a", "tool": "netperf", "test": "tcp_rr", "peer": "c"}]},
        "workloads[0].peer",
        "does not carry guest_to_guest; it carries host_to_guest, guest_to_host, round_trip",
    ),
    ({"datapaths": [{"driver": {"packed": True}}]}, "datapaths[0].datapath", "is missing"),
    ({"datapaths": ["vhost", {"datapath": "vhost", "mtu": 9000}]}, "datapaths[1]", "taken already"),
    ({"datapaths": [{"datapath": "vhost", "driver": {"packet": True}}]}, "datapaths[0].driver.packet", "packed"),
    ({"datapaths": [{"datapath": "vhost", "driver": {"name": "qemu"}}]}, "datapaths[0].driver.name", "is no key"),
    (
        {"datapaths": [{"datapath": "vhost", "driver": {"rx_queue_size": 300}}]},
        "datapaths[0].driver.rx_queue_size",
        "256, 512",
    ),
    ({"datapaths": [{"datapath": "e1000", "driver": {"packed": True}}]}, "datapaths[0].driver", "leave it out"),
    (
        {"datapaths": [{"datapath": "e1000", "offloads": {"host": {"csum": False}}}]},
        "datapaths[0].offloads",
        "e1000 has no offloads that libvirt could switch; leave it out",
    ),
    (
        {"datapaths": [{"datapath": "user", "offloads": {"host": {"csum": False}}}]},
        "datapaths[0].offloads",
        "user has no offloads that libvirt could switch",
    ),
    (
        {"datapaths": [{"datapath": "user", "driver": {"host": {"csum": False}}}]},
        "datapaths[0].driver",
        "leave out host.csum",
    ),
    (
        {"datapaths": [{"datapath": "qemu", "offloads": {"host": {"csum": False, "tso4": True}}}]},
        "datapaths[0].offloads.host.tso4",
        "needs host.csum, which is to be off",
    ),
    (
        {"datapaths": [{"datapath": "qemu", "driver": {"guest": {"ecn": True}}, "offloads": {"guest": {"ecn": True}}}]},
        "datapaths[0].offloads.guest.ecn",
        "stands in driver too",
    ),
    (
        {"datapaths": [{"datapath": "qemu", "offloads": {"host": {"tso": False}}}]},
        "datapaths[0].offloads.host.tso",
        "is no key of this mapping; did you mean 'tso",
    ),
    ({"datapaths": [{"datapath": "qemu", "offloads": False}]}, "datapaths[0].offloads", "is no mapping"),
    ({"datapaths": [{"datapath": "e1000", "queues": 2}]}, "datapaths[0].queues", "more than the one"),
    ({"datapaths": [{"datapath": "vhost", "queues": 99}]}, "datapaths[0].queues", "vCPUs"),
    ({"datapaths": [{"datapath": "vhost", "model": "e1000"}]}, "datapaths[0].model", "is none of virtio"),
    ({"datapaths": [{"datapath": "macvtap_bridge", "mtu": 9000}]}, "datapaths[0].mtu", "leave it out"),
    ({"datapaths": [{"datapath": "qemu", "parent": "eth1"}]}, "datapaths[0].parent", "qemu is on top of no link"),
    ({"datapaths": ["sriov_macvtap"]}, "datapaths[0].parent", "is missing; sriov_macvtap needs a virtual function"),
    ({"datapaths": [{"datapath": "sriov_macvtap"}]}, "datapaths[0].parent", "is missing"),
    ({"datapaths": [{"datapath": "sriov_vf", "parent": "eth1", "mtu": 9000}]}, "datapaths[0].mtu", "leave it out"),
    ({"datapaths": [{"datapath": "sriov_vf", "parent": "eth1", "queues": 2}]}, "datapaths[0].queues", "than the one"),
    ({"datapaths": [{"datapath": "sriov_vf", "parent": "e", "model": "virtio"}]}, "datapaths[0].model", "no models"),
    (
        {"datapaths": [{"datapath": "sriov_vf", "parent": "eth1", "driver": {"packed": True}}]},
        "datapaths[0].driver",
        "takes no attributes of <driver>",
    ),
    ({"datapaths": [{"datapath": "macvtap_vepa", "parent": "a/b"}]}, "datapaths[0].parent", "is no usable word"),
    ({"datapaths": [{"datapath": "macvtap_vepa", "parent": "x" * 16}]}, "datapaths[0].parent", "than the 15 bytes"),
    ({"datapaths": [{"name": "a b", "datapath": "vhost"}]}, "datapaths[0].name", "a b"),
    ({"datapaths": [["qemu"]]}, "datapaths[0]", "['qemu'] is unknown; known are qemu, vhost"),
    ({"datapaths": [{"datapath": "vhost", "name": "qemu"}]}, "datapaths[0].name", "another datapath than vhost"),
    ({"datapaths": [{"datapath": "vhost", "model": "e1000"}]}, "datapaths[0].model", "'e1000' is none of virtio"),
    ({"datapaths": ["vhost", {"datapath": "vhost", "name": "b"}]}, "datapaths[1]", "the same as campaign.datapaths[0]"),
    ({"datapaths": ["qemu", {"datapath": "qemu", "name": "b", "queues": 1}]}, "datapaths[1]", "the same as"),
    (
        {"datapaths": ["qemu", {"datapath": "qemu", "name": "b", "offloads": {"host": {}}, "driver": {"guest": {}}}]},
        "datapaths[1]",
        "the same as",
    ),
    ({"datapaths": [{"datapath": "e1000", "mtu": 9000}]}, "datapaths[0].mtu", "no MTU can be told to a guest"),
    (
        {"datapaths": [{"datapath": "vhost", "model": "virtio-transitional", "driver": {"iommu": True}}]},
        "datapaths[0].driver.iommu",
        "needs another model than virtio-transitional",
    ),
    (
        {"datapaths": [{"datapath": "vhost", "driver": {"txmode": "timer"}}]},
        "datapaths[0].driver.txmode",
        "is for QEMU's own backend",
    ),
    (
        {"datapaths": [{"datapath": "qemu", "driver": {"tx_queue_size": 512}}]},
        "datapaths[0].driver.tx_queue_size",
        "512 is more than 256",
    ),
    *(
        ({"datapaths": [{"datapath": "vhost", "emulator": path}]}, "datapaths[0].emulator", "is no usable path")
        for path in ("/a\nb", "/a\0b", "/a\x1b[31m", "/" + "a" * 4095, "/" + "é" * 2048)
    ),
    (
        {
            "datapaths": ["qemu", {"name": "qemu-b", "datapath": "vhost"}],
            "workloads": [{"name": "b-tcp", "tool": "iperf3"}, {"name": "tcp", "tool": "iperf3"}],
        },
        "workloads[1].name",
        "'tcp' on qemu-b and 'b-tcp' on qemu would be runs of one name, qemu-b-tcp",
    ),
    (
        {"workloads": [{"name": "aa-tcp", "tool": "iperf3"}, {"name": "tcp", "tool": "iperf3"}]},
        "workloads[1].name",
        "'tcp' on qemu (A/A) and 'aa-tcp' on qemu would be runs of one name, qemu-aa-tcp",
    ),
    ({"blocks": 1000, "datapaths": NO_FEW}, "blocks", "1000 blocks are 287000 runs; 200000 runs at most"),
    ({"replicate": "reset"}, "replicate", "known are boot, hotplug"),
    ({"datapaths": [{"datapath": "vhost", "emulator": "qemu"}]}, "datapaths[0].emulator", "is no absolute path"),
    (
        {"replicate": "hotplug", "datapaths": ["qemu", {"name": "b", "datapath": "qemu", "kernel": "/k"}]},
        "datapaths[1].kernel",
        "needs replicate: boot, as a guest that runs on keeps what it was started by",
    ),
    ({"datapaths": "vhost"}, "datapaths", "is no list"),
    ({"workloads": [{"name": "a", "tool": "iperf"}]}, "workloads[0].tool", "did you mean 'iperf3'?"),
    ({"workloads": [{"name": "a", "tool": "iperf3", "direction": "up"}]}, "workloads[0].direction", "host_to_guest"),
    ({"workloads": [{"name": "a", "tool": "netperf"}]}, "workloads[0].test", "is missing"),
    ({"workloads": [{"name": "a b", "tool": "strace"}]}, "workloads[0].name", "usable name"),
    ({"workloads": [{"name": "a", "tool": "perf"}] * 2}, "workloads[1].name", "taken already"),
    ({"workloads": [{"name": "a", "tool": "iperf3", "proto": "sctp"}]}, "workloads[0].proto", "known are tcp, udp"),
    ({"workloads": [{"name": "a", "tool": "iperf3", "rate_mbps": 9}]}, "workloads[0].rate_mbps", "proto: udp"),
    ({"workloads": [{"name": "a", "tool": "hping3", "streams": 2}]}, "workloads[0].streams", "is no key"),
    ({"workloads": [{"name": "a", "tool": "perf", "message_bytes": [1, 2]}]}, "workloads[0].message_bytes", "number"),
    ({"workloads": [{"name": "a", "tool": "iperf3", "message_bytes": [1, 0]}]}, "workloads[0].message_bytes[1]", "1"),
    ({"workloads": [{"name": "a", "tool": "iperf3", "message_bytes": []}]}, "workloads[0].message_bytes", "at least 1"),
    ({"workloads": [{"name": "a", "tool": "iperf3", "queues": 0}]}, "workloads[0].queues", "number from 1 to 256"),
    ({"workloads": [{"name": "a", "tool": "strace", "queues": [1, 1]}]}, "workloads[0].queues[1]", "taken already"),
    ({"workloads": [{"name": "a", "tool": "perf", "queues": [1, 2]}]}, "workloads[0].queues", "2 queue pairs are for"),
    ({"workloads": [{"name": "a", "tool": "iperf3", "queues": 2}]}, "workloads[0].queues", "a has 1; give it more"),
    (
        {"workloads": [{"name": "a" * 38, "tool": "iperf3", "message_bytes": [64, 1]}]},
        "workloads[0].name",
        "usable name",
    ),
    (
        {"workloads": [{"name": "a", "tool": "iperf3", "direction": "guest_to_guest"}]},
        "workloads[0].peer",
        "guest_to_guest needs the guest that receives",
    ),
    ({"workloads": [{"name": "a", "tool": "iperf3", "peer": "c"}]}, "workloads[0].peer", "is guest_to_guest"),
    ({"workloads": [{"name": "a", "tool": "netperf", "test": "tcp_rr", "peer": "a"}]}, "workloads[0].peer", "another"),
    ({"workloads": [{"name": "a", "tool": "netperf", "test": "tcp_rr", "peer": "x"}]}, "workloads[0].peer", "defined"),
]


def test_a_kernel_is_for_a_guest_that_is_booted_directly() -> None:
    build = {"emulator": "/opt/q", "kernel": "/k", "initrd": "/i"}
    campaign = {"datapaths": ["qemu", {"name": "new", "datapath": "qemu", **build}]}
    lab, problems = examine({**small(), "campaign": campaign})
    assert not problems
    assert lab["campaign"]["datapaths"][1] == {
        "name": "new", "datapath": "qemu", **build,
    }  # fmt: skip
    disk = [{"name": "tiny", "kind": "packages", "release": "trixie"}]
    problems = wrong({**small(), "images": disk, "campaign": campaign})
    says = "is for a guest that is booted directly (kind: tiny), and a boots from its disk"
    assert problems == {f"campaign.datapaths[1].{part}": says for part in ("kernel", "initrd")}


@pytest.mark.parametrize(("change", "key", "sentence"), CAMPAIGN_PROBLEMS)
def test_a_wrong_campaign(change: dict[str, Any], key: str, sentence: str) -> None:
    two = [*small()["guests"], {"name": "c", "image": "tiny", "interfaces": [{"network": "one"}]}]
    problems = wrong({**small(), "guests": two, "campaign": {"guest": "a", **change}})
    assert list(problems) == [f"campaign.{key}"]
    assert sentence in problems[f"campaign.{key}"]


def test_a_variant_keeps_its_queue_pairs_whatever_a_workload_asks_for() -> None:
    guests = [{**small()["guests"][0], "vcpus": 4}]
    variants = ["vhost", {"name": "two", "datapath": "vhost", "queues": 2}]
    for queues, said in ((3, "3"), ([2, 4], "4")):
        campaign = {"datapaths": variants, "workloads": [{"name": "a", "tool": "iperf3", "queues": queues}]}
        says = f"{said} queue pairs contradict the 2 of variant two"
        assert wrong({**small(), "guests": guests, "campaign": campaign}) == {"campaign.workloads[0].queues": says}


def test_as_many_runs_are_asked_for_as_can_be_recorded() -> None:
    assert MOST_RUNS == _planned.MOST_RUNS


def test_a_workload_over_queue_pairs_needs_datapaths_that_have_them() -> None:
    guests = [{**guest, "vcpus": 2} for guest in small()["guests"]]
    campaign = {"datapaths": ["qemu", "e1000"], "workloads": [{"name": "a", "tool": "iperf3", "queues": [1, 2]}]}
    problems = wrong({**small(), "guests": guests, "campaign": campaign})
    assert problems == {"campaign.workloads[0].queues": "2 queue pairs are more than the one that e1000 has"}


def test_user_mode_networking_is_measured_in_both_directions() -> None:
    workloads = [
        {"name": "in", "tool": "iperf3"},
        {"name": "out", "tool": "iperf3", "direction": "guest_to_host", "proto": "udp"},
        {"name": "rr", "tool": "netperf", "test": "udp_rr"},
        {"name": "calls", "tool": "perf"},
    ]
    lab, problems = examine({**small(), "campaign": {"datapaths": ["qemu", "user"], "workloads": workloads}})
    assert problems == []
    assert lab["campaign"]["datapaths"] == ["qemu", "user"]


def test_a_list_of_sizes_becomes_a_workload_for_each() -> None:
    sweep = {"name": "sweep", "tool": "iperf3", "message_bytes": [64, 1400], "samplers": False}
    lab, problems = examine({**small(), "campaign": {"workloads": [sweep, {"name": "ping", "tool": "hping3"}]}})
    assert problems == []
    sized = {"tool": "iperf3", "direction": "host_to_guest", "proto": "tcp", "samplers": False}
    assert lab["campaign"]["workloads"] == [
        {"name": "sweep_64", "message_bytes": 64, **sized},
        {"name": "sweep_1400", "message_bytes": 1400, **sized},
        {"name": "ping", "tool": "hping3"},
    ]
    assert examine(lab) == (lab, [])


def test_a_list_of_queues_becomes_a_workload_for_each_and_each_size() -> None:
    lab = small()
    lab["guests"][0]["vcpus"] = 4
    sweep = {"name": "sweep", "tool": "netperf", "test": "tcp_rr", "queues": [1, 4], "message_bytes": [1, 64]}
    examined, problems = examine({**lab, "campaign": {"workloads": [sweep, {"name": "ping", "tool": "hping3"}]}})
    assert problems == []
    found = [(one["name"], one.get("queues"), one.get("message_bytes")) for one in examined["campaign"]["workloads"]]
    swept = [(f"sweep_q{queues}_{size}", queues, size) for queues in (1, 4) for size in (1, 64)]
    assert found == [*swept, ("ping", None, None)]
    assert examine(examined) == (examined, [])


def test_workloads_without_a_name_are_not_taken_for_one_another() -> None:
    nameless = {"tool": "strace", "queues": [1]}
    problems = wrong({**small(), "campaign": {"workloads": [nameless, nameless]}})
    assert list(problems) == ["campaign.workloads[0].name", "campaign.workloads[1].name"]
    assert set(problems.values()) == {"is missing; it must be given"}


def test_a_workload_behind_a_list_keeps_its_place() -> None:
    workloads = [{"name": "sweep", "tool": "iperf3", "message_bytes": [1, 2, 3]}, {"name": "sweep_2", "tool": "strace"}]
    assert list(wrong({**small(), "campaign": {"workloads": workloads}})) == ["campaign.workloads[1].name"]


@pytest.mark.parametrize("document", [None, [], "lab", 3])
def test_what_is_no_lab_at_all(document: object) -> None:
    assert "is no mapping" in wrong(document)[""]


def test_all_problems_come_in_one_message_with_their_lines() -> None:
    text = "name: small\nnetworks: []\nimages:\n  - {name: tiny, kind: tinny}\nguests:\n  - name: a\n    image: other\n"
    with pytest.raises(LabError) as refused:
        read_lab(text, "small.yml")
    assert str(refused.value).splitlines() == [
        "small.yml: 4 problems, nothing was changed",
        "  line 2: networks: is a list of 0; at least 1 is needed",
        "  line 4: images[0].kind: 'tinny' is unknown; did you mean 'tiny'?",
        "  line 6: guests[0].interfaces: is missing; it must be given",
        "  line 7: guests[0].image: 'other' is not defined under images; known are tiny",
    ]


def test_a_key_said_twice() -> None:
    with pytest.raises(LabError, match=r"line 2: name: is there twice, first in line 1; keep one"):
        read_lab("name: a\nname: b\n", "twice.yml")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name: x\n  y: [\n", "broken.yml, line 2, column 4: this is no YAML"),
        ("name: [x\n", "broken.yml, line 2, column 1: this is no YAML"),
        ("name: !vault x\n", "broken.yml, line 1, column 7: this is no YAML"),
        ("name: \x00", "broken.yml, this is no YAML"),
        ("? [a]\n: b\n", "broken.yml, line 1, column 3"),
    ],
)
def test_what_is_no_yaml(text: str, sentence: str) -> None:
    with pytest.raises(LabError) as refused:
        read_lab(text, "broken.yml")
    assert sentence in str(refused.value)


def test_an_alias_is_read_like_what_it_stands_for() -> None:
    text = yaml.safe_dump(small()).replace("networks:\n", "networks: &n\n") + "campaign: {guest: *n}\n"
    with pytest.raises(LabError, match=r"campaign\.guest"):
        read_lab(text, "alias.yml")


def test_a_guest_shares_its_memory_where_its_campaign_needs_that() -> None:
    def guests(campaign: dict[str, Any], **of_guest: Any) -> tuple[list[Any], list[Any]]:
        lab = small()
        lab["guests"] = [{**lab["guests"][0], **of_guest}, {**lab["guests"][0], "name": "b"}]
        done, problems = examine({**lab, "campaign": campaign})
        return [guest.get("shared_memory") for guest in done["guests"]], problems

    over = {"datapaths": ["qemu", {"name": "v", "datapath": "vhost_user_testpmd", "driver": {"packed": True}}]}
    assert guests({"datapaths": ["qemu", "user"]}) == ([None, None], [])
    assert guests(over) == ([True, None], [])
    assert guests({**over, "guest": "b"}) == ([None, True], [])
    assert guests({"datapaths": ["qemu"]}, shared_memory=True) == ([True, None], [])
    refused = guests(over, shared_memory=False)[1]
    assert [(problem.path, problem.sentence) for problem in refused] == [
        (
            "guests[0].shared_memory",
            "is no, and campaign.datapaths has vhost_user_testpmd, which needs it; leave it out",
        )
    ]
