# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The QEMU guest agent: commands to a running guest that do not use its network."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any, Sequence

from ansible_collections.virtio.lab.plugins.module_utils import _library
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._runner import Result

if TYPE_CHECKING:
    import libvirt

_ANSWER_WITHIN_S = 20
# Most programs end at once, and what is waited for them is time in which a campaign measures nothing.
_SHORTEST_POLL_S, _LONGEST_POLL_S = 0.01, 0.2
_PING_AGAIN_S = 0.25


class Agent:
    """The agent inside the guest of a running domain."""

    def __init__(self, domain: libvirt.virDomain) -> None:
        self._domain = domain

    def call(self, command: str, **arguments: Any) -> Any:
        """Run an agent command (names and arguments as QEMU documents them) and return its answer.

        Raises LabError when the agent is not there, does not answer, or refuses.
        """
        try:
            import libvirt  # pylint: disable=import-outside-toplevel
            import libvirt_qemu  # pylint: disable=import-outside-toplevel
        except ImportError as missing:
            raise _library.missing("libvirt_qemu", "python3-libvirt", missing) from missing

        message = {"execute": command, **({"arguments": arguments} if arguments else {})}
        try:
            answer = libvirt_qemu.qemuAgentCommand(self._domain, json.dumps(message), _ANSWER_WITHIN_S, 0)
        except libvirt.libvirtError as error:
            name = self._domain.name()
            raise LabError(f"the guest agent of {name} did not do {command}: {error.get_error_message()}") from error
        return json.loads(answer)["return"]

    def ping(self) -> bool:
        """Return whether the agent answers."""
        try:
            self.call("guest-ping")
        except LabError:
            return False
        return True

    def wait(self, timeout_s: float) -> None:
        """Return once the agent answers; raises LabError after timeout_s."""
        end = time.monotonic() + timeout_s
        while not self.ping():
            if time.monotonic() > end:
                raise LabError(f"the guest agent of {self._domain.name()} did not answer within {timeout_s:g} s")
            time.sleep(_PING_AGAIN_S)

    def interfaces(self) -> list[dict[str, Any]]:
        """Return the guest's interfaces: [{"name", "mac", "addresses": [{"address", "prefix", "family": "ipv4"}]}]."""
        return [
            {
                "name": link["name"],
                "mac": link.get("hardware-address", "").lower(),
                "addresses": [
                    {"address": ip["ip-address"], "prefix": ip["prefix"], "family": ip["ip-address-type"]}
                    for ip in link.get("ip-addresses", [])
                ],
            }
            for link in self.call("guest-network-get-interfaces")
        ]

    def exec(self, argv: Sequence[str], timeout_s: float = 30) -> Result:
        """Run argv in the guest as the agent's user and return how it ended, whatever its exit code.

        Raises LabError when the agent fails or the program runs longer than timeout_s.
        """
        started = self.call("guest-exec", path=argv[0], arg=list(argv[1:]), **{"capture-output": True})
        end = time.monotonic() + timeout_s
        pause_s = _SHORTEST_POLL_S
        while True:
            status = self.call("guest-exec-status", pid=started["pid"])
            if status["exited"]:
                return Result(_exit_code(status), _text(status, "out-data"), _text(status, "err-data"))
            if time.monotonic() > end:
                raise LabError(f"{argv[0]} in guest {self._domain.name()} did not end within {timeout_s:g} s")
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_POLL_S)


def _exit_code(status: dict[str, Any]) -> int:
    """Return the exit code, or minus the signal's number, as subprocess does."""
    return status["exitcode"] if "exitcode" in status else -status.get("signal", 0)


def _text(status: dict[str, Any], stream: str) -> str:
    return base64.b64decode(status.get(stream, "")).decode("utf-8", "replace")
