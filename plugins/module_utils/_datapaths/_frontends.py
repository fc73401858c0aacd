# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Frontends: the NIC that the guest sees."""

from __future__ import annotations

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import Frontend

# QEMU calls the device virtio-net-pci, -ccw or -device by the bus it is on, with the suffix of its generation.
VIRTIO = Frontend(
    name="virtio",
    title="virtio-net",
    models=("virtio", "virtio-transitional", "virtio-non-transitional"),
    devices=("virtio-net",),
    drivers=("virtio_net",),
    module="virtio_net",
    has_driver=True,
    multiqueue=True,
)
E1000 = Frontend("e1000", "emulated Intel 82540EM", ("e1000",), ("e1000",), ("e1000",), "e1000")
E1000E = Frontend("e1000e", "emulated Intel 82574L", ("e1000e",), ("e1000e",), ("e1000e",), "e1000e")
# Linux serves QEMU's C+ variant of the chip by 8139cp; 8139too leaves it alone.
RTL8139 = Frontend("rtl8139", "emulated Realtek RTL8139", ("rtl8139",), ("rtl8139",), ("8139cp", "8139too"), "8139cp")
# Not QEMU's but the card's: the guest has whatever driver serves the virtual functions of that one.
VFIO = Frontend(
    "vfio",
    "a virtual function of the card, by vfio",
    (),
    ("vfio-pci",),
    ("igbvf", "ixgbevf", "iavf", "mlx5_core"),
    "igbvf",
)

FRONTENDS = (VIRTIO, E1000, E1000E, RTL8139, VFIO)


def is_device(frontend: Frontend, driver: str) -> bool:
    """Whether QEMU's name of a device is the frontend's: virtio-net-pci-transitional is, e1000e is not e1000's."""
    return any(driver == name or driver.startswith(f"{name}-") for name in frontend.devices)


def frontend_of(model: str | None) -> Frontend | None:
    """Return the frontend that a model of libvirt's belongs to, None for one that no datapath has."""
    return next((one for one in FRONTENDS if model in one.models), None)
