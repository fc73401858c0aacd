# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How ssh reaches a guest: through its hypervisor, and only with the host keys that are known of it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any


def ssh_arguments(guest: str, known_hosts: str, hypervisor: Mapping[str, Any], connection: str) -> str:
    """Return ssh's arguments, quoted for Ansible's ansible_ssh_common_args.

    guest is the name under which known_hosts, a file of the control node, has the guest's keys: so they hold whatever
    its address is. hypervisor holds the variables of the host to jump through, connection is how Ansible reaches it;
    where that is local there is no jump.
    """
    options = {
        "UserKnownHostsFile": f'"{known_hosts}"',  # ssh takes a list of them, split at spaces
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "HostKeyAlias": guest,
    }
    if connection != "local":
        options["ProxyCommand"] = _proxy_command(hypervisor)
    return " ".join(f"-o {shlex.quote(f'{key}={value}')}" for key, value in options.items())


def _proxy_command(hypervisor: Mapping[str, Any]) -> str:
    """Return the command that ssh runs in place of a connection: a jump with all that Ansible says for that host.

    ProxyJump would take none of it: neither the key nor the host keys nor the port.
    """
    words = ["ssh"]
    for name in ("ansible_ssh_common_args", "ansible_ssh_extra_args"):
        words += shlex.split(str(hypervisor.get(name) or ""))
    for flag, *names in (
        ("-p", "ansible_ssh_port", "ansible_port"),
        ("-l", "ansible_ssh_user", "ansible_user"),
        ("-i", "ansible_ssh_private_key_file", "ansible_private_key_file"),
    ):
        value = next((hypervisor[name] for name in names if hypervisor.get(name)), None)
        words += [flag, str(value)] if value else []
    address = hypervisor.get("ansible_ssh_host") or hypervisor.get("ansible_host") or hypervisor["inventory_hostname"]
    # ssh itself replaces %h and %p by the guest's address and port, and any other % is to be one.
    jump = shlex.join(words).replace("%", "%%")
    return f"{jump} -W '[%h]:%p' {shlex.quote(str(address)).replace('%', '%%')}"
