# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of cloud images, and the addresses that become of them."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from ansible_collections.virtio.lab.plugins.plugin_utils import _cloud_images
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file import _values

DEBIAN = "https://cloud.debian.org/images/cloud/trixie/latest"
NEEDED = {"iperf3", "netperf", "qemu-guest-agent", "ethtool", "pciutils"}


def test_the_images_that_people_use_are_known() -> None:
    assert {name.rsplit("-", 1)[0] for name in _cloud_images.names()} == {
        "debian",
        "ubuntu",
        "fedora",
        "centos-stream",
        "almalinux",
    }
    wanted = {"debian-12", "debian-13", "ubuntu-22.04", "ubuntu-24.04", "centos-stream-9", "centos-stream-10"}
    assert wanted | {"almalinux-9", "almalinux-10"} <= set(_cloud_images.names())


@pytest.mark.parametrize("name", _cloud_images.names())
def test_each_is_whole(name: str) -> None:
    """An address that can be, by https, of a file whose name the checksum file is looked through for."""
    assert _values.name(name.replace(".", "-"))
    found = _cloud_images.source({"distribution": name})
    for key in ("url", "checksum_url"):
        assert _values.url(found[key]) == found[key]
        assert found[key].startswith("https://")
    assert urlsplit(found["url"]).path.endswith((".qcow2", ".img"))
    assert found["family"] in ("debian", "redhat")
    assert found["components"]
    assert set(found["packages"]) | set(found["absent"]) == NEEDED
    signed = _cloud_images.source({"distribution": name, "keyring": "/k"})["signature_url"]
    assert (signed is not None) == (_cloud_images.signed(name) and not name.startswith("fedora"))


def test_a_name_becomes_addresses() -> None:
    found = _cloud_images.source({"name": "debian-13", "distribution": "debian-13"})
    assert (found["url"], found["checksum_url"]) == (f"{DEBIAN}/debian-13-generic-amd64.qcow2", f"{DEBIAN}/SHA512SUMS")
    assert (found["release"], found["components"]) == ("trixie", ["main"])


def test_a_mirror_has_the_same_tree() -> None:
    found = _cloud_images.source({"distribution": "ubuntu-24.04", "mirror": "http://m.example/u/", "keyring": "/k"})
    at = "http://m.example/u/noble/release"
    assert found["url"] == f"{at}/ubuntu-24.04-server-cloudimg-amd64.img"
    assert (found["checksum_url"], found["signature_url"]) == (f"{at}/SHA256SUMS", f"{at}/SHA256SUMS.gpg")


def test_ones_own_checksum_needs_no_other_proof() -> None:
    found = _cloud_images.source({"distribution": "debian-13", "checksum": "sha256:1"})
    assert (found["checksum"], found["checksum_url"]) == ("sha256:1", None)


def test_ones_own_image_keeps_its_address_and_learns_its_packages() -> None:
    found = _cloud_images.source({"path": "/a.qcow2", "checksum": "sha256:1", "distribution": "fedora-44"})
    assert (found["path"], found["url"], found["absent"]) == ("/a.qcow2", None, ["netperf"])
    assert _cloud_images.source({"url": "https://e.org/a"})["packages"] is None
