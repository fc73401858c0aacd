# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every load generator has in common, and what it tells of the window it measured."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError


class RefusedError(LabError):
    """Nothing listens where the load wanted to connect to."""


class DisconnectedError(LabError):
    """The connection that client and server steer a load by broke, with no figures left of the run."""


class Figures(NamedTuple):
    """The measured window of one load, warm-up left out; None is what the tool does not tell.

    bits_per_second and datagrams_per_second are those of the receiver; intervals_bps has one figure a second;
    latency_us has mean, p50, p90, p99 and max; rtt_us has min, mean and max of single packets; loss is a share
    (0 to 1). latency_histogram counts single round trips (_latency_histogram), where the tool tells each one's time.
    missing has the reasons for a None that this load would have told, were it not for what happened in this window.
    """

    seconds: float
    payload_bytes: Optional[int] = None
    bits_per_second: Optional[float] = None
    intervals_bps: Sequence[float] = ()
    retransmits: Optional[int] = None
    transactions_per_second: Optional[float] = None
    latency_us: Optional[Dict[str, Optional[float]]] = None
    loss: Optional[float] = None
    datagrams_per_second: Optional[float] = None
    jitter_us: Optional[float] = None
    rtt_us: Optional[Dict[str, float]] = None
    latency_histogram: Optional[Dict[str, Any]] = None
    missing: Mapping[str, str] = MappingProxyType({})


class Load:
    """A client that puts load on the NIC under test. client: where it runs, its server is at the other end."""

    name: str
    proto: str
    direction: str
    address: str
    duration_s: int
    warmup_s: int
    message_bytes: Optional[int] = None
    streams: int = 1
    client: str = "host"
    # What its client needs of root's: none as a rule.
    capabilities: Tuple[str, ...] = ()

    def argv(self) -> List[str]:
        """Return the command line of the client."""
        raise NotImplementedError

    def lead_in(self) -> Optional[List[str]]:
        """Return the run to throw away before the measured one, None where the client has a warm-up of its own."""
        return None

    def server_argv(self) -> Optional[List[str]]:
        """Return the command line that starts the server in a guest and comes back; None where none is needed."""
        return None

    def listen_argv(self, _address: str) -> Optional[List[str]]:
        """Return the command line of a server that listens at one address alone and stays; None where it needs none."""
        return None

    def parse(self, stdout: str, stderr: str = "") -> Figures:
        """Read what the client printed. Raises LabError when it failed.

        RefusedError when no server listens, DisconnectedError when the connection to it broke.
        """
        raise NotImplementedError

    def members(self) -> List[Load]:
        """Return the loads that are started together, this one alone as a rule."""
        return [self]

    def combine(self, figures: List[Figures]) -> Figures:
        """Return the figures of the whole from those of its members."""
        return figures[0]

    def describe(self) -> Dict[str, Any]:
        """Return what the run document says of the load beside its tool."""
        return {
            "argv": self.argv(),
            "direction": self.direction,
            "client": self.client,
            "proto": self.proto,
            "message_bytes": self.message_bytes,
            "streams": self.streams,
            "processes": len(self.members()),
        }
