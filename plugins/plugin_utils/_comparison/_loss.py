# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where most of what was sent was lost, what the rest cost says nothing: the CPU was spent on what never arrived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._figures import Figure

MOST = 0.5


def mostly_lost(figures: Sequence[Figure]) -> str | None:
    """On which variants of the pair more than half was lost, in words; None where that is so on neither."""
    loss: dict[str, Any] = next((one.document["arms"] for one in figures if one.metric.key == "loss"), {})
    return ", ".join(f"{100 * share:.0f} % on {name}" for name, share in most(loss).items()) or None


def most(loss: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """The arms of the figure *lost* that lost more than half, and how much."""
    return {name: arm["median"] for name, arm in loss.items() if arm["median"] is not None and arm["median"] > MOST}


def dismissed(figure: Figure, lost: str) -> Figure:
    """The figure as one that is not judged, for that reason."""
    return replace(figure, headline=False, document={**figure.document, "not_judged": f"most was lost: {lost}"})
