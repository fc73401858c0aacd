# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a lab file may say of a workload, the module takes."""

from __future__ import annotations

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.virtio.lab.plugins.module_utils._measure._argument_spec import BENCHMARK_RUN, WORKLOAD
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._run_document import Asked
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._campaign import DEFAULT_WORKLOADS
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._campaign import WORKLOAD as CHECK

WORKLOADS = [
    *DEFAULT_WORKLOADS,
    {"name": "a", "tool": "iperf3", "direction": "guest_to_guest", "peer": "b", "proto": "udp", "rate_mbps": 9},
    {"name": "a", "tool": "iperf3", "streams": 4, "message_bytes": 64, "samplers": False},
    {"name": "a", "tool": "netperf", "test": "udp_rr", "message_bytes": 64, "peer": "b"},
    {"name": "a", "tool": "perf", "streams": 2, "message_bytes": 64},
    {"name": "a", "tool": "hping3"},
]


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: f"{workload['tool']}-{len(workload)}")
def test_the_module_takes_every_workload_of_a_lab_file(workload):
    problems: list = []
    normal = CHECK(workload, "workload", problems)
    assert problems == []
    assert ArgumentSpecValidator(WORKLOAD).validate(normal).error_messages == []


def test_the_record_asks_for_parameters_that_the_module_has():
    assert set(Asked._fields) <= set(BENCHMARK_RUN)
