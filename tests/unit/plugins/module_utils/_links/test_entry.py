# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules of links print, by the real AnsibleModule, with a program `ip` that knows one TAP device."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import Any

import pytest
from ansible.module_utils import basic
from ansible.module_utils.testing import patch_module_args

from ansible_collections.virtio.lab.plugins.module_utils._links import _entry
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Wish
from ansible_collections.virtio.lab.plugins.module_utils._runner import Result

OPTIONS: dict[str, Any] = {"name": {"type": "str"}, "mtu": {"type": "int"}, "mac": {"type": "str"}}
SPEC = {
    "devices": {"type": "list", "elements": "dict", "options": OPTIONS},
    **OPTIONS,
    "force": {"type": "bool", "default": False},
}
LINKS = [{"ifname": "tap0", "flags": ["UP"], "mtu": 1500, "linkinfo": {"info_kind": "tun", "info_data": {}}}]


def ip(argv: list[str], stdin: str | None = None, check: bool = True) -> Result:
    return Result(1, "", "RTNETLINK answers: No\nCommand failed -:1\n") if stdin else Result(0, json.dumps(LINKS), "")


def printed(capsys: pytest.CaptureFixture[str], **given: Any) -> dict[str, Any]:
    with patch_module_args(given):
        module = basic.AnsibleModule(argument_spec=SPEC, supports_check_mode=True)
        with pytest.raises(SystemExit):
            _entry.keep(module, "devices", wishes, lambda *_: {})
    return dict(json.loads(capsys.readouterr().out))


def wishes(entries: list[dict[str, Any]], notes: list[str] | None) -> list[Wish]:
    return [Wish(entry["name"], mtu=entry["mtu"]) for entry in entries]


@pytest.fixture(autouse=True)
def one_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_entry, "run", ip)
    monkeypatch.setattr(_entry, "in_turn", lambda *_: nullcontext())


def test_the_diff_is_sent_where_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    asked = {"name": "tap0", "mtu": 1400, "_ansible_check_mode": True}
    told = printed(capsys, **asked, _ansible_diff=True)
    assert told["diff"] == {"before": {"tap0": {"mtu": 1500}}, "after": {"tap0": {"mtu": 1400}}}
    assert told["devices"] == [{"name": "tap0", "netns": None, "state": "up", "mtu": 1500, "mac": None}]
    assert "diff" not in printed(capsys, **asked)


def test_the_invocation_has_what_was_given(capsys: pytest.CaptureFixture[str]) -> None:
    told = printed(capsys, devices=[{"name": "tap0"}], mtu=1500)
    assert told["invocation"]["module_args"]["devices"] == [{"name": "tap0"}]
    assert (told["changed"], told["devices"][0]["mtu"]) == (False, 1500)


def test_a_batch_that_fails_says_what_was_done(capsys: pytest.CaptureFixture[str]) -> None:
    told = printed(capsys, name="tap0", mtu=1400)
    assert (told["failed"], told["applied"]) == (True, [])
    assert "link set dev tap0 mtu 1400" in told["msg"]
