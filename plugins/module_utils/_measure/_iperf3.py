# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""iperf3: bulk TCP in one direction."""

from __future__ import annotations

import json
from typing import List, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure._load import Figures, RefusedError

DEFAULT_PORT = 5201


class Iperf3:
    """One iperf3 client; the server runs in the guest, so guest_to_host is iperf3's reverse mode."""

    name = "iperf3"
    proto = "tcp"

    def __init__(
        self,
        address: str,
        *,
        direction: str,
        duration_s: int,
        warmup_s: int,
        message_bytes: int = 128 * 1024,
        streams: int = 1,
        port: int = DEFAULT_PORT,
    ) -> None:
        self.address = address
        self.port = port
        self.direction = direction
        self.duration_s = duration_s
        self.warmup_s = warmup_s
        self.message_bytes = message_bytes
        self.streams = streams

    def argv(self) -> List[str]:
        """Return the command line of the client."""
        argv = ["iperf3", "-J", "-c", self.address, "-p", str(self.port)]
        argv += ["-t", str(self.duration_s), "-O", str(self.warmup_s)]
        argv += ["-P", str(self.streams), "-l", str(self.message_bytes)]
        return argv + (["-R"] if self.direction == "guest_to_host" else [])

    def lead_in(self) -> Optional[List[str]]:
        """iperf3 leaves its own first seconds out (-O)."""
        return None

    def server_argv(self) -> List[str]:
        """Return the command line that starts the server in the guest and comes back."""
        return ["iperf3", "-s", "-D", "-p", str(self.port)]

    def parse(self, stdout: str, stderr: str = "") -> Figures:
        """Read iperf3's JSON.

        Its exit code tells nothing: under -J it is 0 whatever happened. Raises LabError, naming address and port, when
        iperf3 reports an error or its JSON is cut short; RefusedError when no server listens.
        """
        where = f"iperf3 against {self.address} port {self.port}"
        try:
            document = json.loads(stdout)
        except ValueError as cut:
            said = stderr.strip().splitlines()
            raise LabError(f"{where}: {said[-1] if said else 'its JSON output is incomplete'}") from cut
        if "error" in document:
            refused = "refused" in document["error"]
            raise (RefusedError if refused else LabError)(f"{where}: {document['error']}")
        end = document.get("end", {})
        if "sum_received" not in end:
            raise LabError(f"{where}: its JSON has no final sums; the test was cut short")
        return Figures(
            seconds=end["sum_received"]["seconds"],
            payload_bytes=end["sum_received"]["bytes"],
            bits_per_second=end["sum_received"]["bits_per_second"],
            intervals_bps=[i["sum"]["bits_per_second"] for i in document["intervals"] if not i["sum"]["omitted"]],
            retransmits=end["sum_sent"].get("retransmits"),
        )
