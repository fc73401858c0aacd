# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How modules end, with the real AnsibleModule: what it prints is what the controller reads."""

from __future__ import annotations

import json

import pytest
from ansible.module_utils import basic
from ansible.module_utils.testing import patch_module_args

from ansible_collections.virtio.lab.plugins.module_utils._errors import ApplyError, LabError
from ansible_collections.virtio.lab.plugins.module_utils._exits import failing


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
