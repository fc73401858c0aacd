# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What sysfs says of a card's function that a guest has. Real ones: molecule's lab host."""

from __future__ import annotations

from ansible_collections.virtio.lab.plugins.module_utils._witness._functions import SeenFunction, read

ADDRESS = "0000:01:10.0"


def test_a_function_is_read_with_its_driver_and_nodes(tmp_path):
    device = tmp_path / "bus/pci/devices" / ADDRESS
    (device / "vfio-dev/vfio3").mkdir(parents=True)
    for name, target in (("driver", "drivers/vfio-pci"), ("iommu_group", "groups/17"), ("physfn", "0000:01:00.0")):
        (tmp_path / target).mkdir(parents=True)
        (device / name).symlink_to(tmp_path / target)
    nodes = ("/dev/vfio/17", "/dev/vfio/devices/vfio3")
    assert read(ADDRESS, str(tmp_path)) == SeenFunction(True, "vfio-pci", nodes)


def test_one_that_is_not_there_has_nothing(tmp_path):
    assert read(ADDRESS, str(tmp_path)) == SeenFunction(False, None, ())
