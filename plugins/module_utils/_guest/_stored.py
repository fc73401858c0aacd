# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The recipe in a domain's XML: written into it when the guest is defined, read with what was changed by hand since."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Optional

from ansible_collections.virtio.lab.plugins.module_utils._kvm._vhost_user import lacks_shared_memory
from ansible_collections.virtio.lab.plugins.module_utils._libvirt import _mark

if TYPE_CHECKING:
    from lxml.etree import _Element

_MARK = f"metadata/{{{_mark.NAMESPACE}}}lab"
_RECIPE_TAG = f"{{{_mark.NAMESPACE}}}recipe"
_KIB_PER_MIB = 1024


def write_recipe(root: _Element, recipe: dict[str, Any]) -> None:
    """Put recipe into the lab's mark of root, which must be there and hold none."""
    mark = root.find(_MARK)
    written = mark.makeelement(_RECIPE_TAG, {})
    written.text = json.dumps(recipe, sort_keys=True)
    mark.append(written)


def read_recipe(root: _Element) -> Optional[dict[str, Any]]:
    """Return the recipe that a domain follows now, None when it does not say from which it was made.

    What the XML shows itself counts, so that a change by hand is seen. Of the NICs that the recipe names the datapath
    is the written one, for it is there to be toggled; NICs beyond those are somebody else's.
    """
    written = root.findtext(f"{_MARK}/{_RECIPE_TAG}")
    if not written:
        return None
    recipe = {key: value for key, value in json.loads(written).items() if key != "shared_memory"}
    disk = root.find("devices/disk[@device='disk']/source")
    log = root.find("devices/serial/log")
    iommu = root.find("devices/iommu")
    return {
        **recipe,
        "virt_type": root.get("type"),
        "vcpus": int(root.findtext("vcpu", "1")),
        "memory_mib": int(root.findtext("memory", "0")) // _KIB_PER_MIB,
        "disk": None if disk is None else disk.get("file"),
        "kernel": root.findtext("os/kernel"),
        "initrd": root.findtext("os/initrd"),
        "kernel_args": root.findtext("os/cmdline", ""),
        "console_log": None if log is None else log.get("file"),
        "iommu": None if iommu is None else iommu.get("model"),
        **({} if lacks_shared_memory(root) else {"shared_memory": True}),
        "interfaces": _interfaces(root, recipe["interfaces"]),
    }


def _interfaces(root: _Element, written: list[dict[str, Any]]) -> list[dict[str, Any]]:
    sources: dict[str, Any] = {}
    for mac in root.iterfind("devices/interface/mac"):
        # The first of two with one address is the lab's own: what was added by hand comes after it. A NIC that is on no
        # network was put onto another datapath, and a campaign that was interrupted there still has to give it back.
        source = mac.find("../source[@network]")
        sources.setdefault(mac.get("address", "").lower(), None if source is None else source.get("network"))
    return [{**nic, "network": sources[nic["mac"]] or nic["network"]} for nic in written if nic["mac"] in sources]
