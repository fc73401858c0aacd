# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.virtio.lab.plugins.module_utils._inspect import _guest, _host


def test_modules_are_loaded_built_in_or_absent(tmp_path):
    (tmp_path / "module" / "tun" / "parameters").mkdir(parents=True)
    (tmp_path / "module" / "vhost_net" / "parameters").mkdir(parents=True)
    (tmp_path / "module" / "vhost_net" / "parameters" / "experimental_zcopytx").write_text("0\n", encoding="ascii")
    text = "vhost_net 36864 2 - Live 0x0000000000000000\nvhost 65536 1 vhost_net, Live 0x0000000000000000\n"
    found = _host.modules(text, str(tmp_path))
    assert found["vhost_net"] == {
        "state": "loaded",
        "users": 2,
        "used_by": [],
        "parameters": {"experimental_zcopytx": "0"},
    }
    assert found["vhost"]["used_by"] == ["vhost_net"]
    assert (found["tun"]["state"], found["tun"]["users"]) == ("built-in", None)
    assert found["macvtap"]["state"] == "absent"


def test_a_descriptor_of_a_tap_names_its_link(tmp_path):
    for folder in ("fd", "fdinfo"):
        (tmp_path / "9" / folder).mkdir(parents=True)
    for number, target in {3: "/dev/null", 4: "/dev/net/tun", 5: "/dev/vhost-net", 6: "anon_inode:kvm-vm"}.items():
        (tmp_path / "9" / "fd" / str(number)).symlink_to(target)
    (tmp_path / "9" / "fdinfo" / "4").write_text("pos:\t0\niff:\tvnet0\n", encoding="ascii")
    assert _host.descriptors(9, str(tmp_path)) == [
        {"fd": 4, "target": "/dev/net/tun", "link": "vnet0"},
        {"fd": 5, "target": "/dev/vhost-net", "link": None},
        {"fd": 6, "target": "anon_inode:kvm-vm", "link": None},
    ]


def test_tuntap_lines_of_one_device():
    text = "vnet1: tap\nvnet10: tap vnet_hdr\n\tAttached to processes:qemu-system-x86(918)\nvnet2: tap\n"
    assert _guest.tuntap_of(text, "vnet10") == "vnet10: tap vnet_hdr\n\tAttached to processes:qemu-system-x86(918)"
    assert _guest.tuntap_of(text, "vnet1") == "vnet1: tap"
    assert _guest.tuntap_of(text, "vnet3") is None
    assert _guest.tuntap_of(text, None) is None


def test_a_virtio_device_without_pci_has_no_slot():
    lines = ["/sys/devices/platform/a000000.virtio_mmio/virtio0", "/sys/bus/virtio/drivers/virtio_net"]
    found = _guest.chain([*lines, "/sys/bus/platform/drivers/virtio-mmio"])
    assert (found["pci"], found["pci_driver"], found["driver"]) == (None, "virtio-mmio", "virtio_net")
