# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose the open /dev/vhost-net descriptors are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virtio.lab.plugins.module_utils._witness._accounting import backend_of, is_possible


@pytest.mark.parametrize(
    ("queues", "held", "known", "backend"),
    [
        ({"a": 1}, 1, {}, "vhost"),
        ({"a": 1}, 0, {}, "qemu"),
        ({"a": 2}, 1, {}, "unknown"),
        ({"a": 1, "b": 1}, 1, {}, "unknown"),
        ({"a": 1, "b": 1}, 2, {}, "vhost"),
        ({"a": 1, "b": 1}, 1, {"b": "vhost"}, "qemu"),
        ({"a": 1, "b": 1}, 1, {"b": "qemu"}, "vhost"),
        # the numbers of queues tell them apart
        ({"a": 1, "b": 2}, 2, {}, "qemu"),
        ({"a": 1, "b": 2}, 1, {}, "vhost"),
        ({"a": 1, "b": 2, "c": 3}, 3, {}, "unknown"),
        ({"a": 1, "b": 1}, 1, {"a": "qemu"}, "qemu"),
        ({"a": 1, "b": 1}, 0, {"a": "vhost"}, "unknown"),
    ],
)
def test_decisions(queues, held, known, backend):
    assert backend_of("a", queues, held, known) == backend


nics = st.lists(st.tuples(st.integers(1, 4), st.booleans(), st.booleans()), min_size=1, max_size=8)


@given(nics)
def test_an_answer_is_never_wrong(made):
    truth = {str(number): "vhost" if vhost else "qemu" for number, (_count, vhost, _known) in enumerate(made)}
    queues = {str(number): count for number, (count, _vhost, _known) in enumerate(made)}
    known = {str(number): truth[str(number)] for number, (_count, _vhost, known) in enumerate(made) if known}
    held = sum(queues[one] for one, backend in truth.items() if backend == "vhost")
    assert is_possible(queues, held, known)
    for one, backend in truth.items():
        assert backend_of(one, queues, held, known) in (backend, "unknown")
        if one in known:
            assert backend_of(one, queues, held, known) == backend
