# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Campaigns that were forged, each in one way: the reader finds out, and names the run."""

from __future__ import annotations

import copy
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._measure._record import _results, _seal
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._nulls import with_reasons
from ansible_collections.virtio.lab.plugins.plugin_utils._runs import _records
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._found import digest
from ansible_collections.virtio.lab.plugins.plugin_utils._verify import _raw, _recompute
from ansible_collections.virtio.lab.plugins.plugin_utils._verify._conditions import unequal
from ansible_collections.virtio.lab.plugins.plugin_utils._verify._finding import FALSE, MISSING, UNPROVED

from .conftest import RUNS, SAMPLE, Document, campaign_of, change, found_in, seal, verified, with_axes

STREAM, TRIPS = "b01-vhost-tcp_stream", "b01-vhost-tcp_rr"


def what(folder: Path, run_id: str = STREAM, severity: str = FALSE) -> str:
    """What was found of a run, of that severity; the run does not count as verified."""
    result = verified(folder)
    assert result.verified < result.total
    return "; ".join(result.of(severity).get(f"{run_id}/run.json", []))


def test_a_real_campaign_is_verified_whole() -> None:
    result = verified(SAMPLE)
    assert result.findings == ()
    assert result.sentence() == "verified: 88 of 88 runs, 24 of 24 planned cells; not sealed, unsigned"


def test_what_was_measured_before_there_was_any_of_this_is_read_and_not_believed() -> None:
    old = SAMPLE.parents[1] / "tests" / "unit" / "fixtures" / "runs"
    result = verified(old)
    assert result.of(FALSE) == {"campaign.json": ["its runs are of 3 campaigns: aligned, bm-live, proto"]}
    assert {finding.severity for finding in result.findings if finding.path != "campaign.json"} == {UNPROVED}
    assert result.sentence() == "verified: 0 of 10 runs, planned cells are not known; not sealed, unsigned"


# Figures


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], float]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield path, value


def altered(value: float) -> Iterator[float]:
    """The number with one of its first ten digits changed."""
    text = repr(value)
    for at in [at for at, char in enumerate(text) if char.isdigit()][:10]:
        changed = f"{text[:at]}{(int(text[at]) + 1) % 10}{text[at + 1 :]}"
        if not re.match(r"0[0-9]", changed):
            yield json.loads(changed)


@pytest.mark.parametrize("run_id", ["b01-qemu-ioctls", STREAM, TRIPS, "b02-qemu-udp_small"])
def test_any_digit_of_any_figure(run_id: str) -> None:
    document = json.loads((SAMPLE / run_id / "run.json").read_bytes())
    raw = _raw.read_raw(SAMPLE, (run_id,), document)
    assert not list(_recompute.differences(document, raw.figures, raw.syscalls))
    tried = 0
    for path, value in leaves(document["summary"]):
        for other in altered(value):
            forged = copy.deepcopy(document)
            place = forged["summary"]
            for step in path[:-1]:
                place = place[step]
            place[path[-1]] = other
            assert list(_recompute.differences(forged, raw.figures, raw.syscalls)), (path, value, other)
            tried += 1
    assert tried > 60


def test_a_figure_that_is_hidden(campaign: Path) -> None:
    change(campaign, STREAM, lambda run: run["summary"].update(gbps=None))
    assert "summary.gbps is not known; by its raw output" in what(campaign)


def test_a_null_without_its_reason_is_false_where_the_document_says_that_it_has_them_all(campaign: Path) -> None:
    def explain(run: Document) -> None:
        with_axes(run)
        run.update(with_reasons(run))

    def conceal(run: Document) -> None:
        del run["missing"]["manifest.governor"]

    change(campaign, "b01-qemu-tcp_rr", explain)
    assert verified(campaign).holds
    change(campaign, "b01-qemu-tcp_rr", conceal)
    (finding,) = (
        finding for finding in _records.read_found(campaign)[1] if finding["path"] == "b01-qemu-tcp_rr/run.json"
    )
    assert finding["reason"].endswith("$.manifest.governor is null, and missing has no reason for it")
    assert not verified(campaign).holds


def test_a_figure_that_nobody_measured(campaign: Path) -> None:
    change(campaign, TRIPS, lambda run: run["summary"].update(gbps=9.0))
    assert "summary.gbps is 9.0; by its raw output and counters it is not known" in what(campaign, TRIPS)


def test_figures_are_held_against_each_other_where_no_raw_output_is_left(campaign: Path) -> None:
    (campaign / STREAM / "iperf3.stdout").unlink()
    change(campaign, STREAM, lambda run: run["summary"].update(gbps=3 * run["summary"]["gbps"]))
    assert "cpu_ns_per_byte" in what(campaign)


def test_raw_output_that_is_gone_proves_nothing(campaign: Path) -> None:
    (campaign / STREAM / "iperf3.stdout").unlink()
    assert not what(campaign)
    assert what(campaign, severity=UNPROVED) == "its raw output iperf3.stdout is not there"


def test_a_run_that_names_no_raw_output_is_not_proved(campaign: Path) -> None:
    change(campaign, STREAM, lambda run: run.update(raw=[]))
    assert what(campaign, severity=UNPROVED) == "it names no raw output iperf3.stdout, which its figures would be in"


def test_raw_output_that_was_altered(campaign: Path) -> None:
    path = campaign / TRIPS / "netperf.stdout"
    path.write_text(path.read_text().replace("TRANSACTION_RATE=7", "TRANSACTION_RATE=9"))
    assert what(campaign, TRIPS) == "netperf.stdout has another SHA-256 than its record says"


def test_raw_output_that_was_altered_with_its_checksum(campaign: Path) -> None:
    path = campaign / TRIPS / "netperf.stdout"
    path.write_text(path.read_text().replace("TRANSACTION_RATE=7", "TRANSACTION_RATE=9"))
    sums = {"path": path.name, "sha256": digest(path.read_bytes())}
    change(campaign, TRIPS, lambda run: run.update(raw=[sums, *run["raw"][:1]]))
    assert "summary.tps is" in what(campaign, TRIPS)


def test_raw_output_that_is_not_that_tools(campaign: Path) -> None:
    path = campaign / STREAM / "iperf3.stdout"
    path.write_text("[]")
    change(campaign, STREAM, lambda run: run.update(raw=[{"path": path.name, "sha256": digest(b"[]")}]))
    assert "cannot be what its figures were read from" in what(campaign)


def test_no_raw_output_is_read_from_elsewhere(campaign: Path) -> None:
    secret = campaign.parent / "secret"
    secret.write_text("secret")
    (campaign / STREAM / "iperf3.stdout").unlink()
    (campaign / STREAM / "iperf3.stdout").symlink_to(secret)
    assert "is a symbolic link" in what(campaign)
    change(campaign, STREAM, lambda run: run.update(raw=[{"path": "../../secret", "sha256": digest(b"secret")}]))
    assert "raw output '../../secret'" in what(campaign)


def test_counts_of_system_calls(campaign: Path) -> None:
    run_id = "b01-qemu-ioctls"
    change(campaign, run_id, lambda run: run["syscalls"]["ioctls"].update(KVM_RUN=1))
    assert "syscalls are not what the tracer's output tells" in what(campaign, run_id)


# What went on beside the run


def looked_at(run: Document) -> None:
    """The document as a version writes it that looks at host and guest: 1.5 s of others, on two CPUs."""
    run["schema"] = "virtio.lab/run/2"
    own = sum(run["summary"]["cpu_s"].values())
    waited = {"some": 0.5, "full": 0.25}
    run["factor"]["variant"] = run["factor"]["datapath"]
    run["summary"].update(
        tasks_s=round(own + 2.0, 9),
        tools_cpu_s=0.5,
        steal_s=0.25,
        pressure_s={"cpu": waited, "io": waited, "memory": None},
        guest_cpu_s={"busy": 3.0, "softirq": 1.5, "steal": 0.0},
    )
    run["summary"]["foreign_cpu_s"] = (round(run["summary"]["tasks_s"] * 1e9) - round(own * 1e9) - 500_000_000) / 1e9
    run["bracket"]["guest_cpus"] = {"0": {"busy_s": 3.0, "softirq_s": 1.5, "steal_s": 0.0}}


def test_what_went_on_beside_a_run_is_verified(campaign: Path) -> None:
    change(campaign, STREAM, looked_at)
    assert verified(campaign).findings == ()


@pytest.mark.parametrize(
    ("forged", "says"),
    [
        (lambda run: run["summary"].update(foreign_cpu_s=0.0), "summary.foreign_cpu_s is 0.0; by its raw output and"),
        (lambda run: run["summary"].update(tasks_s=99.0), "summary.tasks_s is 99.000; 2 CPUs have"),
        (lambda run: run["summary"].update(steal_s=99.0), "summary.steal_s is 99.000; 2 CPUs have"),
        (lambda run: run["summary"].update(tools_cpu_s=0.0), "summary.foreign_cpu_s is 1.5"),
        (lambda run: run["summary"]["pressure_s"]["io"].update(some=99.0), "summary.pressure_s.io is longer than"),
        (lambda run: run["summary"]["guest_cpu_s"].update(softirq=0.0), "summary.guest_cpu_s.softirq is 0.0"),
        (lambda run: run["bracket"]["guest_cpus"]["0"].update(busy_s=99.0), "bracket.guest_cpus.0 was busy for longer"),
    ],
)
def test_what_went_on_beside_a_run_and_is_false(campaign: Path, forged: Any, says: str) -> None:
    change(campaign, STREAM, looked_at)
    change(campaign, STREAM, forged)
    assert says in what(campaign)


# Validity


def of_each(run: Document, **seen: Any) -> None:
    for moment in ("before", "middle", "after"):
        run["witness"][moment].update(copy.deepcopy(seen))


@pytest.mark.parametrize(
    ("forged", "says"),
    [
        (lambda run: run["invalid_reasons"].append("QEMU was restarted"), "marked valid beside the reason"),
        (lambda run: run["factor"].update(datapath="qemu"), "marked valid, but before the run: the effective"),
        (lambda run: run["witness"]["middle"].update(effective="qemu"), "marked valid, but in the middle of"),
        (lambda run: run["witness"]["after"].update(agree=False), "marked valid, but after the run"),
        (lambda run: run["witness"].update(verdict="qemu"), "the verdict of its witness is qemu"),
        (lambda run: run["witness"]["after"].update(pid=7), "QEMU was restarted during the run"),
        (lambda run: of_each(run, witnesses={"xml": "vhost", "fds": "qemu"}), "agree on vhost, but they say qemu"),
        (lambda run: of_each(run, fds={"vhost_net": 0, "tun": 1}), "none is /dev/vhost-net"),
        (lambda run: of_each(run, argv={"vhost": False, "queues": 1, "netdev": {}}), "and has vhost=False"),
        (lambda run: of_each(run, argv={"vhost": True, "netdev": {"type": "user"}}), "-netdev is of type user"),
        (lambda run: of_each(run, live={"name": "qemu"}), "its XML is said to say vhost, and names qemu"),
        (lambda run: run["bracket"].update(guest_clock_ratio=2.0), "the guest's clock ran 2.00 times"),
        (lambda run: run["factor"].update(boot_id="99-1"), "its boot_id is of process 99"),
        (lambda run: run["factor"].update(queues=4), "factor.queues is 4, QEMU's argv has 1"),
        (lambda run: run["factor"]["offloads"].update({"scatter-gather": False}), "factor.offloads are not those"),
        (lambda run: run.update(valid=False), "marked invalid and gives no reason"),
        (lambda run: run["witness"]["before"].pop("pid"), "its witness is not as it should be"),
    ],
)
def test_what_is_marked_valid_and_is_not(campaign: Path, forged: Any, says: str) -> None:
    change(campaign, STREAM, forged)
    assert says in what(campaign)


def test_a_clock_that_was_read_as_roughly_as_it_seems_wrong_is_not_called_wrong(campaign: Path) -> None:
    change(campaign, STREAM, with_axes)
    change(campaign, STREAM, lambda run: run["bracket"].update(guest_clock_ratio=1.2, guest_clock_error=0.15))
    assert verified(campaign).findings == ()


def test_an_error_of_the_clock_that_the_run_had_no_time_for_is_not_believed(campaign: Path) -> None:
    change(campaign, STREAM, with_axes)
    change(campaign, STREAM, lambda run: run["bracket"].update(guest_clock_ratio=9.0, guest_clock_error=8.0))
    assert "bracket.guest_clock_error is 8.000: the guest agent took" in what(campaign)


def of_few_packets(run: Document) -> None:
    run["summary"]["pps"] = 10 / run["summary"]["window_s"]


def of_many_packets(run: Document) -> None:
    run["summary"]["pps"] = 4e9 / run["summary"]["window_s"]
    run["bracket"]["packets"] = 5_000_000_000


@pytest.mark.parametrize(
    ("forged", "says"),
    [
        (of_few_packets, "a packet has 65,536 bytes at most, so the load went another way"),
        (of_many_packets, "which no thread can move in that time"),
        (lambda run: run["summary"].update(gbps=0.0005), "less than one message of 131072 bytes: the load stood still"),
        (lambda run: run["summary"].update(gbps=0.0), "it is marked valid, but nothing arrived in the window"),
        (
            lambda run: run.update(valid=False, invalid_reasons=["I did not like it"]),
            "its evidence shows nothing of it",
        ),
    ],
)
def test_every_rule_of_validity_is_applied_again(campaign: Path, forged: Any, says: str) -> None:
    change(campaign, STREAM, forged)
    assert says in what(campaign)


def test_the_guests_own_count_and_the_end_of_the_client_are_held_against_the_load(campaign: Path) -> None:
    def of(packets: int, client: str) -> None:
        def told(run: Document) -> None:
            looked_at(run)
            run["bracket"]["guest_packets"] = packets
            run["workload"]["client"] = client

        change(campaign, STREAM, told)

    of(10_000_000, "host")
    assert verified(campaign).findings == ()
    of(10, "host")
    assert "are more than the 10 packets of the guest's NIC can hold" in what(campaign)
    of(10_000_000, "guest")  # without -R it would have sent the other way
    assert "workload.direction is 'host_to_guest'; its command line has 'guest_to_host'" in what(campaign)


def test_the_options_of_a_variant_are_held_against_the_guest(campaign: Path) -> None:
    def asks(run: Document) -> None:
        looked_at(run)
        run["factor"]["options"] = {"driver": {"packed": "on"}}
        run["factor"]["guest_nic"] = {"driver": "virtio_net", "features": [], "mtu": 1500, "rings": None}
        for moment in ("before", "middle", "after"):
            run["witness"][moment]["live"] = {"name": "vhost", "packed": "on"}

    change(campaign, STREAM, asks)
    assert "marked valid, but the guest and the device did not agree on driver.packed=on" in what(campaign)


def test_transactions_that_cannot_have_crossed_the_nic(campaign: Path) -> None:
    change(campaign, TRIPS, of_few_packets)
    assert "each transaction needs two packets, so the load went another way" in what(campaign, TRIPS)
    change(campaign, TRIPS, lambda run: run["summary"].update(tps=0.0))
    assert "marked valid, but no transaction was completed in the window" in what(campaign, TRIPS)


def test_no_thread_of_the_datapath_ran(campaign: Path) -> None:
    def idle(run: Document) -> None:
        run["summary"]["cpu_s"]["vhost"] = 0.0

    change(campaign, STREAM, idle)
    assert "no vhost worker used CPU time" in what(campaign)


# Replicates


def test_one_start_of_the_guest_for_all_blocks(campaign: Path) -> None:
    for block in (1, 2):
        change(campaign, f"b0{block}-vhost-tcp_rr", lambda run: run["factor"].update(boot_id="1101-1"))
        for moment in ("before", "middle", "after"):
            change(
                campaign,
                f"b0{block}-vhost-tcp_rr",
                lambda run, moment=moment: run["witness"][moment].update(pid=1101),
            )
    for block in (1, 2):
        assert "2 cells name one start of the guest, 1101-1" in what(campaign, f"b0{block}-vhost-tcp_rr")


def test_nothing_was_made_anew_between_two_cells(campaign: Path) -> None:
    boot = json.loads((campaign / "b01-vhost-tcp_rr/run.json").read_bytes())["factor"]["boot_id"]
    for moment in ("before", "middle", "after"):
        change(
            campaign, "b02-vhost-tcp_rr", lambda run, at=moment: run["witness"][at].update(pid=int(boot.split("-")[0]))
        )
    change(campaign, "b02-vhost-tcp_rr", lambda run: run["factor"].update(boot_id=boot, replicate="none"))
    assert "it is no replicate" in what(campaign, "b02-vhost-tcp_rr", UNPROVED)


def test_a_stale_copy_beside_a_run(campaign: Path) -> None:
    shutil.copytree(campaign / STREAM, campaign / f"{STREAM}.bak")
    result = verified(campaign)
    assert result.of(FALSE) == {
        f"{STREAM}.bak/run.json": [f"run {STREAM} is recorded in {STREAM}/run.json, which counts; this one does not"]
    }
    assert result.sentence().startswith(f"verified: {RUNS} of {RUNS + 1} runs, 6 of 6 planned cells")


def test_a_nested_copy_of_the_campaign(campaign: Path) -> None:
    for path in sorted(campaign.glob("b0*")):
        shutil.copytree(path, campaign / "copy" / path.name)
    result = verified(campaign)
    assert (result.verified, result.total) == (RUNS, 2 * RUNS)
    assert len(result.of(FALSE)) == RUNS


def test_two_records_that_differ_and_neither_in_its_place(campaign: Path) -> None:
    shutil.copytree(campaign / STREAM, campaign / "one")
    shutil.move(campaign / STREAM, campaign / "two")
    change(campaign, "two", lambda run: run.update(lab="another"))
    result = verified(campaign)
    assert "neither lies in a folder of its name" in result.of(FALSE)["one/run.json"][0]
    assert "neither lies in a folder of its name" in result.of(FALSE)["two/run.json"][0]
    assert STREAM in result.of(MISSING)["campaign.json"][0]


def test_one_run_sold_as_two(campaign: Path) -> None:
    shutil.rmtree(campaign / "b02-vhost-tcp_stream")
    shutil.copytree(campaign / STREAM, campaign / "b02-vhost-tcp_stream")
    change(campaign, "b02-vhost-tcp_stream", lambda run: run.update(run_id="b02-vhost-tcp_stream", block=2))
    assert f"its raw output is that of {STREAM} too" in what(campaign, "b02-vhost-tcp_stream")


# Conditions


@pytest.mark.parametrize(
    ("forged", "says"),
    [
        (lambda run: run["workload"].update(duration_s=60), "iperf3 was told 5"),
        (lambda run: run["workload"].update(streams=4), "its command line has 1"),
        (lambda run: run["workload"].update(proto="udp"), "workload.proto is 'udp'; its command line has 'tcp'"),
        (lambda run: run["workload"].update(message_bytes=64), "workload.message_bytes is 64; iperf3 was told 131072"),
        (lambda run: run["workload"].update(direction="guest_to_host"), "the campaign asks for 'host_to_guest'"),
        (lambda run: run["workload"].update(version="3.9"), "workload.version is '3.9'; iperf3 was told '3.18'"),
        (lambda run: run.update(seed=7), "seed is 7, the campaign asks for 42"),
        (lambda run: run.update(block=2), "block is 2, the campaign asks for 1"),
        (lambda run: run["factor"].update(arm="aa"), "factor.arm is 'aa', the campaign asks for 'a'"),
        (lambda run: run.update(started_at=run["ended_at"]), "too soon for its load"),
    ],
)
def test_settings_that_it_was_not_made_with(campaign: Path, forged: Any, says: str) -> None:
    change(campaign, STREAM, forged)
    assert says in what(campaign)


def without_offload(run: Document) -> None:
    run["factor"]["offloads"]["scatter-gather"] = run["manifest"]["nic_features"]["scatter-gather"] = False


@pytest.mark.parametrize(
    ("forged", "says"),
    [
        (lambda run: run["factor"].update(mtu=9000), "mtu is not the same in all runs: 1500 in runs of qemu"),
        (without_offload, "offloads is not the same"),
        (lambda run: run["manifest"].update(qemu="9.9.9"), "qemu is not the same in all runs of block 1"),
        (lambda run: run["manifest"]["hypervisor"].update(kernel="7"), "hypervisor.kernel is not the same"),
    ],
)
def test_unlike_conditions_of_one_comparison(campaign: Path, forged: Any, says: str) -> None:
    for run_id in ("b01-vhost-tcp_stream", "b02-vhost-tcp_stream"):
        change(campaign, run_id, forged)
    result = verified(campaign)
    assert list(result.unequal) == ["tcp_stream"]
    assert says in " ".join(result.of(FALSE)["workload tcp_stream"])


@pytest.mark.parametrize(("attachment", "refused"), [("tap", True), ("macvtap_bridge", False)])
def test_the_offloads_of_another_kind_of_nic_are_its_own(campaign: Path, attachment: str, refused: bool) -> None:
    """A macvtap and an emulated NIC offload what they can; two NICs on TAPs must offload the same."""
    for run in [json.loads(path.read_text()) for path in campaign.glob("*/run.json")]:
        other = run["factor"]["datapath"] == "vhost"

        def lift(document: Document, other: bool = other) -> None:
            document["schema"] = "virtio.lab/run/2"
            parts = {"frontend": "virtio", "attachment": attachment if other else "tap"}
            document["factor"].update(parts, variant=document["factor"]["datapath"])
            if other:
                without_offload(document)

        change(campaign, run["run_id"], lift)
    said = [text for texts in unequal(found_in(campaign)).values() for text in texts]
    assert any("offloads is not" in text for text in said) is refused


def test_what_the_campaign_varies_on_purpose_may_differ_from_arm_to_arm_alone(campaign: Path) -> None:
    for block in (1, 2):
        change(campaign, f"b0{block}-vhost-tcp_stream", lambda run: run["factor"].update(mtu=9000))
    assert unequal(found_in(campaign), frozenset({"mtu"})) == {}
    change(campaign, STREAM, lambda run: run["factor"].update(mtu=4000))
    assert "mtu is not the same" in unequal(found_in(campaign), frozenset({"mtu"}))["tcp_stream"][0]


BUILD = {
    "emulator": {"path": "/q", "file": "/q", "exe": "/q", "version": "9.2.0", "sha256": "a" * 64},
    "kernel": {
        "path": "/k",
        "argv": "/k",
        "file_release": "6.12",
        "file_version": "#1",
        "release": "6.12",
        "version": "#1",
        "sha256": "b" * 64,
    },
    "initrd": {"path": "/i", "argv": "/i", "sha256": "c" * 64},
}


def on_a_build(run: Document, other: Document | None = None, **options: str) -> None:
    """The run as one that recorded which build it was on."""
    with_axes(run)
    build = {part: {**BUILD[part], **(other or {}).get(part, {})} for part in BUILD}
    run["factor"].update(options=options, build=build)


def all_on_a_build(campaign: Path, other: Document, **options: str) -> None:
    """All runs, those of vhost on another one which their variant asks for."""
    asked = campaign_of(campaign)
    asked["datapaths"] = [asked["datapaths"][0], {"name": "vhost", "datapath": "vhost", **options}]
    (campaign / "campaign.json").write_text(json.dumps({"schema": "virtio.lab/campaign/1", "campaign": asked}))
    for one in found_in(campaign):
        vhost = one.document["factor"]["datapath"] == "vhost"
        change(campaign, one.run_id, lambda run, vhost=vhost: on_a_build(run, *([other] if vhost else [])))
        if vhost:
            change(campaign, one.run_id, lambda run: run["factor"]["options"].update(options))


NEW = {"emulator": {"path": "/n", "file": "/n", "exe": "/n", "version": "9.3.0", "sha256": "d" * 64}}


def test_two_builds_in_a_campaign(campaign: Path) -> None:
    assert {one.document["factor"]["datapath"] for one in found_in(campaign)} == {"qemu", "vhost"}
    all_on_a_build(campaign, NEW, emulator="/n")
    for one in found_in(campaign):
        if one.document["factor"]["datapath"] == "vhost":
            change(campaign, one.run_id, lambda run: run["manifest"].update(qemu="9.3.0"))
    result = verified(campaign)
    assert (result.of(FALSE), result.unequal, result.verified) == ({}, {}, RUNS)


@pytest.mark.parametrize(
    ("forged", "says"),
    [
        (lambda build: build["emulator"].update(exe="/q"), "marked valid, but QEMU's process runs /q, /n was asked"),
        (lambda build: build["emulator"].update(path="/q"), "the emulator in libvirt's live XML is /q"),
    ],
)
def test_a_run_on_another_build_than_its_variants(campaign: Path, forged: Any, says: str) -> None:
    all_on_a_build(campaign, NEW, emulator="/n")
    change(campaign, STREAM, lambda run: forged(run["factor"]["build"]))
    assert says in what(campaign)


def test_a_build_that_the_campaign_has_not(campaign: Path) -> None:
    all_on_a_build(campaign, NEW, emulator="/n")
    change(campaign, STREAM, lambda run: run["factor"].update(options={}, build=BUILD))
    assert "factor.options.emulator is None, the campaign asks for '/n'" in what(campaign)


@pytest.mark.parametrize("varied", [True, False])
def test_a_build_that_was_made_anew_between_two_blocks(campaign: Path, varied: bool) -> None:
    """Where builds are compared, an arm is one build; else an upgrade between two blocks weighs on all arms alike."""
    all_on_a_build(campaign, NEW if varied else {}, **({"emulator": "/n"} if varied else {}))
    for one in found_in(campaign):
        if one.document["block"] == 2:
            change(campaign, one.run_id, lambda run: run["factor"]["build"]["emulator"].update(sha256="e" * 64))
    said = [text for texts in verified(campaign).unequal.values() for text in texts]
    assert any("build.emulator.sha256 is not the same in all runs of vhost" in text for text in said) is varied
    assert bool(said) is varied


# The plan


def test_cells_that_are_missing_are_named(campaign: Path) -> None:
    for run_id in (STREAM, TRIPS):
        shutil.rmtree(campaign / run_id)
    result = verified(campaign)
    assert result.of(MISSING) == {
        "campaign.json": [f"planned and not there: {STREAM}, {TRIPS} (block 1, vhost)"],
    }
    assert result.sentence().startswith(f"verified: {RUNS - 2} of {RUNS - 2} runs, 5 of 6 planned cells")


def test_a_run_that_was_not_planned(campaign: Path) -> None:
    asked = {**campaign_of(campaign), "blocks": 1}
    (campaign / "campaign.json").write_text(json.dumps({"schema": "virtio.lab/campaign/1", "campaign": asked}))
    assert "the campaign has no such run" in what(campaign, "b02-vhost-tcp_rr")


@pytest.mark.parametrize(
    ("stopped", "says"),
    [
        ({"blocks": 1, "of": 2, "stop_at_width": 0.05}, "the campaign declared None"),
        ({"blocks": 1}, "stopped.json is no virtio.lab/stopped/1 document"),
        ({"blocks": 1, "of": 2, "sees": 1.05, "comparisons": 2, "scatters": []}, "the campaign declared None"),
    ],
)
def test_an_end_that_no_rule_allowed(campaign: Path, stopped: Document, says: str) -> None:
    for path in campaign.glob("b02-*"):
        shutil.rmtree(path)
    kept = {"schema": "virtio.lab/stopped/1", "rule": "as I like", "widths": [], **stopped}
    (campaign / "stopped.json").write_text(json.dumps(kept))
    result = verified(campaign)
    assert says in result.of(FALSE)["stopped.json"][0]
    assert len(result.of(MISSING)["campaign.json"]) == 3


@pytest.mark.parametrize("text", ["{", "[]", '{"campaign": {"blocks": 1e9}}', "{}", '{"schema": "x", "campaign": {}}'])
def test_a_plan_that_is_none(campaign: Path, text: str) -> None:
    (campaign / "campaign.json").write_text(text)
    result = verified(campaign)
    assert result.cells is None
    assert "campaign.json" in {finding.path for finding in result.findings}


def test_a_plan_that_nobody_could_measure_takes_no_time(campaign: Path) -> None:
    asked = {**campaign_of(campaign), "blocks": 10**15}
    (campaign / "campaign.json").write_text(json.dumps({"schema": "virtio.lab/campaign/1", "campaign": asked}))
    assert "a whole number from 1" in str(verified(campaign).findings)


# The seal


def test_a_sealed_campaign(sealed: Path) -> None:
    result = verified(sealed)
    assert result.findings == ()
    assert result.sentence() == f"verified: {RUNS} of {RUNS} runs, 6 of 6 planned cells; sealed, unsigned"


def test_any_byte_of_a_sealed_document(sealed: Path) -> None:
    change(sealed, STREAM, lambda run: run["manifest"]["hypervisor"].update(kernel="Another"))
    assert what(sealed) == "its SHA-256 is not the one that it was recorded with"
    assert verified(sealed).seal == "seal broken"


def test_a_document_replaced_with_its_checksum(sealed: Path) -> None:
    change(sealed, STREAM, lambda run: run["manifest"]["hypervisor"].update(kernel="Another"))
    path = sealed / "campaign.json"
    kept = json.loads(path.read_bytes())
    entry = next(entry for entry in kept["recorded"] if entry["run_id"] == STREAM)
    entry["sha256"] = digest((sealed / STREAM / "run.json").read_bytes())
    path.write_text(json.dumps(kept))
    assert "was recorded after another document than this" in what(sealed)


def test_a_plan_that_was_shortened_afterwards(sealed: Path) -> None:
    for path in sealed.glob("b02-*"):
        shutil.rmtree(path)
    path = sealed / "campaign.json"
    kept = json.loads(path.read_bytes())
    kept["campaign"]["blocks"] = 1
    kept["planned"] = [run_id for run_id in kept["planned"] if run_id.startswith("b01")]
    kept["recorded"] = [entry for entry in kept["recorded"] if entry["run_id"].startswith("b01")]
    path.write_text(json.dumps(kept))
    assert "the plan is not the one" in verified(sealed).of(FALSE)["campaign.json"][0]


def test_a_seal_that_was_taken_away(sealed: Path) -> None:
    asked = campaign_of(sealed)
    (sealed / "campaign.json").write_text(json.dumps({"schema": "virtio.lab/campaign/1", "campaign": asked}))
    result = verified(sealed)
    assert "there is no seal beside them" in result.of(FALSE)["campaign.json"][0]
    assert result.seal == "seal broken"


def test_a_run_from_elsewhere_in_a_sealed_campaign(sealed: Path) -> None:
    change(sealed, STREAM, lambda run: run.pop("chain"))
    assert "it claims no place in the chain" in what(sealed)


@pytest.mark.parametrize("datapaths", [10**30, "qemu", {"qemu": 1}, True])
def test_a_campaign_whose_datapaths_are_no_list_is_no_proof(sealed: Path, datapaths: object) -> None:
    kept = json.loads((sealed / "campaign.json").read_bytes())
    kept["campaign"]["datapaths"] = datapaths
    (sealed / "campaign.json").write_text(json.dumps(kept), encoding="utf-8")
    result = verified(sealed)
    told = [line for severity in (FALSE, UNPROVED, MISSING) for line in result.of(severity).get("campaign.json", [])]
    assert any("datapaths" in line for line in told), told


def test_a_run_that_was_made_again_until_it_pleased(sealed: Path) -> None:
    document = json.loads((sealed / TRIPS / "run.json").read_bytes())
    document["chain"] = _seal.next_link(sealed)
    _results.write(sealed / TRIPS, document)
    _seal.settle(sealed / TRIPS, document)
    assert "was recorded 2 times" in what(sealed, TRIPS, UNPROVED)


def test_a_sealed_run_whose_folder_was_removed(sealed: Path) -> None:
    shutil.rmtree(sealed / TRIPS)
    assert f"run {TRIPS} was recorded as number" in " ".join(verified(sealed).of(MISSING)["campaign.json"])


def test_a_campaign_sealed_again_with_less_than_was_planned(sealed: Path) -> None:
    shutil.rmtree(sealed / STREAM)
    result = verified(seal(sealed))
    assert result.seal == "sealed"
    assert result.of(MISSING) == {"campaign.json": [f"planned and not there: {STREAM} (block 1, vhost)"]}
