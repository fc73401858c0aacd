# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""iperf3: bulk TCP and UDP datagrams, in one direction."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Optional, Type

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _json, _shape
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._load import (
    DisconnectedError,
    Figures,
    Load,
    RefusedError,
)

DEFAULT_PORT = 5201
# A stream of large writes, which segmentation offload carries well, and packets too small for any offload.
DEFAULT_BYTES = {"tcp": 128 * 1024, "udp": 64}
# Since this version each stream has a thread of its own; before, all streams of a process share one.
THREADED = (3, 16)
_FAST = 1e15  # bits a second
_NUMBER = re.compile(r"[0-9]{1,9}")
_LONGEST_VERSION = 100
# What a client says of a connection, the control's or a stream's, that broke: none of these leaves figures.
_BROKEN = (
    "control message",
    "control socket has closed",
    "the server has terminated",
    "stream socket: Connection reset",
    "stream socket: Broken pipe",
)


class Iperf3(Load):
    """One iperf3 client. What flows towards it is iperf3's reverse mode: guest_to_host where it runs on the host."""

    name = "iperf3"

    def __init__(
        self,
        address: str,
        *,
        direction: str,
        duration_s: int,
        warmup_s: int,
        proto: str = "tcp",
        message_bytes: Optional[int] = None,
        streams: int = 1,
        rate_mbps: int = 0,
        port: int = DEFAULT_PORT,
        client: str = "host",
    ) -> None:
        self.address = address
        self.port = port
        self.client = client
        self.direction = direction
        self.duration_s = duration_s
        self.warmup_s = warmup_s
        self.proto = proto
        self.message_bytes = message_bytes or DEFAULT_BYTES[proto]
        self.streams = streams
        self.rate_mbps = rate_mbps

    def argv(self) -> List[str]:
        """Return the command line of the client; its first seconds (-O) are the warm-up."""
        argv = ["iperf3", "-J", "-c", self.address, "-p", str(self.port)]
        argv += ["-t", str(self.duration_s), "-O", str(self.warmup_s)]
        argv += ["-P", str(self.streams), "-l", str(self.message_bytes)]
        if self.proto == "udp":
            argv += ["-u", "-b", f"{self.rate_mbps}M" if self.rate_mbps else "0"]
        return argv + (["-R"] if is_reverse(self.direction, self.client) else [])

    def server_argv(self) -> List[str]:
        """Return the command line that starts the server and comes back."""
        return ["iperf3", "-s", "-D", "-p", str(self.port)]

    def listen_argv(self, address: str) -> List[str]:
        """Return the command line of a server that listens at one address alone and stays."""
        return ["iperf3", "-s", "-B", address, "-p", str(self.port)]

    def parse(self, stdout: str, stderr: str = "") -> Figures:
        """Read iperf3's JSON.

        Its exit code tells nothing: under -J it is 0 whatever happened, before 3.17. Raises LabError, naming address
        and port, when iperf3 reports an error or its JSON is cut short; RefusedError when no server listens,
        DisconnectedError when the control connection broke.
        """
        where = f"iperf3 against {self.address} port {self.port}"
        try:
            document = _json.loads(stdout, "its JSON output")
        except LabError as cut:
            said = stderr.strip().splitlines()
            raise LabError(f"{where}: {said[-1] if said else f'its JSON output is incomplete ({cut})'}") from cut
        return self.read(_shape.mapping(document, f"{where}: its JSON output"))

    def read(self, document: Dict[str, Any]) -> Figures:
        """Read the document that iperf3's JSON is; raises as parse() does."""
        where = f"iperf3 against {self.address} port {self.port}"
        if "error" in document:
            raise _kind(document)(f"{where}: {document['error']}")
        try:
            return self._figures(document)
        except LabError as unfit:
            raise LabError(f"{where}: {unfit}") from unfit

    def _figures(self, document: Dict[str, Any]) -> Figures:
        """Part of it is what the server sent: each figure is looked at before it is believed to be one."""
        end = _shape.optional(document.get("end"))
        if "sum_received" not in end:
            raise LabError("its JSON has no final sums; the test was cut short")
        received = _shape.mapping(end["sum_received"], "sum_received")
        sent = _shape.mapping(end.get("sum_sent"), "sum_sent")
        retransmits = sent.get("retransmits")
        return Figures(
            seconds=_shape.number(received.get("seconds"), "sum_received.seconds"),
            payload_bytes=_shape.whole(received.get("bytes"), "sum_received.bytes"),
            bits_per_second=_shape.number(received.get("bits_per_second"), "sum_received.bits_per_second"),
            intervals_bps=list(_intervals(document)),
            retransmits=None if retransmits is None else _shape.whole(retransmits, "sum_sent.retransmits"),
            **(self._datagrams(sent, received) if self.proto == "udp" else {}),
        )

    def _datagrams(self, sum_sent: Dict[str, Any], received: Dict[str, Any]) -> Dict[str, Any]:
        """What arrived of what was sent in the window, counted by bytes.

        iperf3's own count of lost datagrams has those of the warm-up (seen with 3.12), and none that was lost after the
        last one that arrived.
        """
        # A client of 3.16 or later gets no count of datagrams from an earlier server that sends, but its bytes.
        sent_bytes = _shape.whole(sum_sent.get("bytes", 0), "sum_sent.bytes")
        sent = _shape.whole(sum_sent.get("packets"), "sum_sent.packets") or sent_bytes / (self.message_bytes or 1)
        arrived = received["bytes"] / self.message_bytes
        missing = {} if sent else {"loss": "iperf3 tells of no datagram that was sent"}
        if not received["seconds"]:
            missing["datagrams_per_second"] = "iperf3 tells of no time in which datagrams arrived"
        if not arrived:
            missing["jitter_us"] = "no datagram arrived"
        return {
            "datagrams_per_second": arrived / received["seconds"] if received["seconds"] else None,
            "jitter_us": _shape.number(received.get("jitter_ms"), "sum_received.jitter_ms") * 1000 if arrived else None,
            "loss": max(0.0, 1 - arrived / sent) if sent else None,
            "missing": missing,
        }


class Parallel(Load):
    """Several iperf3 processes, each with one stream and a port of its own."""

    name = "iperf3"

    def __init__(self, members: List[Iperf3]) -> None:
        first = members[0]
        self._members = members
        self.address, self.direction, self.proto = first.address, first.direction, first.proto
        self.client = first.client
        self.duration_s, self.warmup_s = first.duration_s, first.warmup_s
        self.message_bytes, self.streams = first.message_bytes, len(members)

    def argv(self) -> List[str]:
        """Return the command line of the first; the others differ by their port."""
        return self._members[0].argv()

    def members(self) -> List[Load]:
        """Return one load a process."""
        return list(self._members)

    def combine(self, figures: List[Figures]) -> Figures:
        """Return the sum of all processes; jitter and loss are means, weighted by datagrams."""
        weights = [one.datagrams_per_second or 0.0 for one in figures]
        lacking = {name: why for one in figures for name, why in one.missing.items()}
        if self.proto == "udp" and any(one.loss is None or one.loss >= 1 for one in figures):
            lacking["loss"] = "one of the processes lost all that it sent, and so tells no rate"
        return Figures(
            seconds=max(one.seconds for one in figures),
            payload_bytes=sum(one.payload_bytes or 0 for one in figures),
            bits_per_second=sum(one.bits_per_second or 0 for one in figures),
            intervals_bps=[sum(second) for second in zip(*(one.intervals_bps for one in figures))],
            retransmits=_total([one.retransmits for one in figures]),
            datagrams_per_second=sum(weights) if self.proto == "udp" else None,
            jitter_us=_mean([one.jitter_us for one in figures], weights),
            loss=_loss(figures) if self.proto == "udp" else None,
            missing=lacking,
        )


def parallel(load: Iperf3, version: Optional[str]) -> Load:
    """Return load, or as many processes as it has streams where iperf3 of that version runs them all in one thread."""
    if load.streams == 1 or version is None or version_of(version) >= THREADED:
        return load
    options: Dict[str, Any] = {
        name: getattr(load, name)
        for name in ("direction", "duration_s", "warmup_s", "proto", "message_bytes", "rate_mbps", "client")
    }
    return Parallel([Iperf3(load.address, port=load.port + number, **options) for number in range(load.streams)])


def is_reverse(direction: str, client: str) -> bool:
    """Whether the client receives, which iperf3 has to be told.

    >>> is_reverse("guest_to_host", "host"), is_reverse("guest_to_host", "guest")
    (True, False)
    """
    return direction.endswith(f"_to_{client}") and direction != "guest_to_guest"


def version_of(text: str) -> tuple[int, ...]:
    """Return the numbers of a version.

    >>> version_of("3.18") >= (3, 16) > version_of("3.9.1+")
    True
    """
    return tuple(int(number) for number in _NUMBER.findall(text[:_LONGEST_VERSION]))


def _kind(document: Dict[str, Any]) -> Type[LabError]:
    if _is_refusal(document):
        return RefusedError
    return DisconnectedError if any(words in str(document["error"]) for words in _BROKEN) else LabError


def _is_refusal(document: Dict[str, Any]) -> bool:
    """Whether nobody took the connection; a server between two tests resets what waits for it."""
    error = str(document["error"])
    return "refused" in error or ("reset by peer" in error and not document.get("intervals"))


def _intervals(document: Dict[str, Any]) -> Iterator[float]:
    """The throughput of each second that is no warm-up."""
    for interval in _shape.items(document.get("intervals"), "intervals"):
        one = _shape.mapping(_shape.mapping(interval, "an interval").get("sum"), "sum of an interval")
        if not one.get("omitted"):
            told = one.get("bits_per_second")
            # A report reads hundreds of thousands of them: what is plainly a rate is not looked at any closer.
            if isinstance(told, float) and 1.0 <= told <= _FAST:
                yield told
            else:
                yield _shape.number(told, "bits_per_second of an interval")


def _total(numbers: List[Optional[int]]) -> Optional[int]:
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


def _mean(values: List[Optional[float]], weights: List[float]) -> Optional[float]:
    if None in values or not sum(weights):
        return None
    return sum((value or 0) * weight for value, weight in zip(values, weights)) / sum(weights)


def _loss(figures: List[Figures]) -> Optional[float]:
    """Lost datagrams of all processes against those sent; None where one of them lost all, and so tells no rate."""
    shares = [one.loss for one in figures]
    if any(share is None or share >= 1 for share in shares):
        return None
    arrived = [one.datagrams_per_second or 0.0 for one in figures]
    sent = sum(rate / (1 - (share or 0)) for rate, share in zip(arrived, shares))
    return 1 - sum(arrived) / sent if sent else None
