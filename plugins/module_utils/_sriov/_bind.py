# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The driver of one VF, by `driver_override`, which holds for this VF alone.

`new_id` would give the driver every device of the kind. The override "none" opts out of all drivers
(Documentation/ABI/testing/sysfs-bus-pci).
"""

from __future__ import annotations

import os

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._sriov._host import Host, content, link_name


def bind(path: str, wanted: str, host: Host) -> None:
    """Bind the VF that the link `path` leads to: a driver's name, "default", "none", or "probe", whatever takes it.

    Raises LabError where the kernel refuses, or the VF is bound to something else afterwards.
    """
    device = os.path.realpath(path)
    address = os.path.basename(device)
    probe = f"{host.sys}/bus/pci/drivers_probe"
    if wanted == "probe":
        write(probe, address)
        return
    write(f"{device}/driver_override", "" if wanted == "default" else wanted)
    if link_name(f"{device}/driver") not in (None, wanted):
        write(f"{device}/driver/unbind", address)
    if wanted != "none" and not link_name(f"{device}/driver"):
        if wanted == "default":
            # Of a VF that is new, udev may not have loaded the driver yet; where none fits, that is said below.
            host.runner(["modprobe", "--quiet", "--use-blacklist", content(f"{device}/modalias") or ""], check=False)
        write(probe, address)
    bound = link_name(f"{device}/driver") or "none"
    if (wanted == "default" and bound == "none") or wanted not in ("default", bound):
        raise LabError(f"{address} is bound to {bound} afterwards")


def write(path: str, value: str) -> None:
    """Raises LabError with the kernel's reason."""
    try:
        with open(path, "w", encoding="ascii") as file:
            file.write(value + "\n")
    except OSError as refused:
        raise LabError(refused.strerror or str(refused)) from refused
