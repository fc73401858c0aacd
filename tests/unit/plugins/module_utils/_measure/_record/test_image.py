# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which image a guest runs, from its live XML and real files."""

from __future__ import annotations

import hashlib
import json
import os

import pytest
from lxml import etree

from ansible_collections.virtio.lab.plugins.module_utils._measure._record._image import image_of

LAYER = "<backingStore type='file'><format type='qcow2'/><source file='{}'/>{}</backingStore>"


def guest(kernel: str = "", initrd: str = "", disk: str = "") -> etree._Element:
    booted = "".join(f"<{tag}>{path}</{tag}>" for tag, path in (("kernel", kernel), ("initrd", initrd)) if path)
    return etree.fromstring(f"<domain><os>{booted}</os><devices>{disk}</devices></domain>")


def disk(*layers: str, device: str = "disk") -> str:
    """A disk over these images, the last one at the bottom."""
    chain = "<backingStore/>"
    for layer in reversed(layers):
        chain = LAYER.format(layer, chain)
    return f"<disk type='file' device='{device}'><source file='/overlay.qcow2'/>{chain}</disk>"


@pytest.fixture(name="files")
def _files(tmp_path):
    found = {}
    for name in ("base", "middle", "kernel", "initrd"):
        path = tmp_path / name
        path.write_bytes(name.encode() * 1000)
        found[name] = str(path)
    return found


def sha(name: str) -> str:
    return hashlib.sha256(name.encode() * 1000).hexdigest()


def test_the_image_is_what_the_guest_does_not_write(files, tmp_path):
    folder = tmp_path / "campaign"
    folder.mkdir()
    both = image_of(guest(files["kernel"], files["initrd"]), folder)
    assert both == ({"kernel": sha("kernel"), "initrd": sha("initrd")}, None)
    over = disk("/no/such/cdrom", device="cdrom") + disk(files["middle"], files["base"]) + disk("/no/such/second")
    assert image_of(guest(disk=over), folder) == ({"disk": sha("base")}, None)
    assert image_of(guest(files["kernel"], disk=over), folder) == ({"kernel": sha("kernel"), "disk": sha("base")}, None)


def test_an_image_is_read_once_for_a_campaign_and_again_when_it_has_changed(files, tmp_path):
    folder = tmp_path / "campaign"
    folder.mkdir()
    root, path = guest(disk=disk(files["base"])), files["base"]
    image_of(root, folder)
    kept = json.loads((folder / "images.json").read_text(encoding="utf-8"))
    (folder / "images.json").write_text(json.dumps(dict.fromkeys(kept, "f" * 64)), encoding="utf-8")
    assert image_of(root, folder) == ({"disk": "f" * 64}, None)
    os.utime(path, (1, 1))
    assert image_of(root, folder) == ({"disk": sha("base")}, None)
    (folder / "images.json").write_text("{", encoding="utf-8")
    assert image_of(root, folder) == ({"disk": sha("base")}, None)


@pytest.mark.parametrize(
    ("xml", "why"),
    [
        (disk(), "the guest's disk has no base image"),
        ("<disk device='disk'><backingStore><source dev='/dev/sda'/></backingStore></disk>", "is not a file"),
        ("", "neither a disk nor a kernel"),
        (disk("/no/such/image"), "/no/such/image: No such file"),
    ],
)
def test_an_image_that_cannot_be_known_has_a_reason(xml, why, tmp_path):
    image, reason = image_of(guest(disk=xml), tmp_path)
    assert image is None
    assert why in reason
    assert list(tmp_path.iterdir()) == []
