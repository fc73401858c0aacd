# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""virtio.lab.shown; documented in shown.yml."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Callable

from ansible import constants
from ansible.errors import AnsibleError

CALLBACK = {"plugin_type": "callback", "plugin_name": "default"}


def shown(lines: Sequence[str]) -> str | list[str]:
    """One text for results as YAML, which would wrap the lines of a list; a list for JSON, which would write \\n."""
    try:
        yaml = constants.config.get_config_value("result_format", **CALLBACK) == "yaml"
    except (AnsibleError, KeyError):  # the callback was never loaded, as in a program that is not ansible-playbook
        yaml = False
    return "\n".join(lines) if yaml else list(lines)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"shown": shown}
