# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run about queues counts only where QEMU has them and the guest uses them."""

from __future__ import annotations

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._validity import queue_reasons
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._guest_queues import combined

# virtio_net of Linux 6.1 with four queue pairs on a guest of two vCPUs, as ethtool 6.1 writes it.
CHANNELS = """\
Channel parameters for eth0:
Pre-set maximums:
RX:\t\tn/a
TX:\t\tn/a
Other:\t\tn/a
Combined:\t4
Current hardware settings:
RX:\t\tn/a
TX:\t\tn/a
Other:\t\tn/a
Combined:\t2
"""


def witness(before: int, middle: int, after: int) -> dict:
    seen = {"before": before, "middle": middle, "after": after}
    return {moment: {"argv": {"queues": queues}} for moment, queues in seen.items()}


def test_what_is_in_use_counts_and_not_what_there_could_be() -> None:
    assert combined(CHANNELS) == 2


@pytest.mark.parametrize("said", ["", CHANNELS.partition("Current")[0], "netlink error: Operation not supported"])
def test_a_driver_that_cannot_tell_is_no_number(said: str) -> None:
    with pytest.raises(LabError, match="no combined channels"):
        combined(said)


@pytest.mark.parametrize("used", [2, None])
def test_the_asked_number_is_valid(used: int | None) -> None:
    assert queue_reasons(2, witness(2, 2, 2), used) == []


def test_a_run_that_is_not_about_queues_may_have_any() -> None:
    assert queue_reasons(None, witness(4, 4, 4), 1) == []


def test_another_number_in_qemu_or_in_the_guest_is_a_reason() -> None:
    assert queue_reasons(2, witness(2, 1, 2), 1) == [
        "in the middle of the run: the NIC's queue pairs are 1 in QEMU, 2 were asked for",
        "the NIC's queue pairs are 1 in use by the guest, 2 were asked for",
    ]
