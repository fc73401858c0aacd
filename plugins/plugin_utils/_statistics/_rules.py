# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of the comparison, declared before anything is measured."""

from __future__ import annotations

CONFIDENCE = 0.95
ALPHA = 1 - CONFIDENCE
BLOCKS_FOR_VERDICT = 6  # the first two-sided sign test under 5 %: 2 * 2**-6 = 0.031
BLOCKS_BEFORE_STOPPING = 10  # stopping at a width from 6 blocks on would cost the interval 3 % of its coverage
EQUIVALENCE = 1.03  # the band is [1/1.03, 1.03]: ±3 %, symmetric for ratios
RESAMPLES = 4000  # of the bootstrap
SEED = 2019  # of every drawn number: the same runs always give the same report
POWER = 0.8  # how often a campaign that is sized for an effect calls it by its name
UNFIT = 0.01  # the A/A arm is asked once for the whole campaign: a good one fails in at most one of a hundred
FLAG = 0.01  # a flag is raised where chance alone would raise it in one of a hundred series
# What may go on on the host beside a run before the run is flagged: shares of the time of all its CPUs (the first two),
# and of the window. The run's own threads wait for a CPU too, so half of the window is a host with too few of them.
QUIET = {"foreign_cpu": 0.1, "steal": 0.02, "cpu_pressure": 0.5, "io_pressure": 0.2, "memory_pressure": 0.05}
