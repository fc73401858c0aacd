# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runs of two campaigns → one document that says what became faster, slower, cheaper or dearer in between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._comparison import (
    comparable,
    describe,
    of_workload,
    one_campaign,
    rules,
)
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._figures import not_judged, verdict
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._host import bounds_of, host_flags
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._loss import against as spoken_against
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._polling import polls, weakened
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._ratio import document, paired, zero
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._same_experiment import (
    build_differences,
    obstacles,
)
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._withheld import against, withheld
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._arms import (
    Arm,
    by_block,
    level,
    sides,
    values_of,
    variant_of,
)
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._manifest import as_text, emulation, flatten
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._metrics import METRICS, Metric, headlines, metrics_of
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._proof import Proof
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._fitness import stands, unfit_for_claims
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._interval import Ratio
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._matrix import Compared, family, judge_all
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._rules import BLOCKS_FOR_VERDICT, EQUIVALENCE
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._welch import ratio_of_campaigns

Document = Mapping[str, Any]
SCHEMA = "virtio.lab/compare/2"
SIDES = ("baseline", "candidate")
WORSE = ("slower", "dearer")
OUTCOMES = ("regression", "undecided", "none")


def compare_campaigns(
    baseline: Sequence[Document],
    candidate: Sequence[Document],
    variant: str | None = None,
    proofs: Sequence[Proof] | None = None,
    quiet: Sequence[Mapping[str, float]] = ({}, {}),
) -> dict[str, Any]:
    """Compare all run documents of one campaign with all of another, on each variant that both measured, or on one.

    ``proofs``: what was verified of either campaign; without it nothing is said of that.
    ``quiet``: the bounds that either names for what goes on beside its runs.
    Raises LabError, with everything that stands against it, where the two were not the same experiment.
    """
    everything = (baseline, candidate)
    runs = [comparable(side) for side in everything]
    variants = _variants(runs, variant)
    names = [list(dict.fromkeys(run["workload"]["name"] for run in side)) for side in runs]
    both = [name for name in names[0] if name in names[1]]
    if not both:
        raise LabError(f"no workload is in both campaigns: {_listed(names[0])} against {_listed(names[1])}")
    runs = [[run for run in side if run["workload"]["name"] in both] for side in runs]
    found = [why for one in variants for why in obstacles(*_of_both(runs, one))]
    if found:
        raise LabError(f"the campaigns cannot be compared: {'; '.join(dict.fromkeys(found))}")
    figures, compared, unfit = _judged(runs, both, variants, [bounds_of(asked) for asked in quiet])
    figures = [{**row, **weakened(row, polls([*runs[0], *runs[1]]))} for row in _proved(figures, runs, proofs)]
    only_in = {side: [name for name in mine if name not in both] for side, mine in zip(SIDES, names, strict=True)}
    regressions = [_named(row) for row in figures if row["headline"] and row["verdict"]["word"] in WORSE]
    undecided = [
        *_gone(only_in["baseline"], _lost_variants(everything, variant)),
        *_unknown(proofs),
        *_undecided(figures),
    ]
    return {
        "schema": SCHEMA,
        **{name: _campaign(side) for name, side in zip(SIDES, everything, strict=True)},
        "variants": variants,
        "rules": rules(compared),
        "runs": {"total": len(baseline) + len(candidate)},
        "verification": {side: dict(proof.document) for side, proof in _by_side(proofs)},
        "refused": [{"side": side, **entry} for side, proof in _by_side(proofs) for entry in proof.refused],
        "emulation": emulation([*baseline, *candidate]),
        "workloads": [
            {**describe(of_workload(runs[0], name)), "figures": [row for row in figures if row["workload"] == name]}
            for name in both
        ],
        "aa": {"unfit": unfit},
        "only_in": only_in,
        "outcome": outcome(regressions, undecided),
        "regressions": regressions,
        "undecided": undecided,
        "differences": [*build_differences(*runs), *_differences(*everything)],
    }


def _by_side(proofs: Sequence[Proof] | None) -> list[tuple[str, Proof]]:
    return list(zip(SIDES, proofs, strict=True)) if proofs else []


def _proved(
    figures: Sequence[dict[str, Any]], runs: Sequence[Sequence[Document]], proofs: Sequence[Proof] | None
) -> list[dict[str, Any]]:
    """The figures without the claims that either campaign has no proof for."""
    found = list(figures)
    for side, (name, proof) in zip(runs, _by_side(proofs), strict=False):
        for workload in dict.fromkeys(row["workload"] for row in figures):
            lacks, reasons = against(workload, side, proof)
            said = [f"{why}, in the {name}" for why in reasons]
            found = [_without_claim(row, lacks, said) if said and row["workload"] == workload else row for row in found]
    return found


def _without_claim(row: dict[str, Any], lacks: str, why: Sequence[str]) -> dict[str, Any]:
    return {**row, "verdict": withheld(row["verdict"], lacks, why), "not_worse": False}


def _unknown(proofs: Sequence[Proof] | None) -> Iterator[dict[str, Any]]:
    """A campaign that lacks runs, or some of whose runs are not what they say: nobody knows what these would show."""
    for side, proof in _by_side(proofs):
        found = [finding for finding in proof.document["findings"] if finding["severity"] in ("false", "missing")]
        if found:
            more = f"; and {len(found) - 1} more" if len(found) > 1 else ""
            row = {"workload": None, "variant": None, "metric": None, "label": f"all of the {side}"}
            yield {**row, "verdict": "not verified", "why": f"{found[0]['path']}: {found[0]['what']}{more}"}


def _of_both(runs: Sequence[Sequence[Document]], variant: str) -> list[list[Document]]:
    """The runs of a variant, by workloads that both have of it: what one lacks is undecided, not another experiment.

    Variant by variant, since an MTU, or a tool that runs in the guest, may be what tells one from another.
    """
    mine = [[run for run in side if variant_of(run) == variant] for side in runs]
    baseline, candidate = ({run["workload"]["name"] for run in side} for side in mine)
    return [[run for run in side if run["workload"]["name"] in baseline & candidate] for side in mine]


def outcome(regressions: Sequence[Any], undecided: Sequence[Any]) -> str:
    """One of OUTCOMES. It is ``none`` only where every headline figure is known not to have become worse."""
    if regressions:
        return "regression"
    return "undecided" if undecided else "none"


def _undecided(figures: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """The headline figures that may have become worse for all that is known."""
    for row in figures:
        if row["headline"] and row["verdict"]["word"] not in WORSE and not row["not_worse"]:
            yield {**_named(row), "why": "; ".join([*row["verdict"]["reasons"], *_zeros(row)])}


def _is_not_worse(entry: Compared, row: Mapping[str, Any], unfit: Sequence[str]) -> bool:
    """Whether the worse end of the interval lies within the band, and nothing forbids to say so.

    As *equivalent*, this is not corrected for the number of comparisons.
    """
    ratio = entry.ratio
    if ratio is None or ratio.low is None or ratio.high is None or ratio.blocks < BLOCKS_FOR_VERDICT:
        return False
    if "not_judged" in row or unfit or not all(map(stands, entry.floors)) or _zeros(row):
        return False
    return (ratio.low if row["better"] == "higher" else 1 / ratio.high) >= 1 / EQUIVALENCE


def _zeros(row: Mapping[str, Any]) -> list[str]:
    return [flag["text"] for flag in row["flags"] if flag["kind"] == "zero"]


def _gone(workloads: Sequence[str], variants: Sequence[str]) -> Iterator[dict[str, Any]]:
    """What the baseline measured and the candidate has no valid run of."""
    lacking = [(name, None) for name in workloads] + [(None, name) for name in variants]
    for workload, variant in lacking:
        row = {"workload": workload, "variant": variant, "metric": None, "label": None, "verdict": "no verdict"}
        yield {**row, "why": "the candidate has no valid run of it"}


def _lost_variants(everything: Sequence[Sequence[Document]], asked: str | None) -> list[str]:
    measured = [{variant_of(run) for run in comparable(side)} for side in everything]
    return [] if asked else sorted(measured[0] - measured[1])


def _variants(runs: Sequence[Sequence[Document]], asked: str | None) -> list[str]:
    measured = [{variant_of(run) for run in side} for side in runs]
    for name, found in zip(SIDES, measured, strict=True):
        if asked and asked not in found:
            raise LabError(f"the {name} has no valid run on {asked}, only on {_listed(sorted(found))}")
    both = sorted(measured[0] & measured[1])
    if not both:
        raise LabError(
            f"no variant has valid runs in both campaigns: {' against '.join(_listed(sorted(x)) for x in measured)}"
        )
    return [asked] if asked else both


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def _campaign(runs: Sequence[Document]) -> dict[str, Any]:
    return {
        "campaign_id": one_campaign(runs),
        "lab": runs[0].get("lab"),
        "started_at": min(run["started_at"] for run in runs),
        "ended_at": max(run["ended_at"] for run in runs),
        "runs": len(runs),
        "valid": sum(bool(run["valid"]) for run in runs),
    }


def _judged(
    runs: Sequence[Sequence[Document]],
    workloads: Sequence[str],
    variants: Sequence[str],
    bounds: Sequence[Mapping[str, float]],
) -> tuple[list[dict[str, Any]], int, list[str]]:
    """Every figure with its verdict, how many comparisons are judged, and why a campaign is unfit for claims, if so."""
    found = [
        row
        for name in workloads
        for variant in variants
        for row in _figures([of_workload(side, name) for side in runs], name, variant, bounds)
    ]
    compared = [entry for _metric, entry, _row in found]
    unfit = [text for index, side in enumerate(SIDES) for text in _unfit(found, index, side)]
    rows = [
        {
            **row,
            "verdict": not_judged(row["not_judged"]) if "not_judged" in row else verdict(metric, p, judgement),
            "not_worse": _is_not_worse(entry, row, unfit),
        }
        for (metric, entry, row), (p, judgement) in zip(found, judge_all(compared, unfit), strict=True)
    ]
    return rows, family(compared), unfit


def _unfit(found: Sequence[tuple[Metric, Compared, dict[str, Any]]], index: int, side: str) -> list[str]:
    """Why the A/A arm makes that campaign unfit; it is one arm, beside however many variants it stands."""
    floors = {
        f"{row['workload']}, {metric.label}": entry.floors[index] for metric, entry, row in found if entry.headline
    }
    return [f"in the {side} {text}" for text in unfit_for_claims(floors)]


def _figures(
    runs: Sequence[Sequence[Document]], workload: str, variant: str, bounds: Sequence[Mapping[str, float]]
) -> Iterator[tuple[Metric, Compared, dict[str, Any]]]:
    sampled = [_arms(side, variant) for side in runs]
    again = [_measured_twice(side) for side in runs]
    asked = headlines([*runs[0], *runs[1]])
    why = _not_to_be_judged(sampled)
    beside = [flag for side in zip(SIDES, runs, bounds, strict=True) for flag in _beside(variant, *side)]
    for metric in metrics_of([*runs[0], *runs[1]]):
        arms = [_values(mine, metric) for mine in sampled]
        # What is lost in both is judged in neither; where one alone lost most, its cost is not known.
        unjudged, lost = why.get(metric.group, ("", []))
        headline = metric.key in asked and not (unjudged and len(lost) == len(SIDES))
        if not headline and not any(entry["value"] for arm in arms for entry in arm["values"]):
            continue
        ratio, shown, flags = _unpaired(arms)
        floors = [_against_itself(pair, metric) for pair in again]
        row: dict[str, Any] = {
            "workload": workload,
            "variant": variant,
            "metric": metric.key,
            "label": metric.label,
            "unit": metric.unit,
            "group": metric.group,
            "headline": headline,
            "better": "higher" if metric.higher_is_better else "lower",
            "arms": dict(zip(SIDES, arms, strict=True)),
            "ratio": shown,
            "aa": {name: part for name, (_floor, part) in zip(SIDES, floors, strict=True)},
            "flags": [*flags, *(beside if metric.key in asked else ())],
        }
        if unjudged and metric.key in asked:
            row["not_judged"] = unjudged
        yield metric, Compared(ratio, [floor for floor, _part in floors], headline and not unjudged), row


def _beside(variant: str, name: str, runs: Sequence[Document], bounds: Mapping[str, float]) -> Iterator[dict[str, str]]:
    """What went on on the host beside the runs of one campaign, where it was more than that campaign allows."""
    for flag in host_flags([run for run in runs if variant_of(run) == variant], bounds):
        yield {**flag, "text": f"in the {name} {flag['text']}"}


def _not_to_be_judged(sampled: Sequence[Sequence[Arm]]) -> dict[str, tuple[str, list[str]]]:
    """Group of figures → why it is not judged, and the campaigns that it is so of."""
    metrics = {metric.key: metric for metric in METRICS}

    def arms_of(key: str) -> dict[str, dict[str, Any]]:
        return {side: values_of(arms[0], metrics[key]) for side, arms in zip(SIDES, sampled, strict=True)}

    return spoken_against(arms_of, "in the {}")


def _arms(runs: Sequence[Document], variant: str) -> list[Arm]:
    """All that was measured on the variant: of the baseline both cells of a block, which count as their mean."""
    return [Arm.among(runs, variant), Arm.among(runs, variant, "aa")]


def _values(arms: Sequence[Arm], metric: Metric) -> dict[str, Any]:
    first, again = (values_of(arm, metric) for arm in arms)
    values = sorted([*first["values"], *again["values"]], key=lambda entry: entry["block"])
    counted = [value for value in by_block(values).values() if value > 0]
    return {**first, "values": values, "level": level(counted or [entry["value"] for entry in values])}


def _unpaired(arms: Sequence[Mapping[str, Any]]) -> tuple[Ratio | None, dict[str, Any], list[dict[str, str]]]:
    """The ratio, its part of the document, and the blocks of either campaign that are 0 and so have no part in it."""
    sides = [by_block(arm["values"]) for arm in arms]
    left, right = ([value for value in side.values() if value > 0] for side in sides)
    if not left or not right:
        why = "one side is 0, so there is no ratio" if all(sides) else "one side has no figure"
        return None, document(None, why, []), []
    found = ratio_of_campaigns(left, right)
    nothing = [[block for block, value in side.items() if value <= 0] for side in sides]
    flags = [zero(f"the {name}", blocks) for name, blocks in zip(SIDES, nothing, strict=True) if blocks]
    return found, document(found, None if found.blocks > 1 else "an interval needs at least 2 blocks", []), flags


def _measured_twice(runs: Sequence[Document]) -> tuple[Arm, Arm]:
    """The A/A arm of a campaign, whichever variant it was made on: the noise floor is the machine's."""
    name = sides(runs)[0]
    return Arm.among(runs, name), Arm.among(runs, name, "aa")


def _against_itself(pair: tuple[Arm, Arm], metric: Metric) -> tuple[Ratio | None, dict[str, Any]]:
    first, again = (values_of(arm, metric) for arm in pair)
    floor, shown = paired(first["values"], again["values"])
    return floor, {
        **shown,
        "variant": pair[0].variant,
        "missing": shown["missing"] and (again["missing"] or shown["missing"]),
    }


def _named(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in ("workload", "variant", "metric", "label")} | {"verdict": row["verdict"]["text"]}


def _differences(baseline: Sequence[Document], candidate: Sequence[Document]) -> list[dict[str, Any]]:
    """Settings of the manifests that the campaigns do not share: dotted path and the values on either side."""
    left, right = (_settings(side) for side in (baseline, candidate))
    return [
        {"path": path, "baseline": left.get(path, []), "candidate": right.get(path, [])}
        for path in dict.fromkeys([*left, *right])
        if left.get(path) != right.get(path)
    ]


def _settings(runs: Sequence[Document]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = {}
    for run in runs:
        for path, value in flatten(run["manifest"]):
            found.setdefault(path, set()).add(as_text(value))
    return {path: sorted(values) for path, values in found.items()}
