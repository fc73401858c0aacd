# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virtio.lab.plugins.plugin_utils._campaign._folder_name import MOST, folder_name

# As run documents have it for the id of a campaign, of which this becomes a part.
SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")


@pytest.mark.parametrize("name", ["hv1", "lab-host", "hv1.example.org", "192.0.2.1", "A_b", "x" * MOST])
def test_a_safe_name_stays(name):
    assert folder_name(name) == name


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("2001:db8::1", "2001-db8-1-5afd19e8"),
        ("root@h", "root-h-a4ceb39b"),
        ("../../etc", "etc-74ccf3c5"),
        ("..", "host-5ec1f7e7"),
        ("", "host-e3b0c442"),
        ("ü", "host-607474ca"),
        ("hv1\n", "hv1-fa66ae91"),
    ],
)
def test_another_keeps_what_is_safe_with_its_digest(name, found):
    assert folder_name(name) == found


@given(st.text(), st.text())
def test_any_name_is_one_folder_of_its_own(one, other):
    assert SAFE.match(folder_name(one))
    assert len(folder_name(one)) <= MOST
    assert (folder_name(one) == folder_name(other)) == (one == other)
