# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What no argument spec can refuse of a run is refused before anything is measured."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure import _bounds
from ansible_collections.virtio.lab.plugins.module_utils._measure._argument_spec import check

GOOD: dict[str, Any] = {
    "block": 1,
    "order_in_block": 1,
    "seed": 0,
    "warmup_s": 0,
    "duration_s": 1,
    "datapath": "vhost",
    "workload": {"name": "tcp_rr", "rate_mbps": None, "message_bytes": None, "streams": 1, "queues": None},
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
        ({"workload": {"name": "a/b"}}, "workload.name 'a/b': use up to 200 letters"),
        ({"workload": {"name": ".."}}, "workload.name '..'"),
        ({"workload": {"name": ""}}, "workload.name ''"),
        ({"workload": {"name": "a\n"}}, "workload.name 'a"),
        ({"options": {"driver": "packed"}}, "options.driver is 'packed'; a mapping"),
        ({"options": {"driver": {"colour": True}}}, "options.driver.colour is none of name, queues, rx_queue_size"),
        ({"options": {"driver": {"packed": "yes"}}}, "options.driver.packed is 'yes'; true or false"),
        ({"options": {"driver": {"rx_queue_size": 500}}}, "options.driver.rx_queue_size is 500; 256, 512, 1024"),
        ({"options": {"driver": {"rx_queue_size": True}}}, "options.driver.rx_queue_size is True"),
        ({"options": {"driver": {"txmode": ["timer"]}}}, r"options.driver.txmode is \['timer'\]; iothread, timer"),
        ({"options": {"driver": {"queues": 0}}}, "options.driver.queues is 0; a whole number from 1 to 256"),
        ({"options": {"driver": {"host": {"colour": True}}}}, "options.driver.host.colour is none of csum"),
        ({"options": {"driver": {"guest": True}}}, "options.driver.guest is True; a mapping of offloads"),
        ({"options": {"driver": {"guest.gso": True}}}, "options.driver.guest.gso is none of csum"),
        ({"options": {"driver": {1: True}}}, "options.driver.1 is none of"),
        ({"options": {"offloads": {"packed": True}}}, "options.offloads.packed is none of host, guest"),
        ({"options": {"offloads": {"host": {"csum": 1}}}}, "options.offloads.host.csum is 1; true or false"),
        ({"options": {"model": "e1000"}}, "options.model is 'e1000'; its datapath has virtio, virtio-trans"),
        ({"options": {"model": ["virtio"]}}, "options.model is "),
        ({"options": {"emulator": "qemu"}}, "options.emulator is 'qemu'; a full path"),
        ({"options": {"kernel": "/boot/a\nb"}}, "options.kernel is "),
        ({"options": {"initrd": 1}}, "options.initrd is 1; a full path"),
        ({"options": {"parent": "eth 1"}}, "options.parent is 'eth 1'; a link's name or a PCI address would be"),
        ({"options": {"parent": 3}}, "options.parent is 3"),
        ({"options": {"colour": 1}}, "options.colour is no option of a variant; these are driver, queues"),
        ({"variant": "../x"}, "variant is '../x'; lower-case letters"),
        ({"variant": ""}, "variant is ''"),
        ({"baseline": "A B"}, "baseline is 'A B'"),
    ],
)
def test_a_run_that_no_document_can_hold(change: dict[str, Any], says: str) -> None:
    with pytest.raises(LabError, match=says):
        check({**GOOD, **change, "workload": {**GOOD["workload"], **change.get("workload", {})}})


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"driver": None, "offloads": None, "model": None, "kernel": None},
        {"driver": {"name": "vhost", "queues": 2, "rx_queue_size": 256, "packed": False, "host": {"csum": False}}},
        {"driver": {"queues": "2", "rx_queue_size": "1024", "packed": "on", "txmode": "timer", "guest.csum": "off"}},
        {"offloads": {"host": {"tso4": True}, "guest": None}, "model": "virtio-transitional"},
        {"emulator": "/opt/qemu/bin/qemu-system-x86_64", "kernel": "/boot/vmlinuz", "initrd": "/boot/initrd"},
    ],
)
def test_options_that_a_variant_can_ask_for(options: dict[str, Any]) -> None:
    """As YAML has them, and as libvirt writes them."""
    check({**GOOD, "options": options})


def test_a_lab_file_asks_for_nothing_that_no_run_can_have() -> None:
    """The bounds of a campaign lie inside of those of a run."""
    for name, (low, high) in _bounds.CAMPAIGN.items():
        least, most = _bounds.RUN.get(name, (1, 1_000_000))
        assert least <= low < high <= most
