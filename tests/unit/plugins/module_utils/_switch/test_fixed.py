# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which NICs cannot be hot-plugged: what QEMU 7.2 answered to device_add on each of these buses."""

from __future__ import annotations

import re

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse
from ansible_collections.virtio.lab.plugins.module_utils._switch._fixed import fixed_nics

MAC = "52:54:00:00:00:0a"
PCI = "<address type='pci' domain='0x0000' bus='0x01' slot='0x{}' function='0x{}'/>"
ALONE = PCI.format("00", "0")


def domain(model, *, more="", acpi=True, arch="x86_64", address=ALONE, others="") -> str:
    features = "<features><acpi/></features>" if acpi else "<features/>"
    return f"""<domain><os><type arch='{arch}'>hvm</type></os>{features}<devices>
    <controller type='pci' index='0' model='pcie-root'/>
    <controller type='pci' index='1' model='{model}'>{more}</controller>
    <interface type='bridge'><mac address='{MAC}'/><model type='virtio'/>{address}</interface>{others}
    </devices></domain>"""


OFF = "<target chassis='1' hotplug='off'/>"
BESIDE = f"<controller type='usb'>{PCI.format('00', '1')}</controller>"
OF_THE_HOST = f"<hostdev><source>{PCI.format('00', '0')}</source>{PCI.format('03', '0')}</hostdev>"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (domain("pcie-root-port"), None),
        (domain("pcie-root-port", acpi=False), None),  # it has a controller of its own
        (domain("pcie-root-port", more="<target chassis='1'/>"), None),
        (domain("pcie-root-port", more=OFF), "its bus 1 .pcie-root-port. was given hotplug='off'"),
        (domain("pcie-switch-downstream-port", more=OFF), "hotplug='off'"),
        (domain("pcie-switch-downstream-port"), None),
        (domain("pcie-to-pci-bridge", acpi=False), None),
        (domain("pci-bridge", acpi=False), None),
        (domain("dmi-to-pci-bridge"), ".dmi-to-pci-bridge. cannot be unplugged from"),
        (domain("pcie-expander-bus"), "cannot be unplugged from"),
        (domain("pci-expander-bus"), "cannot be unplugged from"),
        (domain("pcie-root"), "its bus 1 .pcie-root. cannot be unplugged from"),
        (domain("pci-root"), None),
        (domain("pci-root", acpi=False), "hot-plugs by ACPI, which the domain does not have"),
        (domain("pci-root", acpi=False, arch="ppc64"), None),
        (domain("pci-root", more="<target hotplug='off'/>"), "hotplug='off'"),
        (domain("pcie-root-port", address=PCI.format("00", "1")), "shares its PCI slot"),
        (domain("pcie-root-port", others=BESIDE), "shares its PCI slot"),
        (domain("pcie-root-port", others=OF_THE_HOST), None),
        (
            domain("pcie-root-port", address="<address type='virtio-mmio'/>"),
            "type virtio-mmio, and only PCI and CCW",
        ),
        (domain("pcie-root-port", address=""), "is of type none"),
        (domain("none", arch="s390x", address="<address type='ccw' cssid='0xfe' ssid='0x0' devno='0x0001'/>"), None),
    ],
)
def test_what_can_be_unplugged(text, says):
    found = fixed_nics(parse(text))
    if says is None:
        assert found == {}
    else:
        assert list(found) == [MAC]
        assert re.search(says, found[MAC])
