# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every null of a run document has a reason, and only nulls have one."""

from __future__ import annotations

import json

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import Interface
from ansible_collections.virtio.lab.plugins.module_utils._measure._record import _nulls, _summary
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._counters import _NONE
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._run_document import NEWEST, SCHEMAS

CONTRACT = json.loads(SCHEMAS[NEWEST].read_text(encoding="utf-8"))
# These always say why themselves: of the summary, its pressure, what is counted around a load, the histogram.
PRESSURE = {f"summary.pressure_s.{name}" for name in ("cpu", "io", "memory")}
SAID = {f"summary.{name}" for name in _summary._WHY} | PRESSURE | {"latency_histogram"}


def nullable(schema: dict, place: str = "") -> set[str]:
    """The places that a run document may have null, out of its contract."""
    if "$ref" in schema:
        schema = CONTRACT["$defs"][schema["$ref"].rpartition("/")[2]]
    choices = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
    kinds = [schema.get("type"), *(choice.get("type") for choice in choices)]
    found = {place} if any("null" in (kind if isinstance(kind, list) else [kind]) for kind in kinds) else set()
    for part in (schema, *choices):
        for name, inner in part.get("properties", {}).items():
            found |= nullable(inner, _nulls._inside(place, name))
        for key, step in (("additionalProperties", ".*"), ("items", "[]")):
            if isinstance(part.get(key), dict):
                found |= nullable(part[key], f"{place}{step}")
    return found


def test_the_recorder_has_a_reason_for_each_null_that_there_may_be():
    found = {place for place in nullable(CONTRACT) if not place.startswith("bracket.")}
    assert {"manifest.governor", "factor.options.driver.*", "witness.peer.*.pid", "samples[].softirq_ns"} <= found
    assert found - SAID - set(_nulls.WHY) == set()


def test_nor_does_a_part_of_an_interface_go_without_one():
    optional = {name for name, kind in Interface.__annotations__.items() if "Optional" in str(kind)}
    assert optional
    assert {f"witness.*.interface.{name}" for name in optional} <= set(_nulls.WHY)


def test_reasons_are_sentences_of_their_own():
    for why in (*_nulls.WHY.values(), *_summary._WHY.values(), *_NONE.values()):
        assert len(why) > 10
        assert not why.endswith(".")


@pytest.mark.parametrize(
    ("document", "places"),
    [
        ({"a": None, "b": 0, "c": "", "d": [], "e": {}}, {"a"}),
        ({"missing": {"x": None}}, set()),
        ({"samples": [{"softirq_ns": 1}, {"softirq_ns": None}, {"softirq_ns": None}]}, {"samples[].softirq_ns"}),
        ({"a": [None, [None], [{"b": None}]]}, {"a[]", "a[][]", "a[][].b"}),
        ({"witness": {"before": {"pid": None}, "after": None}}, {"witness.*.pid", "witness.*"}),
        ({"witness": {"peer": {"middle": {"argv": {"queues": None}}}}}, {"witness.peer.*.argv.queues"}),
        ({"syscalls": {"by_name": {"ioctl": {"calls": 1, "errors": None}}}}, {"syscalls.by_name.*.errors"}),
        ({"manifest": {"tools": {"perf": None, "before": None}}}, {"manifest.tools.perf", "manifest.tools.before"}),
    ],
)  # fmt: skip
def test_places(document, places):
    assert _nulls.nulls(document) == places


def test_what_is_known_better_is_kept_and_what_is_not_null_gets_none():
    document = {
        "missing": {"factor.mtu": "the NIC has no link", "summary.gbps": "of another load"},
        "factor": {"mtu": None, "queues": None},
        "manifest": {"tools": {"iperf3": None}, "unheard_of": None},
        "summary": {"gbps": 9.4},
    }
    done = _nulls.with_reasons(document)
    assert done["missing"] == {
        "factor.mtu": "the NIC has no link",
        "factor.queues": _nulls.WHY["factor.queues"],
        "manifest.tools.iperf3": "the tool prints no version of itself",
        "manifest.unheard_of": "the recorder knows no reason",
    }
    assert done["explained"] is True
    assert document["missing"]["summary.gbps"] == "of another load"
