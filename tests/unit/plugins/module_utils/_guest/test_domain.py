# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is done to a domain, for every state it may be found in."""

from __future__ import annotations

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._guest._domain import Have, plan
from ansible_collections.virtio.lab.plugins.module_utils._guest._recipe import Guest, Interface, argv, recipe

GUEST = Guest("a", "kvm", 1, 256, (Interface("net", "52:54:00:00:96:01", "vhost"),), kernel="/k", initrd="/i")
SAME = recipe(GUEST)
OTHER = {**SAME, "memory_mib": 512}


@pytest.mark.parametrize(
    ("want", "have", "redefine", "steps"),
    [
        (GUEST, None, False, ["define", "start"]),
        (GUEST, Have("lab", SAME, True), False, []),
        (GUEST, Have("lab", SAME, False), False, ["start"]),
        (GUEST, Have("lab", OTHER, True), True, ["stop", "undefine", "define", "start"]),
        (GUEST, Have("lab", OTHER, False), True, ["undefine", "define", "start"]),
        (None, None, False, []),
        (None, Have("lab", OTHER, True), False, ["stop", "undefine"]),
        (None, Have("lab", None, False), False, ["undefine"]),
    ],
)
def test_plan(want: Guest | None, have: Have | None, redefine: bool, steps: list[str]) -> None:
    assert plan(want, "a", "lab", have, redefine) == steps


@pytest.mark.parametrize("want", [GUEST, None])
@pytest.mark.parametrize(("owner", "said"), [(None, "was not made by a lab"), ("other", "belongs to lab other")])
def test_a_foreign_domain_is_refused(want: Guest | None, owner: str | None, said: str) -> None:
    with pytest.raises(LabError, match=f"domain a that {said}"):
        plan(want, "a", "lab", Have(owner, SAME, True), redefine=True)


def test_another_recipe_is_named() -> None:
    with pytest.raises(LabError, match="memory_mib: 512 -> 256"):
        plan(GUEST, "a", "lab", Have("lab", OTHER, True))


def test_the_driver_is_always_named() -> None:
    words = argv(GUEST, "qemu:///system")
    network = words[words.index("--network") + 1]
    assert "driver.name=vhost" in network
    assert "mac=52:54:00:00:96:01" in network


def test_without_a_kernel_the_disk_boots() -> None:
    words = argv(GUEST._replace(kernel=None, disk="/d.qcow2"), "qemu:///system")
    assert words[words.index("--boot") + 1] == "hd"
    assert words[words.index("--disk") + 1].startswith("path=/d.qcow2,format=qcow2")
