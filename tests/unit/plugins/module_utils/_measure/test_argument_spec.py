# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What no argument spec can refuse of a run is refused before anything is measured."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure._argument_spec import check

GOOD: dict[str, Any] = {
    "block": 1,
    "order_in_block": 1,
    "seed": 0,
    "warmup_s": 0,
    "duration_s": 1,
    "workload": {"rate_mbps": None, "message_bytes": None, "streams": 1, "queues": None},
    "options": {"driver": {"packed": True}, "queues": None, "mtu": 9000},
    "variant": "vhost-packed",
    "baseline": None,
}


def test_a_run_that_can_be_recorded() -> None:
    check(GOOD)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"block": 0}, "block is 0; a whole number from 1 to 1000000"),
        ({"seed": 10**30}, "seed is 10+; a whole number"),
        ({"warmup_s": -1}, "warmup_s is -1; a whole number from 0"),
        ({"duration_s": 0}, "duration_s is 0; a whole number from 1"),
        ({"workload": {"queues": -1}}, "workload.queues is -1"),
        ({"workload": {"message_bytes": -1}}, "workload.message_bytes is -1"),
        ({"options": {"queues": "2"}}, "options.queues is '2'"),
        ({"options": {"mtu": 0}}, "options.mtu is 0; a whole number from 68"),
        ({"options": {"mtu": True}}, "options.mtu is True"),
        ({"options": {"colour": 1}}, "options.colour is no option of a variant; these are driver, queues"),
        ({"variant": "../x"}, "variant is '../x'; lower-case letters"),
        ({"variant": ""}, "variant is ''"),
        ({"baseline": "A B"}, "baseline is 'A B'"),
    ],
)
def test_a_run_that_no_document_can_hold(change: dict[str, Any], says: str) -> None:
    with pytest.raises(LabError, match=says):
        check({**GOOD, **change})
