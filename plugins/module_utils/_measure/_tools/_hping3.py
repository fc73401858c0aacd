# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""hping3: single ICMP packets, to see that a guest answers and about how fast. For teaching, not for comparing."""

from __future__ import annotations

import re
from typing import List

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._latency_histogram import histogram_of
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._load import Figures, Load

PER_SECOND = 10
_ANSWER = re.compile(r"icmp_seq=([0-9]{1,9}) rtt=([0-9]{1,9}(?:\.[0-9]{1,9})?) ms")
_SENT = re.compile(r"^([0-9]{1,9}) packets transmitted", re.MULTILINE)


class Hping3(Load):
    """ICMP echo requests, ten a second; the guest's kernel answers. hping3 tells times in steps of 0.1 ms."""

    name = "hping3"
    proto = "icmp"
    direction = "round_trip"
    capabilities = ("net_raw",)  # it makes its packets itself

    def __init__(self, address: str, *, duration_s: int, warmup_s: int) -> None:
        self.address = address
        self.duration_s = duration_s
        self.warmup_s = warmup_s

    def argv(self) -> List[str]:
        """Return the command line; the first packets are the warm-up."""
        count = PER_SECOND * (self.warmup_s + self.duration_s)
        return ["hping3", "-1", "-n", "-c", str(count), "-i", f"u{1_000_000 // PER_SECOND}", self.address]

    def parse(self, stdout: str, stderr: str = "") -> Figures:
        """Read its lines, those of the warm-up left out.

        Raises LabError when packets could not be sent, and when none of them was answered.
        """
        sent = _SENT.search(stderr)
        if sent is None:
            said = stderr.strip().splitlines()
            raise LabError(f"hping3 against {self.address}: {said[-1] if said else 'it ended before its time'}")
        first = PER_SECOND * self.warmup_s
        times_us = [float(rtt) * 1000 for number, rtt in _ANSWER.findall(stdout) if int(number) >= first]
        asked = int(sent.group(1)) - first
        if asked <= 0:
            raise LabError(f"hping3 against {self.address}: it ended in its warm-up, {sent.group(1)} packets were sent")
        if not times_us:
            raise LabError(f"hping3 against {self.address}: none of {asked} packets was answered")
        return Figures(
            seconds=asked / PER_SECOND,
            loss=max(0.0, 1 - len(times_us) / asked),
            rtt_us={"min": min(times_us), "mean": sum(times_us) / len(times_us), "max": max(times_us)},
            latency_histogram=histogram_of(times_us),
        )
