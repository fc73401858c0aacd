# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far replicates of one datapath lie apart: spread.py RESULTS/CAMPAIGN...

Prints for each kind of replicate, workload and figure of the campaigns, in percent of the figure: within, the standard
deviation of one replicate of the baseline beside another one in the same block; between, that of the blocks' means of
each variant; ratio, that of the candidate divided by the baseline. Runs that are not valid are left out.
"""

from __future__ import annotations

import json
import math
import statistics
import sys
from collections import defaultdict
from pathlib import Path

FIGURES = ("gbps", "tps", "cpu_ns_per_byte", "cpu_us_per_txn", "kicks_per_packet")


def main(folders: list[str]) -> None:
    """Read the runs, and print a row for each kind of replicate and workload."""
    found: dict[tuple[str, str, str], dict[tuple[str, str], dict[tuple[str, int], float]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    left_out = 0
    for path in sorted(path for folder in folders for path in Path(folder).glob("*/run.json")):
        run = json.loads(path.read_text(encoding="utf-8"))
        factor, summary = run["factor"], run["summary"]
        if not run["valid"]:
            left_out += 1
            continue
        arm = (factor["variant"], factor["arm"])
        block = (run["campaign_id"], run["block"])
        for name in FIGURES:
            if summary[name]:
                key = (run["workload"]["name"], name, factor["replicate"])
                found[key][arm][block] = math.log(summary[name])
        baseline = factor["baseline"]
    print("workload | figure | replicate | blocks | within | between | ratio")
    for key, arms in sorted(found.items()):
        print(*key, *row(arms, baseline), sep=" | ")
    print(f"left out, as not valid: {left_out}")


def row(arms: dict[tuple[str, str], dict[tuple[str, int], float]], baseline: str) -> list[str]:
    """The figures of one kind of replicate and workload as text."""
    first, again = arms[baseline, "a"], arms[baseline, "aa"]
    both = sorted(first.keys() & again.keys())
    # The difference of two replicates has twice the variance of one.
    within = math.sqrt(statistics.fmean((first[block] - again[block]) ** 2 for block in both) / 2)
    means = {block: (first[block] + again[block]) / 2 for block in both}
    said = [str(len(both)), percent(within), f"{baseline} {percent(statistics.stdev(means.values()))}"]
    for (variant, _arm), values in sorted(arms.items()):
        if variant != baseline:
            said.append(f"{variant} {percent(statistics.stdev(values.values()))}")
            ratios = [values[block] - means[block] for block in both if block in values]
            said.append(f"{variant}/{baseline} {percent(statistics.stdev(ratios))}")
    return said


def percent(of_log: float) -> str:
    """A standard deviation of logarithms as that of the ratios, in percent."""
    return f"{100 * math.expm1(of_log):.1f} %"


if __name__ == "__main__":
    main(sys.argv[1:])
