# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a campaign that was interrupted left on its hypervisor, believed only where it is what was written there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _files, _json, _shape
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._build_xml import PARTS
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file import _values
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._shape import UnfitError

_LARGEST = 1 << 16
# Older versions of Ansible evaluate these wherever they stand in a fact.
_TEMPLATES = ("{{", "{%", "{#")
_PLAN = re.compile(r"[0-9a-f]{64}")
_GUEST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+:@-]{0,199}")
_INTERFACE = re.compile(r"(<interface [\x20-\x7e\n\t]{10,20000}</interface>)?")
_HANGS = re.compile(r"[A-Za-z0-9_.+:@-]{0,200}")
_BEFORE = re.compile(r"[a-z]{0,20}")
_FILE = re.compile(r"(/[^\x00-\x1f\x7f]{1,4095})?")


def _text(pattern: re.Pattern[str]) -> Callable[[Any, str], str]:
    def check(value: Any, what: str) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value) or any(mark in value for mark in _TEMPLATES):
            raise LabError(f"{what} is {value!r}, which nothing here has written")
        return value

    return check


def _build(value: Any, what: str) -> dict[str, str]:
    """Paths of the programs that the guest was started by, "" where it has none."""
    found = _shape.mapping(value, what)
    return {part: _PATH(found.get(part), f"{part} in {what}") for part in PARTS if part in found}


def _mac(value: Any, what: str) -> str:
    try:
        return _values.mac(value)
    except UnfitError as unfit:
        raise LabError(f"{what} is {value!r}, which {unfit}") from None


def _queues(value: Any, what: str) -> int:
    """A number, which older versions of Ansible write as text."""
    number = _shape.written_whole(value, what) if isinstance(value, str) else value
    return _shape.whole(number, what, 1, 256)


_PATH = _text(_FILE)
_PARTS: Mapping[str, Callable[[Any, str], Any]] = {
    "campaign_id": _files.one_name,
    "plan": _text(_PLAN),
    "guest": _text(_GUEST),
    "mac": _mac,
    "before": _text(_BEFORE),
    "effective_before": _text(_BEFORE),
    "queues_before": _queues,
    "interface_before": _text(_INTERFACE),
    "build_before": _build,
    "network": _text(_HANGS),
    "bridge": _text(_HANGS),
    "queues": _queues,
    "replicate": _text(_BEFORE),
    "restored": _shape.flag,
}
# What earlier versions did not write.
_LATER = ("effective_before", "interface_before", "build_before", "network", "bridge", "replicate")


def campaign_record(text: str) -> dict[str, Any]:
    """The record in a JSON text, whose names become paths and commands here; LabError where it is not as written."""
    what = "the record of the last campaign"
    record = _shape.mapping(_json.document(text, what, _LARGEST), what)
    return {
        key: check(record.get(key), f"{key} of {what}")
        for key, check in _PARTS.items()
        if key in record or key not in _LATER
    }
