# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All datapaths. To add one: a file of its own beside this one, its name in DATAPATHS, a captured fixture.

Imports are explicit, as Ansible ships with a module only what its imports name.
"""

from __future__ import annotations

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import Datapath
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._emulated import EMULATED
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._ethernet import ETHERNET
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._macvtap import MACVTAP
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._ovs import OVS, OVS_VHOST
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._passt import PASST
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._qemu import QEMU
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._sriov import SRIOV_MACVTAP, SRIOV_VF
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._user import USER
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._vhost import VHOST
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._vhost_user import (
    VHOST_USER_OVS,
    VHOST_USER_TESTPMD,
)
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._qemu._monitor import UNKNOWN

DATAPATHS: tuple[Datapath, ...] = (
    QEMU,
    VHOST,
    *EMULATED,
    ETHERNET,
    *MACVTAP,
    USER,
    PASST,
    OVS,
    OVS_VHOST,
    VHOST_USER_TESTPMD,
    VHOST_USER_OVS,
    SRIOV_MACVTAP,
    SRIOV_VF,
)
NAMES = tuple(datapath.name for datapath in DATAPATHS)
_BY_NAME = {datapath.name: datapath for datapath in DATAPATHS}
_BY_AXES = {datapath.axes: datapath for datapath in DATAPATHS}


def datapath(name: str) -> Datapath:
    """Return the datapath of that name; LabError, with the names there are, for an unknown one."""
    if name not in _BY_NAME:
        raise LabError(f"there is no datapath {name!r}; the datapaths are {', '.join(NAMES)}")
    return _BY_NAME[name]


def name_of(frontend: str, backend: str, attachment: str) -> str:
    """Return the name of the combination of three parts, unknown where no datapath has it."""
    found = _BY_AXES.get((frontend, backend, attachment))
    return found.name if found else UNKNOWN
