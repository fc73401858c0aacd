# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A guest's disk as a qcow2 overlay of its image: read it, plan what makes it as large as the lab wants, do it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._guest._domain import lookup
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._connection import connect
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner

if TYPE_CHECKING:
    import libvirt

GIB = 1 << 30
MOST_GIB = 1 << 32  # half of what qemu-img counts


class Want(NamedTuple):
    """A guest's disk at path over the disk of an image. Without gib it is as large as the image makes it."""

    guest: str
    path: str
    image: str
    gib: Optional[int] = None


class Plan(NamedTuple):
    """The step, create or grow, or None; and the disk's size in bytes before (None: no disk) and after."""

    step: Optional[str]
    before: Optional[int]
    after: int


def size_of(path: str, runner: Runner) -> Optional[int]:
    """Return the size in bytes that a guest sees of the qcow2 disk at path, None when there is no file."""
    if not os.path.exists(path):
        return None
    # The guest may be running, which locks its disk.
    asked = ["qemu-img", "info", "--force-share", "--output=json", "-f", "qcow2", path]
    return json.loads(runner(asked).stdout)["virtual-size"]


def plan(want: Want, image: Optional[int], have: Optional[int]) -> Plan:
    """Return what leads to want, where the image and the disk that is there have these sizes in bytes.

    Raises LabError when there is no image, and when the disk would have to shrink: what is in it would be cut off.
    """
    if image is None:
        raise LabError(f"guest {want.guest}: its image {want.image} does not exist")
    size = image if want.gib is None else want.gib * GIB
    if want.gib is not None and size < image:
        raise LabError(
            f"guest {want.guest}: disk_gib {want.gib} is less than its image's {_shown(image)} GiB; "
            f"{_whole(image)} or more holds it"
        )
    if have is None:
        return Plan("create", None, size)
    if want.gib is None or size == have:
        return Plan(None, have, have)
    if size < have:
        raise LabError(
            f"guest {want.guest}: disk_gib {want.gib} is less than the {_shown(have)} GiB that its disk has, and a "
            f"disk is not shrunk; ask for {_whole(have)} or more, or remove the guest to have it made anew"
        )
    return Plan("grow", have, size)


def apply(want: Want, planned: Plan, domain: Optional[libvirt.virDomain], runner: Runner) -> None:
    """Take the planned step; domain is the guest where libvirt has one."""
    size = str(planned.after)
    if planned.step == "create":
        made = f"{want.path}.new"
        runner(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", want.image, made, size])
        os.chmod(made, 0o600)
        os.rename(made, want.path)  # so that a disk that is there is a whole one
    elif planned.step == "grow" and domain is not None and domain.isActive():
        import libvirt  # pylint: disable=import-outside-toplevel

        domain.blockResize(want.path, planned.after, libvirt.VIR_DOMAIN_BLOCK_RESIZE_BYTES)
    elif planned.step == "grow":
        runner(["qemu-img", "resize", "-q", "-f", "qcow2", want.path, size])


def reconcile(want: Want, uri: str, check_mode: bool, runner: Runner) -> dict[str, Any]:
    """Take the step that leads to want, none in check mode, and return what the module returns.

    Raises LabError before anything is changed.
    """
    if os.path.realpath(want.path) == os.path.realpath(want.image):
        raise LabError(
            f"guest {want.guest}: its disk {want.path} is the image itself, which other guests use; take another"
        )
    if want.gib is not None and not 1 <= want.gib <= MOST_GIB:
        raise LabError(f"guest {want.guest}: disk_gib {want.gib} is out of bounds; 1 to {MOST_GIB} are right")
    if check_mode and not os.path.exists(want.image):  # it is made in the same run
        return _answer(True, None, want.gib)
    with connect(uri) as connection:
        planned = plan(want, size_of(want.image, runner), size_of(want.path, runner))
        if planned.step and not check_mode:
            apply(want, planned, lookup(connection, want.guest), runner)
    return _answer(planned.step is not None, planned.before and planned.before / GIB, planned.after / GIB)


def _answer(changed: bool, before: Optional[float], after: Optional[float]) -> dict[str, Any]:
    return {"changed": changed, "gib": after, "diff": {"before": {"gib": before}, "after": {"gib": after}}}


def _shown(size: int) -> str:
    return f"{size / GIB:.3g}"


def _whole(size: int) -> int:
    return -(-size // GIB)
