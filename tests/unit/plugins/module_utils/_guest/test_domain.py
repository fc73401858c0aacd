# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is done to a domain, for every state it may be found in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._guest._domain import Have, diff, plan
from ansible_collections.virtio.lab.plugins.module_utils._guest._recipe import Guest, Interface, recipe

GUEST = Guest("a", "kvm", 1, 256, (Interface("net", "52:54:00:00:96:01", "vhost"),), kernel="/k", initrd="/i")
SAME = recipe(GUEST)
OTHER = {**SAME, "memory_mib": 512}
LINKS = ("vlu525400009601",)


@pytest.mark.parametrize(
    ("want", "have", "redefine", "steps"),
    [
        (GUEST, None, False, ["define", "start"]),
        (GUEST, Have("lab", SAME, "running"), False, []),
        (GUEST, Have("lab", SAME, "running"), True, []),
        (GUEST, Have("lab", SAME, "shut off"), False, ["start"]),
        (GUEST, Have("lab", SAME, "paused"), False, ["resume"]),
        (GUEST, Have("lab", SAME, "running", persistent=False), False, ["define"]),
        (GUEST, Have("lab", SAME, "paused", persistent=False), False, ["define", "resume"]),
        (GUEST, Have("lab", OTHER, "running"), True, ["stop", "define", "start"]),
        (GUEST, Have("lab", OTHER, "paused"), True, ["stop", "define", "start"]),
        (GUEST, Have("lab", OTHER, "shut off"), True, ["define", "start"]),
        (GUEST, Have("lab", None, "shut off"), True, ["define", "start"]),
        (None, None, False, []),
        (None, Have("lab", OTHER, "running"), False, ["stop", "undefine"]),
        (None, Have("lab", OTHER, "running", persistent=False), False, ["stop"]),
        (None, Have("lab", None, "shut off"), False, ["undefine"]),
        (None, Have("lab", None, "shut off", links=LINKS), False, ["release", "undefine"]),
        (None, Have("lab", SAME, "running", links=LINKS, halted={"vlu": 7}), False, ["stop", "release", "undefine"]),
        (GUEST, Have("lab", OTHER, "running", links=LINKS), True, ["stop", "release", "define", "start"]),
        (GUEST, Have("lab", SAME, "running", links=LINKS, halted={"vlu": 7}), False, []),
    ],
)
def test_plan(want: Guest | None, have: Have | None, redefine: bool, steps: list[str]) -> None:
    assert plan(want, "a", "lab", have, redefine) == steps


@pytest.mark.parametrize("want", [GUEST, None])
@pytest.mark.parametrize(("owner", "said"), [(None, "was not made by a lab"), ("other", "belongs to lab other")])
def test_a_foreign_domain_is_refused(want: Guest | None, owner: str | None, said: str) -> None:
    with pytest.raises(LabError, match=f"domain a that {said}"):
        plan(want, "a", "lab", Have(owner, SAME, "running"), redefine=True)


def test_a_guest_is_not_started_where_qemu_would_wait_without_end() -> None:
    with pytest.raises(LabError, match=r"process 7, which serves vlu525400009601 of domain 'a'.*kill -CONT 7"):
        plan(GUEST, "a", "lab", Have("lab", SAME, "shut off", links=LINKS, halted={LINKS[0]: 7}))


@pytest.mark.parametrize(
    ("have", "said"), [(OTHER, "memory_mib: 512 -> 256"), (None, "does not say from which it was made")]
)
def test_another_recipe_is_named(have: dict | None, said: str) -> None:
    with pytest.raises(LabError, match=said):
        plan(GUEST, "a", "lab", Have("lab", have, "running"))


haves = st.none() | st.builds(
    Have,
    lab=st.just("lab"),
    recipe=st.sampled_from([SAME, OTHER, None]),
    state=st.sampled_from(["running", "paused", "shut off"]),
    persistent=st.booleans(),
)


@given(want=st.sampled_from([GUEST, None]), have=haves)
def test_the_diff_is_empty_if_and_only_if_nothing_is_done(want: Guest | None, have: Have | None) -> None:
    steps = plan(want, "a", "lab", have, redefine=True)
    shown = diff(want, have, steps)
    assert (shown["before"] == shown["after"]) is (steps == [])
