# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules vhost_toggle and datapath share: their options, and the way from a wish to what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Dict

from ansible_collections.virtio.lab.plugins.module_utils._exits import failing
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._connection import connect
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import Selector, selector
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._removals import removals
from ansible_collections.virtio.lab.plugins.module_utils._lock import WAIT_S, in_turn
from ansible_collections.virtio.lab.plugins.module_utils._runner import run
from ansible_collections.virtio.lab.plugins.module_utils._switch import (
    _apply,
    _driver,
    _plan,
    _programs,
    _prove,
    _read,
    _vf,
)

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

ARGUMENTS: Dict[str, Any] = {
    "name": {"type": "list", "elements": "str", "required": True, "aliases": ["names", "domains"]},
    "mac": {"type": "str"},
    "alias": {"type": "str"},
    "target": {"type": "str"},
    "network": {"type": "str"},
    "driver": _driver.argument_spec(),
    "apply": {"type": "str", "choices": ["next_boot", "hotplug", "power_cycle"], "default": "next_boot"},
    "fresh": {"type": "bool", "default": False},
    "unplug_timeout_s": {"type": "float", "default": 30},
    "shutdown_timeout_s": {"type": "float", "default": 60},
    "allow_destroy": {"type": "bool", "default": False},
    "wait_for": {"type": "str", "choices": ["agent", "address", "port", "none"], "default": "agent"},
    "port": {"type": "int"},
    "address": {"type": "str"},
    "wait_s": {"type": "float", "default": 300},
    "verify": {"type": "bool", "default": True},
    "uri": {"type": "str", "default": "qemu:///system"},
}
REQUIRED_IF = ("wait_for", "port", ["port"])


def carry_out(module: AnsibleModule, wish_of: Callable[[Selector, Dict[str, Any]], _plan.Wish]) -> None:
    """Do what a module wants, one call at a time on a hypervisor, and exit with what came of it.

    wish_of makes the wish of the NICs that are meant and of how it is to be proved; it may raise LabError.
    """
    given = module.params
    limits = _prove.Limits(*(given[field] for field in _prove.Limits._fields))
    names = list(dict.fromkeys(given["name"]))
    with failing(module):
        nics = selector(*(given[field] for field in Selector._fields))
        want = wish_of(nics, {"proved": given["verify"], "addressed": given["wait_for"] == "address"})
        whole = want.edit is not None
        turn = in_turn("vhost_toggle", module.check_mode, WAIT_S + limits.longest_s * len(names))
        with turn, connect(given["uri"], events=True) as connection, removals(connection) as heard:
            haves = [_read.read(connection, name, whole=whole) for name in names]
            want = _vf.chosen(want, haves)
            actions = [action for have in haves for action in _plan.plan(want, have)]
            for name in names:
                _programs.check_build(connection, name, want.build, run, want.proved)
            if not module.check_mode:
                for text in _apply.apply(connection, heard, want, actions, limits, haves=haves):
                    module.warn(text)
            for text in () if whole else _read.resumed(want, haves):
                module.warn(text)
            tell = _read.edit_result if whole else _read.result
            result = tell(connection, want, haves, actions)
    module.exit_json(changed=bool(actions), diff=_plan.diff(want, haves, actions), **result)
