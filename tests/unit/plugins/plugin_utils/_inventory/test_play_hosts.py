# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._inventory._play_hosts import first_with_hosts

HOSTS = {"hypervisors": ["hv1", "hv2"], "web": ["web1"]}


def found(*patterns, left=None, sources=("/a/inv.yml",), limit=""):
    return first_with_hosts(
        patterns,
        everywhere=lambda pattern: HOSTS.get(pattern, []),
        left=lambda pattern: (HOSTS if left is None else left).get(pattern, []),
        sources=sources,
        limit=limit,
    )


def test_the_first_pattern_with_hosts_is_taken():
    assert found("hypervisors", "web") == "hypervisors"
    assert found("nobody", "web") == "web"
    assert found("hypervisors", "web", left={"web": ["web1"]}, limit="web1") == "web"


def test_no_host_at_all_names_the_inventory():
    with pytest.raises(LabError, match=r"no host of the inventory \(/a/inv.yml, b,\) matches 'nobody'"):
        found("nobody", sources=("/a/inv.yml", "b,"))
    with pytest.raises(LabError, match=r"the inventory \(none was given\) matches 'nobody' or 'x'"):
        found("nobody", "x", sources=())


def test_a_limit_that_leaves_none_is_named():
    with pytest.raises(LabError, match=r"--limit web1 leaves no host of 'hypervisors', .* has hv1, hv2"):
        found("hypervisors", left={}, limit="web1")
