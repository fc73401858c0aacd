# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How modules end, with the real AnsibleModule: what it prints is what the controller reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible.module_utils import basic
from ansible.module_utils.testing import patch_module_args

from ansible_collections.virtio.lab.plugins.module_utils._errors import ApplyError, LabError
from ansible_collections.virtio.lab.plugins.module_utils._exits import checked, failing


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (LabError("no such thing"), {"failed": True, "msg": "no such thing"}),
        (ApplyError("stopped", []), {"failed": True, "msg": "stopped", "changed": False, "applied": []}),
        (ApplyError("stopped", ["a"]), {"failed": True, "msg": "stopped", "changed": True, "applied": ["a"]}),
    ],
)
def test_an_error_ends_the_module_with_what_was_done(
    error: Exception, said: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    with patch_module_args({}), pytest.raises(SystemExit) as ended, failing(basic.AnsibleModule(argument_spec={})):
        raise error
    assert ended.value.code == 1
    printed = json.loads(capsys.readouterr().out)
    assert {key: printed[key] for key in printed if key not in ("invocation", "exception")} == said


def test_what_is_not_an_error_of_ours_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), failing(None):
        raise ZeroDivisionError


class Module:
    """As much of an AnsibleModule as is asked."""

    def __init__(self, spec: dict, **params: object) -> None:
        self.argument_spec = spec
        self.params = params

    @staticmethod
    def fail_json(msg: str) -> None:
        raise SystemExit(msg)


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1.0, 1e300])
def test_a_time_that_no_clock_has_is_refused(seconds: float) -> None:
    with pytest.raises(SystemExit, match=r"wait_s is .*; 0 to 2592000 seconds are right"):
        checked(Module({"wait_s": {"type": "float"}}, wait_s=seconds))


@pytest.mark.parametrize("path", ["", " ", "disk.qcow2", "./x"])
def test_a_path_that_depends_on_where_a_module_runs_is_refused(path: str) -> None:
    with pytest.raises(SystemExit, match=r"dest is .*a full path"):
        checked(Module({"dest": {"type": "path", "required": True}}, dest=path))


def test_what_is_right_or_not_given_passes() -> None:
    spec = {"wait_s": {"type": "float"}, "dest": {"type": "path", "required": True}, "keyring": {"type": "path"}}
    module = Module(spec, wait_s=0.0, dest="/srv/x", keyring=None)
    assert checked(module) is module


def test_every_module_with_such_an_option_asks() -> None:
    modules = Path(__file__).resolve().parents[4] / "plugins" / "modules"
    here = {path.stem: path.read_text(encoding="utf-8") for path in modules.glob("*.py")}
    timed = {name for name, text in here.items() if '"type": "float"' in text}
    assert len(timed) >= 6
    assert {name for name in timed if "checked(" not in here[name]} == set()


@pytest.mark.parametrize("given", ["a\0b", "\ud800", ["a", "b\0"], {"a": {"b": ["\0"]}}, {"\0": 1}])
def test_a_text_that_ends_before_its_end_is_refused(given: object) -> None:
    with pytest.raises(SystemExit, match="name has a character that no path and no name can have"):
        checked(Module({"name": {"type": "raw"}}, name=given))


@pytest.mark.parametrize("given", ["a", "ä\n", ["a", 1, None], {"a": [True, 1.5]}])
def test_every_other_text_passes(given: object) -> None:
    checked(Module({"name": {"type": "raw"}}, name=given))
