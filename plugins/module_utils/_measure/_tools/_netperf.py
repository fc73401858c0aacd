# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""netperf: one byte there and back, the transaction rate and its latency (omni test).

By tcp_crr each transaction has a connection of its own: connect, request, response, close. Most of what crosses the NIC
then is packets without payload.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, Optional, Type

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign._shape import written_number
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._load import (
    DisconnectedError,
    Figures,
    Load,
    RefusedError,
)

DEFAULT_PORT = 12865

TESTS = ("tcp_rr", "udp_rr", "tcp_crr")
_NOT_OF_MANY = "netperf does not tell them of many connections"

_LATENCY = {
    "mean": "MEAN_LATENCY",
    "p50": "P50_LATENCY",
    "p90": "P90_LATENCY",
    "p99": "P99_LATENCY",
    "max": "MAX_LATENCY",
}
_KEYS = ("ELAPSED_TIME", "TRANSACTION_RATE", *_LATENCY.values())
_TCP_KEYS = ("LOCAL_TRANSPORT_RETRANS",)
_BROKEN = ("response received", "Connection reset", "Broken pipe")  # "partial response received", "no …"
NO_TRANSACTION = "no transaction was completed"
_PAIR = re.compile(r"^([A-Z0-9_]{1,60})=([^\n]{0,200})$", re.MULTILINE)


class Netperf(Load):
    """One netperf client; netserver runs at the other end."""

    name = "netperf"
    direction = "round_trip"

    def __init__(
        self,
        address: str,
        *,
        proto: str,
        duration_s: int,
        warmup_s: int,
        message_bytes: int = 1,
        connects: bool = False,
        port: int = DEFAULT_PORT,
        client: str = "host",
    ) -> None:
        self.address = address
        self.port = port
        self.client = client
        self.proto = proto
        self.duration_s = duration_s
        self.warmup_s = warmup_s
        self.message_bytes = message_bytes
        self.connects = connects

    def lead_in(self) -> Optional[List[str]]:
        """Return the run to throw away before the measured one: netperf has no warm-up of its own."""
        return self._argv(self.warmup_s) if self.warmup_s else None

    def argv(self) -> List[str]:
        """Return the command line of the client."""
        return self._argv(self.duration_s)

    def _argv(self, seconds: int) -> List[str]:
        argv = ["netperf", "-H", self.address, "-p", str(self.port), "-t", "omni"]
        argv += ["-l", str(seconds), "-P", "0"]
        argv += ["--", "-d", "rr", *(["-c"] if self.connects else []), "-T", self.proto]
        argv += ["-r", f"{self.message_bytes},{self.message_bytes}"]
        if self.proto == "udp":
            argv += ["-e", "1"]  # else one lost packet ends the transactions for good
        return [*argv, "-k", ",".join(_KEYS + (_TCP_KEYS if self.proto == "tcp" else ()))]

    def server_argv(self) -> List[str]:
        """Return the command line that starts the server in the guest and comes back."""
        return ["netserver", "-p", str(self.port)]

    def listen_argv(self, address: str) -> List[str]:
        """Return the command line of a server that listens at one address alone and stays, with no child to be left."""
        return ["netserver", "-D", "-f", "-N", "-L", address, "-p", str(self.port)]

    def parse(self, stdout: str, stderr: str = "") -> Figures:
        """Read netperf's key=value lines.

        Raises LabError, naming address and port, when there are none: netperf then says why in plain text.
        """
        found = _pairs(stdout)
        if "TRANSACTION_RATE" not in found or "ELAPSED_TIME" not in found:
            said = (stderr.strip() or stdout.strip()).splitlines()
            why = said[0].strip() if said else "it printed nothing"
            raise _kind(why)(f"netperf against {self.address} port {self.port}: {why}")
        rate = written_number(found["TRANSACTION_RATE"], "netperf's TRANSACTION_RATE", least=0)
        retransmits = _number(found, "LOCAL_TRANSPORT_RETRANS")
        return Figures(
            seconds=written_number(found["ELAPSED_TIME"], "netperf's ELAPSED_TIME", least=0),
            transactions_per_second=rate,
            # Of no transaction netperf writes latencies of 0.
            latency_us={name: _number(found, key) for name, key in _LATENCY.items()} if rate else None,
            retransmits=None if retransmits is None else int(retransmits),
            missing={
                **({} if rate else {"latency_us": NO_TRANSACTION}),
                **({"retransmits": _NOT_OF_MANY} if self.connects and retransmits is None else {}),
            },
        )

    def describe(self) -> Dict[str, Any]:
        """Return what the run document says of the load beside its tool."""
        return {**super().describe(), "test": f"{self.proto}_{'crr' if self.connects else 'rr'}"}


def _kind(why: str) -> Type[LabError]:
    if why.startswith("establish control"):
        return RefusedError
    return DisconnectedError if any(words in why for words in _BROKEN) else LabError


def _pairs(text: str) -> Dict[str, str]:
    return dict(_PAIR.findall(text))


def _number(found: Dict[str, str], key: str) -> Optional[float]:
    """-1 is netperf's word for not measured, and for what the kernel did not tell."""
    value = written_number(found[key], f"netperf's {key}") if found.get(key) else -1
    return None if value < 0 else value
