# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role benchmark does when a campaign has failed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2.sandbox import SandboxedEnvironment

TASKS = Path(__file__).resolve().parents[3] / "roles" / "benchmark" / "tasks"
DATAPATH = "virtio.lab.datapath"
TOGGLE, INCLUDE, COMMAND = "virtio.lab.vhost_toggle", "ansible.builtin.include_tasks", "ansible.builtin.command"
RECORD = {"guest": "a", "mac": "52:54:00:00:00:0a", "before": "qemu", "queues_before": 1, "restored": False}
# Jinja2's own trim and default do what Ansible's do here.
ENVIRONMENT = SandboxedEnvironment()


def load(name: str) -> list[dict[str, Any]]:
    return yaml.safe_load((TASKS / name).read_text(encoding="utf-8"))


def holds(task: dict[str, Any], **known: Any) -> bool:
    """Return whether a task is done with these variables."""
    conditions = task.get("when", "true")
    every = [conditions] if isinstance(conditions, str) else conditions
    return all(ENVIRONMENT.compile_expression(condition)(**known) for condition in every)


def give_back(
    before: str = "qemu", interface: str = "", replicate: str = "boot", plugged: Any = None, **left: Any
) -> list[str]:
    """Return what is done to a guest that the first step found so, in order; interface: its whole one before.

    plugged: what came of the hot-plug where there was one.
    """
    found = {"datapaths": [{"pid": 1}], **left}
    record = {**RECORD, "before": before, "interface_before": interface, "replicate": replicate}
    known = {"benchmark_left": found, "benchmark_interface_left": found, "benchmark_record": record}
    known |= {"benchmark_plugged": plugged or {}, "benchmark_interface_plugged": plugged or {}}
    done = []
    for task in load("give_back.yml")[0]["block"]:
        if holds(task, **known):
            switch = task.get(TOGGLE) or task.get(DATAPATH)
            done.append(switch.get("apply", "next_boot") if switch else task[INCLUDE])
    return done


def wake(state: str, steps: dict[str, str], **guest: str) -> list[str]:
    """Return what is done to the recorded guest in that state of virsh's, in order."""
    known = {"benchmark_domstate": {"stdout": f"{state}\n\n"}, "benchmark_wake": steps, "benchmark_record": RECORD}
    known |= {"benchmark_uri": "qemu:///system", "benchmark_guest": guest}
    done = []
    for task in load("wake.yml")[1:]:
        if holds(task, **known) and COMMAND in task:
            done.append(" ".join(ENVIRONMENT.from_string(word).render(known) for word in task[COMMAND]["argv"]))
        elif holds(task, **known):
            done += ["wait" for wait in load(task[INCLUDE]) if holds(wait, **known)]
    return done


@pytest.mark.parametrize(("required", "then"), [(True, ["power_cycle"]), (False, [])])
def test_the_backend_is_stored_first_and_only_a_guest_that_needs_it_restarts(required, then):
    assert give_back(restart_required=required) == ["next_boot", "wake.yml", *then]
    assert give_back(before="", restart_required=required) == ["next_boot", "next_boot", "wake.yml", *then]


@pytest.mark.parametrize(("required", "then"), [(True, ["power_cycle"]), (False, [])])
def test_a_whole_interface_is_given_back_in_place_of_its_backend(required, then):
    assert give_back(interface="<interface/>", restart_required=required) == ["next_boot", "wake.yml", *then]
    switches = [task for task in load("give_back.yml")[0]["block"] if DATAPATH in task]
    assert {task[DATAPATH]["restore"] for task in switches} == {"{{ benchmark_record.interface_before }}"}


@pytest.mark.parametrize("interface", ["", "<interface/>"])
def test_a_campaign_that_plugged_gives_back_by_plugging_and_restarts_what_does_not_let_go(interface):
    did, refused = {"effective": "qemu", "datapath": "qemu"}, {"msg": "did not let go"}
    for plugged, then in ((did, ["hotplug"]), (refused, ["hotplug", "power_cycle"])):
        done = give_back(interface=interface, replicate="hotplug", plugged=plugged, restart_required=True)
        assert done == ["next_boot", "wake.yml", *then]
    assert give_back(interface=interface, replicate="hotplug", restart_required=False) == ["next_boot", "wake.yml"]
    gone = give_back(interface=interface, replicate="hotplug", restart_required=True, datapaths=[{"pid": None}])
    assert gone == ["next_boot", "wake.yml"]


def test_all_toggles_want_the_same_of_the_same_nic():
    queues, first, plugged, second = (task[TOGGLE] for task in load("give_back.yml")[0]["block"] if TOGGLE in task)
    assert first == {**{key: second[key] for key in ("name", "mac", "state", "driver", "uri")}, "verify": False}
    assert {key: plugged[key] for key in first} == {**first, "verify": second["verify"]}
    assert queues["verify"] is False


@pytest.mark.parametrize("pid", [None, 1])
def test_a_guest_that_does_not_run_is_not_restarted_whatever_its_saved_state_has(pid):
    assert ("power_cycle" in give_back(restart_required=True, datapaths=[{"pid": pid}])) is bool(pid)


@pytest.mark.parametrize(
    ("before", "effective", "proved"),
    [
        ("vhost", {"effective_before": "vhost"}, "True"),
        ("vhost", {"effective_before": "qemu"}, "False"),  # software emulation: it never was
        ("vhost", {"effective_before": "unknown"}, "False"),
        ("vhost", {}, "False"),  # the record of an earlier release
        ("", {"effective_before": "vhost"}, "False"),
    ],
)
def test_only_what_was_in_effect_before_is_proved_again(before, effective, proved):
    block = load("give_back.yml")[0]
    record = {**RECORD, "before": before, **effective}
    assert ENVIRONMENT.from_string(block["vars"]["benchmark_proved"]).render(benchmark_record=record) == proved
    assert block["block"][-1][TOGGLE]["verify"] == "{{ benchmark_proved }}"


def test_what_cannot_be_had_is_asked_before_the_campaign_is_named_and_written_down():
    includes = [task.get(INCLUDE) or task["name"] for task in load("begin.yml")]
    assert includes.index("possible.yml") < includes.index("Name the campaign") < includes.index("write_record.yml")
    asked = load("possible.yml")[0]
    assert asked["check_mode"] is True
    assert {**asked[TOGGLE], "driver": None}.items() >= {"apply": "power_cycle", "fresh": True}.items()


@pytest.mark.parametrize("queues", [1, 2])
def test_the_toggle_gives_back_the_recorded_number_of_queues(queues):
    known = {"benchmark_record": {**RECORD, "queues_before": queues}}
    block = load("give_back.yml")[0]
    first = next(task for task in block["block"] if TOGGLE in task)
    named, alone = block["vars"]["benchmark_driver"], first[TOGGLE]["driver"]
    rendered = [
        {key: ENVIRONMENT.from_string(text).render(known) for key, text in one.items()} for one in (named, alone)
    ]
    assert rendered == [{"name": "qemu", "queues": str(queues)}, {"queues": str(queues)}]


OTHERS = {"restored": False, "plan": "other", "queues": 8, "queues_before": 4}


@pytest.mark.parametrize(
    ("record", "own", "back"),
    [
        ({}, 2, 2),
        ({**OTHERS, "restored": True}, 2, 2),
        ({**OTHERS, "plan": "this", "queues": 4}, 4, 4),  # the guest has what the campaign left it with
        ({**OTHERS, "plan": "this", "queues": 4, "restored": True}, 4, 2),  # somebody set another number meanwhile
    ],
)
def test_a_campaign_keeps_its_number_of_queues_and_gives_back_the_guests(record, own, back):
    (task,) = (task for task in load("begin.yml") if task["name"] == "Name the campaign")
    known = {"benchmark_record": record, "benchmark_plan": "this", "benchmark_queues_now": "2"}
    asked = task["ansible.builtin.set_fact"]["benchmark_record"]
    assert ENVIRONMENT.from_string(asked["queues"]).render(known) == str(own)
    assert ENVIRONMENT.from_string(asked["queues_before"]).render(known) == str(back)


@pytest.mark.parametrize(
    ("state", "begin", "end"),
    [
        ("running", [], []),
        ("paused", ["resume"], ["resume"]),
        ("shut off", ["start"], []),
        ("", [], []),  # there is no such guest
    ],
)
def test_what_an_interrupted_power_cycle_left_is_woken(state, begin, end):
    before = [task for task in load("begin.yml") if task.get(INCLUDE) == "wake.yml"]
    after = [task for task in load("give_back.yml")[0]["block"] if task.get(INCLUDE) == "wake.yml"]
    for tasks, steps in ((before, begin), (after, end)):
        virsh = [f"virsh --connect qemu:///system {step} a" for step in steps]
        meant = {found: step for task in tasks for found, step in task["vars"]["benchmark_wake"].items()}
        assert wake(state, meant) == virsh + ["wait"] * len(steps)
        assert wake(state, meant, address="192.0.2.2") == virsh


@pytest.mark.parametrize(("record", "looked"), [(RECORD, True), ({**RECORD, "restored": True}, False), ({}, False)])
def test_only_a_guest_of_an_unfinished_campaign_is_woken(record, looked):
    tasks = load("begin.yml")
    read, know, held, give_back, start = tasks[:5]
    assert [task.get(INCLUDE) for task in (read, held, give_back, start)] == [
        *("read_record.yml", "wake.yml", "give_back.yml", "wake.yml")
    ]
    found = know["ansible.builtin.set_fact"]["benchmark_interrupted"].strip("{ }")
    interrupted = ENVIRONMENT.compile_expression(found)(benchmark_record=record)
    assert interrupted is looked
    assert [holds(task, benchmark_interrupted=interrupted) for task in (held, start)] == [looked, looked]
    # A guest that is shut off has its interface back before it is started; one that runs keeps what it is on.
    for state, gives in (("shut off\n", looked), ("running\n", False)):
        seen = {"benchmark_interrupted": interrupted, "benchmark_domstate": {"stdout": state}}
        assert holds(give_back, **seen) is gives


@pytest.mark.parametrize(
    ("failed", "stops"),
    [
        ({"msg": "guest a was reset during the run", "guest_reset": True}, False),
        ({"msg": "no route to host"}, True),
        ({"results": [{"run": {}}, {"msg": "guest a was reset", "guest_reset": True}]}, False),
        ({"results": [{"run": {}}, {"msg": "no route to host"}]}, True),
    ],
)
def test_only_the_reset_of_a_guest_begins_a_cell_anew(failed, stops):
    (rescue,) = load("cell.yml")[1]["rescue"]
    found = rescue["vars"]["benchmark_failure"].strip("{ }")
    failure = ENVIRONMENT.compile_expression(found)(ansible_failed_result=failed)
    stop, say, *then = load(rescue[INCLUDE])
    assert holds(stop, benchmark_failure=failure) is stops
    words = ENVIRONMENT.from_string(say["ansible.builtin.debug"]["msg"])
    assert failure["msg"] in words.render(benchmark_failure=failure)
    assert [task.get(INCLUDE) for task in then] == ["answers.yml", None, "measure.yml"]


@pytest.mark.parametrize(("before", "named"), [("vhost", "the backend vhost back"), ("", "of libvirt's choice back")])
def test_a_failure_names_all_that_one_needs_to_know(before, named):
    (task,) = load("give_back.yml")[0]["rescue"]
    said = ENVIRONMENT.from_string(task["ansible.builtin.fail"]["msg"]).render(
        benchmark_record={**RECORD, "before": before},
        benchmark_record_path="/results/lab/campaign.json",
        ansible_failed_result={"msg": "there is no domain 'a'"},
    )
    assert named in said
    assert f"Interface {RECORD['mac']} of a did not" in said
    assert "there is no domain 'a'." in said
    assert "remove /results/lab/campaign.json" in said


def test_the_main_job_asks_what_can_be_had_before_it_changes_anything():
    playbooks = TASKS.parents[2] / "playbooks"
    first, *_others = yaml.safe_load((playbooks / "lab.yml").read_text(encoding="utf-8"))
    (play,) = yaml.safe_load((playbooks / first["ansible.builtin.import_playbook"]).read_text(encoding="utf-8"))
    *_before, asks = play["pre_tasks"]
    assert (first["vars"]["virtio_lab_measures"], asks["vars"]["benchmark_state"]) == (True, "checked")
    assert {task["name"] for task in load("checked.yml")} == {
        "Find out what guests can have here",
        "Check that the lab can be had here",
        "Look for the emulators that variants name",
        "Check that they are there",
    }


KVM, NO_KVM = {"usable": True}, {"usable": False, "reason": "/dev/kvm does not exist"}
NET, NO_NET = {"usable": True}, {"usable": False, "reason": "no module vhost_net"}
VHOST_GUEST = [{"name": "g", "interfaces": [{"datapath": "vhost"}, {"datapath": "qemu"}]}]


def subelements(guests, key):
    return [(guest, each) for guest in guests for each in guest[key]]


@pytest.mark.parametrize(
    ("kvm", "net", "datapaths", "guests", "wanted", "lacks"),
    [
        (KVM, NET, ["qemu", "vhost"], VHOST_GUEST, ["campaign.datapaths", "guest g"], []),
        (NO_KVM, NET, ["vhost"], [], ["campaign.datapaths"], ["/dev/kvm does not exist"]),
        (KVM, NO_NET, ["vhost"], [], ["campaign.datapaths"], ["no module vhost_net"]),
        (KVM, NO_NET, [{"name": "x", "datapath": "vhost"}], [], ["campaign.datapaths"], ["no module vhost_net"]),
        (KVM, NO_NET, ["macvtap_bridge_vhost"], [], ["campaign.datapaths"], ["no module vhost_net"]),
        (KVM, NO_NET, [{"name": "vhost", "datapath": "qemu"}], [], [], ["no module vhost_net"]),
        (
            NO_KVM,
            NO_NET,
            ["qemu", "vhost"],
            [],
            ["campaign.datapaths"],
            ["/dev/kvm does not exist", "no module vhost_net"],
        ),
        (NO_KVM, NO_NET, ["qemu"], VHOST_GUEST, [], ["/dev/kvm does not exist", "no module vhost_net"]),
        (KVM, NO_NET, ["qemu"], VHOST_GUEST, ["guest g"], ["no module vhost_net"]),
    ],
)
def test_what_a_host_lacks_of_a_lab(kvm, net, datapaths, guests, wanted, lacks):
    known = {"benchmark_possible_here": {**kvm, "vhost_net": net}, "benchmark_campaign": {"datapaths": datapaths}}
    environment = SandboxedEnvironment()
    environment.filters |= {
        "subelements": subelements,
        "regex_replace": lambda text, _start, front: front + text,
    }
    environment.tests["search"] = lambda text, pattern: bool(re.search(pattern, text))
    texts = load("checked.yml")[1]["vars"]

    def of(name: str, **more: Any) -> Any:
        return environment.compile_expression(texts[name].strip().strip("{}"))(**known, **more)

    variants = of("benchmark_vhost_variants")
    wants = of("benchmark_vhost_wanted", benchmark_guests=guests, benchmark_vhost_variants=variants)
    found = [wants, of("benchmark_vhost_lacks")]
    assert found == [wanted, lacks]


def test_an_emulator_that_is_not_on_this_host():
    look, check = load("checked.yml")[2:]
    environment = SandboxedEnvironment()
    environment.filters["difference"] = lambda these, those: [one for one in these if one not in list(those)]

    def of(text: str, **known: Any) -> Any:
        return environment.compile_expression(text.strip().strip("{}"))(**known)

    named = [{"name": "n", "datapath": "qemu", "emulator": path} for path in ("/q", "/q", "/r", "/s")]
    loop = of(look["loop"], benchmark_campaign={"datapaths": ["qemu", {"name": "a", "datapath": "qemu"}, *named]})
    assert list(loop) == ["/q", "/r", "/s"]
    seen = [{"exists": True, "executable": True}, {"exists": True, "executable": False}, {"exists": False}]
    results = [{"item": path, "stat": stat} for path, stat in zip(["/q", "/r", "/s"], seen, strict=True)]
    missing = of(check["vars"]["benchmark_emulators_missing"], benchmark_emulators={"results": results})
    assert missing == ["/r", "/s"]


def parts_of(datapaths: list[Any]) -> list[str]:
    text = yaml.safe_load((TASKS.parent / "vars" / "main.yml").read_text(encoding="utf-8"))["benchmark_build_parts"]
    environment = SandboxedEnvironment()
    environment.filters |= {
        "dict2items": lambda given: [{"key": key, "value": value} for key, value in given.items()],
        "flatten": lambda lists: [one for each in lists for one in each],
        "intersect": lambda these, those: [one for one in these if one in those],
    }
    found = environment.compile_expression(text.strip().strip("{}"))(benchmark_variants=datapaths)
    return list(found)


def test_a_cell_has_the_guests_own_build_where_its_variant_names_none():
    variants = [{"name": "qemu", "datapath": "qemu"}, {"name": "n", "datapath": "qemu", "emulator": "/n", "mtu": 1500}]
    assert parts_of(variants) == ["emulator"]
    assert parts_of(variants[:1]) == []
    (move,) = (task for task in load("measure.yml") if "virtio.lab.datapath" in task)
    environment = SandboxedEnvironment()
    environment.filters |= {
        "combine": lambda one, other: {**one, **other},
        "dict2items": lambda given: [{"key": key, "value": value} for key, value in given.items()],
        "items2dict": lambda items: {item["key"]: item["value"] for item in items},
    }
    environment.tests["in"] = lambda one, many: one in many
    text = move["vars"]["benchmark_build"].strip().strip("{}")
    record = {"build_before": {"emulator": "/own", "kernel": "/k"}}
    for variant, wanted in zip(variants, ("/own", "/n"), strict=True):
        known = {
            "benchmark_record": record,
            "benchmark_cell": {"variant": variant},
            "benchmark_build_parts": ["emulator"],
        }
        assert environment.compile_expression(text)(**known) == {"emulator": wanted}
