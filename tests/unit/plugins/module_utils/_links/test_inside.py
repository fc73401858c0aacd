# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `ip` cannot do: system calls in a namespace. That they work is what the integration targets show."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links import _inside, _tun_owner
from ansible_collections.virtio.lab.plugins.module_utils._links._batch import BatchError
from ansible_collections.virtio.lab.plugins.module_utils._links._bridge_times import own_times, with_own_times
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Link


def test_what_the_kernel_is_told_of_an_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(fcntl, "ioctl", lambda _device, request, value: calls.append((request, value)))
    words = ("dev", "tap0", "mode", "tap", "multi_queue", "vnet_hdr")
    _tun_owner._set(3, (*words, "TUNSETOWNER", "1000"))
    _tun_owner._set(3, ("dev", "tun0", "mode", "tun", "pi", "TUNSETGROUP", str(2**32 - 2)))
    assert [request for request, _value in calls] == [0x400454CA, 0x400454CC, 0x400454CA, 0x400454CE]
    assert calls[0][1][:18] == b"tap0".ljust(16, b"\0") + (0x0002 | 0x0100 | 0x4000 | 0x1000).to_bytes(2, "little")
    assert calls[2][1][16:18] == (0x0001).to_bytes(2, "little")
    assert (calls[1][1], calls[3][1]) == (1000, -2)


def test_an_owner_in_a_namespace_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(_inside, "NETNS_DIR", str(tmp_path))
    with pytest.raises(BatchError, match="No such file") as stopped:
        _tun_owner.set_owners("lab", [("dev", "tap0", "mode", "tap", "TUNSETOWNER", "0")])
    assert stopped.value.applied == 0


def test_a_file_that_is_no_namespace(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(_inside, "NETNS_DIR", str(tmp_path))
    (tmp_path / "lab").write_text("")
    before = os.readlink("/proc/thread-self/ns/net")
    with pytest.raises(OSError, match=r"Invalid argument|not permitted"), _inside.inside("lab"):
        pytest.fail("no way in")
    with _inside.inside(""):
        assert os.readlink("/proc/thread-self/ns/net") == before


def test_a_device_that_cannot_be_opened_is_named_by_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> int:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(_tun_owner, "_set", refuse)
    monkeypatch.setattr(os, "open", lambda *_args: os.dup(0))
    with pytest.raises(BatchError, match="not permitted") as stopped:
        _tun_owner.set_owners("", [("dev", "tap0", "TUNSETOWNER", "0")])
    assert stopped.value.applied == 0


def test_times_of_a_bridge_that_is_not_there() -> None:
    with pytest.raises(OSError, match="No such device"):
        own_times("no-such-bridge")
    gone = Link("no-such-bridge", "bridge", True, 1500, is_root=False)
    with pytest.raises(LabError, match="times of bridge no-such-bridge cannot be read"):
        with_own_times("", {gone.name: gone}, [gone.name])


def test_times_are_asked_for_only_where_they_are_the_root_s() -> None:
    root = Link("no-such-bridge", "bridge", True, 1500)
    assert with_own_times("", {root.name: root}, [root.name, "another"]) == {root.name: root}
