# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The QEMU guest agent: commands to a running guest that do not use its network."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
import re
import time
from typing import TYPE_CHECKING, Any, NamedTuple, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils import _library
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _json, _shape
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._connection import words_of
from ansible_collections.virtio.lab.plugins.module_utils._runner import Result
from ansible_collections.virtio.lab.plugins.module_utils._text import plain

if TYPE_CHECKING:
    import libvirt
    from lxml.etree import _Element

_ANSWER_WITHIN_S = 20
# Most programs end at once, and what is waited for them is time in which a campaign measures nothing.
_SHORTEST_POLL_S, _LONGEST_POLL_S = 0.01, 0.2
_PING_AGAIN_S = 0.25
# What an agent says is foreign: the guest's root may have put another one in its place. libvirt takes answers of
# 10 MB; what is read line by line here is far shorter, and tools whose whole output is wanted say so.
_LARGEST_ANSWER = 16 << 20
LARGEST_OUTPUT = 256 << 10
_MOST_LINKS, _MOST_ADDRESSES = 4096, 256
# What Linux takes as the name of a link, less what a tool could take for an option and a path for another folder.
_LINK_NAME = re.compile(r"[A-Za-z0-9_@][A-Za-z0-9_.@:+-]{0,14}")
_SCOPE = re.compile(r"[A-Za-z0-9_.:-]{1,15}")  # of a link-local IPv6 address: a link's name or number
_MAC = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")


class Ended(NamedTuple):
    """How a process in the guest ended: its exit code, or minus a signal's number, and what it printed."""

    rc: int
    out: bytes
    err: bytes


def channel_state(root: _Element) -> Optional[str]:
    """Return the state of the agent's channel in a <domain> as libvirt sees it, None where there is no such channel."""
    for target in root.iterfind("devices/channel/target"):
        if target.get("name") == "org.qemu.guest_agent.0":
            return target.get("state", "unknown")
    return None


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
            raise LabError(f"the guest agent of {name} did not do {command}: {words_of(error)}") from error
        said = _shape.mapping(_json.loads(answer, self._what(command), _LARGEST_ANSWER), self._what(command))
        if "return" not in said:
            raise LabError(f"{self._what(command)} has no return")
        return said["return"]

    def _what(self, command: str) -> str:
        return f"what the guest agent of {self._domain.name()} says to {command}"

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
        """Return the guest's interfaces: [{"name", "mac", "addresses": [{"address", "prefix", "family": "ipv4"}]}].

        mac is "" where there is none. Raises LabError where the agent tells what no interface can have.
        """
        command = "guest-network-get-interfaces"
        links = _shape.items(self.call(command), self._what(command), _MOST_LINKS)
        try:
            return [_interface(_shape.mapping(link, "a link")) for link in links]
        except LabError as unfit:
            raise LabError(f"{self._what(command)} is not to be believed: {unfit}") from unfit

    def start(self, argv: Sequence[str]) -> int:
        """Start argv in the guest as the agent's user and return its process; raises LabError as call() does."""
        command = "guest-exec"
        started = self.call(command, path=argv[0], arg=list(argv[1:]), **{"capture-output": True})
        pid = _shape.mapping(started, self._what(command)).get("pid")
        # A tool that is given this number must not take it for all processes, or for an option.
        return _shape.whole(pid, f"the process in {self._what(command)}", 1, 2**31)

    def status(self, pid: int, limit: int = LARGEST_OUTPUT) -> Optional[Ended]:
        """Return how a started process ended, None while it runs.

        Raises LabError as call() does, and when it printed more than limit bytes.
        """
        command = "guest-exec-status"
        what = self._what(command)
        status = _shape.mapping(self.call(command, pid=pid), what)
        if not _shape.flag(status.get("exited"), f"exited in {what}"):
            return None
        return Ended(_exit_code(status, what), *(_bytes(status, key, what, limit) for key in ("out-data", "err-data")))

    def exec(self, argv: Sequence[str], timeout_s: float = 30) -> Result:
        """Run argv in the guest as the agent's user and return how it ended, whatever its exit code.

        Raises LabError when the agent fails, when the program runs longer than timeout_s or prints too much.
        """
        pid = self.start(argv)
        end = time.monotonic() + timeout_s
        pause_s = _SHORTEST_POLL_S
        while True:
            ended = self.status(pid)
            if ended:
                return Result(ended.rc, *(stream.decode("utf-8", "replace") for stream in ended[1:]))
            if time.monotonic() > end:
                raise LabError(f"{argv[0]} in guest {self._domain.name()} did not end within {timeout_s:g} s")
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_POLL_S)


def argument(name: str) -> str:
    """Return the name of a guest's link where it may stand in a command line; LabError where it may not."""
    if not _LINK_NAME.fullmatch(name):
        raise LabError(f"the guest calls a link {name!r}; up to 15 letters, digits and _ . @ : + - would be right")
    return name


def _exit_code(status: dict[str, Any], what: str) -> int:
    """Return the exit code, or minus the signal's number, as subprocess does."""
    if "exitcode" in status:
        return _shape.whole(status["exitcode"], f"exitcode in {what}", -(2**31), 2**32)
    return -_shape.whole(status.get("signal", 0), f"signal in {what}", 0, 2**31)


def _bytes(status: dict[str, Any], key: str, what: str, limit: int) -> bytes:
    coded = _shape.text(status.get(key, ""), f"{key} in {what}", 4 * limit // 3 + 4)
    try:
        printed = base64.b64decode(coded)
    except (binascii.Error, ValueError) as wrong:
        raise LabError(f"{key} in {what} is no base64: {wrong}") from None
    if len(printed) > limit:
        raise LabError(f"{key} in {what} is of {len(printed)} bytes; {limit} at most would be right")
    return printed


def _interface(link: dict[str, Any]) -> dict[str, Any]:
    name = plain(_shape.text(link.get("name"), "name", 256))
    mac = _shape.text(link.get("hardware-address", ""), "hardware-address", 128).lower()
    return {
        "name": name,
        # A tunnel's has another length, and no NIC of libvirt's is one.
        "mac": mac if _MAC.fullmatch(mac) else "",
        "addresses": [
            _address(_shape.mapping(ip, "an address"))
            for ip in _shape.items(link.get("ip-addresses", []), "ip-addresses", _MOST_ADDRESSES)
        ],
    }


def _address(ip: dict[str, Any]) -> dict[str, Any]:
    written = _shape.text(ip.get("ip-address"), "ip-address", 64)
    address, scoped, scope = written.partition("%")
    try:
        if scoped and not _SCOPE.fullmatch(scope):
            raise ValueError(scope)
        parsed = ipaddress.ip_address(address)
    except ValueError:
        raise LabError(f"ip-address is {written!r}; an IPv4 or IPv6 address would be right") from None
    prefix = _shape.whole(ip.get("prefix"), "prefix", 0, parsed.max_prefixlen)
    return {"address": str(parsed), "prefix": prefix, "family": f"ipv{parsed.version}"}
