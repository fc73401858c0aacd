# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How large a guest's disk becomes, and that it never becomes smaller."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._guest._disk import GIB, Plan, Want, plan, reconcile

MIB = 1 << 20


def want(gib: int | None) -> Want:
    return Want("a", "/g/a.qcow2", "/i/disk.qcow2", gib)


@pytest.mark.parametrize(
    ("gib", "image", "have", "planned"),
    [
        (None, 3 * GIB, None, Plan("create", None, 3 * GIB)),
        (3, 3 * GIB, None, Plan("create", None, 3 * GIB)),
        (20, 3 * GIB, None, Plan("create", None, 20 * GIB)),
        (1, 512 * MIB, None, Plan("create", None, GIB)),
        (20, 3 * GIB, 20 * GIB, Plan(None, 20 * GIB, 20 * GIB)),
        (21, 3 * GIB, 20 * GIB, Plan("grow", 20 * GIB, 21 * GIB)),
        # What nobody asks for stays.
        (None, 3 * GIB, 20 * GIB, Plan(None, 20 * GIB, 20 * GIB)),
    ],
)
def test_plan(gib: int | None, image: int, have: int | None, planned: Plan) -> None:
    assert plan(want(gib), image, have) == planned


@pytest.mark.parametrize(
    ("gib", "image", "have", "said"),
    [
        (2, 3 * GIB, None, "disk_gib 2 is less than its image's 3 GiB; 3 or more holds it"),
        (2, 2 * GIB + 200 * MIB, None, "disk_gib 2 is less than its image's 2.2 GiB; 3 or more holds it"),
        (1, GIB + 512, None, "less than its image's 1 GiB; 2 or more"),
        (5, 3 * GIB, 20 * GIB, "disk_gib 5 is less than the 20 GiB that its disk has, and a disk is not shrunk"),
        (5, None, None, "its image /i/disk.qcow2 does not exist"),
    ],
)
def test_what_would_cut_data_off_is_refused(gib: int, image: int | None, have: int | None, said: str) -> None:
    with pytest.raises(LabError, match=said):
        plan(want(gib), image, have)


@given(st.none() | st.integers(1, 64), st.integers(1, 64 * GIB), st.none() | st.integers(1, 64 * GIB))
def test_no_plan_shrinks_and_the_next_one_has_nothing_to_do(gib: int | None, image: int, have: int | None) -> None:
    try:
        planned = plan(want(gib), image, have)
    except LabError:
        return
    assert planned.after >= (have or image)
    assert (planned.step is None) == (planned.after == have)
    assert plan(want(gib), image, planned.after).step is None


def test_check_mode_goes_on_where_the_image_is_still_to_be_made(tmp_path: Path) -> None:
    missing = Want("a", str(tmp_path / "a.qcow2"), str(tmp_path / "image.qcow2"), 5)
    answer = reconcile(missing, "test:///default", True, lambda *_words, **_more: pytest.fail("ran a command"))
    assert answer == {"changed": True, "gib": 5, "diff": {"before": {"gib": None}, "after": {"gib": 5}}}


def test_the_image_itself_is_no_guests_disk(tmp_path):
    """By whatever name: it would grow under all guests that have their disks over it."""
    (tmp_path / "disk.qcow2").touch()
    (tmp_path / "link.qcow2").symlink_to("disk.qcow2")
    for path in ("disk.qcow2", "link.qcow2", "x/../disk.qcow2"):
        want = Want("a", f"{tmp_path}/{path}", f"{tmp_path}/disk.qcow2", 1)
        with pytest.raises(LabError, match="is the image itself"):
            reconcile(want, "test:///default", False, lambda *_words, **_more: pytest.fail("ran a command"))


@pytest.mark.parametrize("gib", [-1, 0, 2**33])
def test_a_size_that_no_disk_has_is_refused(gib):
    with pytest.raises(LabError, match=f"disk_gib {gib} is out of bounds"):
        reconcile(Want("a", "/a", "/b", gib), "test:///default", True, lambda *_words, **_more: pytest.fail("ran"))
