# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The planner of SR-IOV: a decision table, and convergence on a model of the kernel.

The model below is small; that a kernel behaves like it is what tests/integration/lab_host/sriov_vf.yml checks.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._change import diff
from ansible_collections.virtio.lab.plugins.module_utils._sriov._model import Action, Pf, User, Vf, WantedPf, WantedVf
from ansible_collections.virtio.lab.plugins.module_utils._sriov._plan import plan

NEW = Vf(0, mac="0a:00:00:00:00:00", vlan=0, qos=0, min_tx_rate=0, max_tx_rate=0, spoofchk=True, trust=False,
         link_state="auto", address="0000:01:10.0", driver="igbvf")  # fmt: skip
CARD = Pf("pf", "/card", "0000:01:00.0", "pci", "igb", up=True, numvfs=2, totalvfs=7, drivers_autoprobe=True,
          vfs=(NEW, replace(NEW, index=1)))  # fmt: skip
SIMULATED = replace(CARD, bus="netdevsim", driver="netdevsim", up=False, totalvfs=None, drivers_autoprobe=None)
GUEST = User("guest", "g", 7)
DRIVERS = {"vfio-pci": "loaded", "uio": "module", "gone": "missing"}
SET = "ip link set dev pf vf 0"


@pytest.mark.parametrize(
    ("want", "have", "expected"),
    [
        ({}, CARD, []),
        ({"numvfs": 2}, CARD, []),
        ({"numvfs": 0}, CARD, ["echo 0 > /card/sriov_numvfs"]),
        ({"numvfs": 3}, CARD, ["echo 0 > /card/sriov_numvfs", "echo 3 > /card/sriov_numvfs"]),
        ({"drivers_autoprobe": False}, CARD, ["echo 0 > /card/sriov_drivers_autoprobe"]),
        ({"vf": {"trust": True}}, CARD, [f"{SET} trust on"]),
        ({"vf": {"trust": True}}, replace(CARD, up=False), ["ip link set dev pf up", f"{SET} trust on"]),
        ({"vf": {"spoofchk": True, "link_state": "auto", "mac": NEW.mac}}, CARD, []),
        ({"vf": {"link_state": "enable"}}, CARD, [f"{SET} state enable"]),
        ({"vf": {"vlan": 5, "qos": 2, "proto": "802.1ad"}}, CARD, [f"{SET} vlan 5 qos 2 proto 802.1ad"]),
        ({"vf": {"vlan": 0, "proto": "802.1Q"}}, CARD, []),
        ({"vf": {"vlan": 5, "proto": "802.1Q"}}, CARD, [f"{SET} vlan 5"]),
        (
            {"vf": {"qos": 2}},
            replace(CARD, vfs=(replace(NEW, vlan=5, proto="802.1ad"),)),
            [f"{SET} vlan 5 qos 2 proto 802.1ad"],
        ),
        (
            {"vf": {"proto": "802.1Q"}},
            replace(CARD, vfs=(replace(NEW, vlan=5, qos=1, proto="802.1ad"),)),
            [f"{SET} vlan 5 qos 1"],
        ),
        ({"vf": {"max_tx_rate": 10, "min_tx_rate": 5}}, CARD, [f"{SET} max_tx_rate 10 min_tx_rate 5"]),
        ({"vf": {"max_tx_rate": 10, "min_tx_rate": 0}}, CARD, [f"{SET} max_tx_rate 10"]),
        (
            {"vf": {"trust": True, "mac": "02:00:00:00:00:01", "link_state": "enable", "max_tx_rate": 1, "vlan": 5}},
            CARD,
            [
                f"{SET} state enable",
                f"{SET} max_tx_rate 1",
                f"{SET} vlan 5",
                f"{SET} mac 02:00:00:00:00:01",
                f"{SET} trust on",
            ],
        ),
        (
            {"drivers_autoprobe": False, "vf": {"trust": True}},
            CARD,
            [f"{SET} trust on", "echo 0 > /card/sriov_drivers_autoprobe"],
        ),
        ({"vf": {"trust": True}}, SIMULATED, [f"{SET} trust on"]),
        (
            {"numvfs": 1, "vf": {"link_state": "auto", "vlan": 0, "max_tx_rate": 0}},
            replace(SIMULATED, numvfs=0, vfs=()),
            ["echo 1 > /card/sriov_numvfs"],
        ),
        (
            {"numvfs": 1, "vf": {"driver": "none"}},
            replace(CARD, numvfs=0, vfs=()),
            [
                "echo 0 > /card/sriov_drivers_autoprobe",
                "echo 1 > /card/sriov_numvfs",
                "echo 1 > /card/sriov_drivers_autoprobe",
                "bind /card/virtfn0 to driver none",
            ],
        ),
        (
            {"numvfs": 1, "drivers_autoprobe": False, "vf": {"trust": True}},
            replace(CARD, numvfs=0, vfs=(), up=False),
            [
                "ip link set dev pf up",
                "echo 0 > /card/sriov_drivers_autoprobe",
                "echo 1 > /card/sriov_numvfs",
                f"{SET} trust on",
            ],
        ),
        ({"numvfs": 0}, replace(CARD, up=False), ["echo 0 > /card/sriov_numvfs"]),
        ({"vf": {"driver": "vfio-pci"}}, CARD, ["bind /card/virtfn0 to driver vfio-pci"]),
        ({"vf": {"driver": "uio"}}, CARD, ["modprobe uio", "bind /card/virtfn0 to driver uio"]),
        ({"vf": {"driver": "igbvf"}}, CARD, None),
        ({"vf": {"driver": "default"}}, CARD, []),
        ({"vf": {"driver": "default"}}, replace(CARD, drivers_autoprobe=False), []),
        (
            {"drivers_autoprobe": True, "vf": {"driver": "default"}},
            replace(CARD, drivers_autoprobe=False, vfs=(replace(NEW, driver="vfio-pci", override="vfio-pci"),)),
            ["echo 1 > /card/sriov_drivers_autoprobe", "bind /card/virtfn0 to driver default"],
        ),
        (
            {"drivers_autoprobe": False, "vf": {"driver": "default"}},
            replace(CARD, vfs=(replace(NEW, driver="vfio-pci", override="vfio-pci"),)),
            ["bind /card/virtfn0 to driver default", "echo 0 > /card/sriov_drivers_autoprobe"],
        ),
        ({"vf": {"driver": "none"}}, CARD, ["bind /card/virtfn0 to driver none"]),
        (
            {"numvfs": 1, "vf": {"trust": False}},
            replace(CARD, numvfs=0, vfs=()),
            [
                "echo 0 > /card/sriov_drivers_autoprobe",
                "echo 1 > /card/sriov_numvfs",
                "echo 1 > /card/sriov_drivers_autoprobe",
                f"{SET} trust off",
                "let the kernel probe /card/virtfn0",
            ],
        ),
    ],
)
def test_decision(want: dict, have: Pf, expected: list[str] | None) -> None:
    vfs = (WantedVf(0, **want.pop("vf")),) if "vf" in want else ()
    actions = plan(WantedPf("pf", vfs=vfs, **want), have, {**DRIVERS, "igbvf": "loaded"})
    assert [action.command for action in actions] == (expected or [])


@pytest.mark.parametrize(
    ("want", "have", "words"),
    [
        ({"numvfs": 8}, CARD, "7 VFs at most"),
        ({"numvfs": 0, "vf": {"trust": True}}, CARD, "it has no VF"),
        ({"numvfs": 0}, replace(CARD, vfs=(NEW, replace(NEW, index=1, in_use=(GUEST,)))), r"vf 1 by guest g \(pid 7\)"),
        ({"vf": {"driver": "none"}}, replace(CARD, vfs=(replace(NEW, in_use=(GUEST,)),)), r"vf 0 by guest g \(pid 7\)"),
        ({"vf": {"driver": "gone"}}, CARD, "not in this kernel"),
        ({"vf": {"trust": True}}, replace(CARD, vfs=(replace(NEW, trust=None),)), "igb does not support trust"),
        ({"numvfs": 3, "vf": {"trust": True}}, replace(CARD, vfs=(replace(NEW, trust=None),)), "not support trust"),
        ({"numvfs": 1, "vf": {"mac": NEW.mac}}, replace(CARD, numvfs=0, vfs=(), reports=False), "not support mac"),
        ({"vf": {"qos": 3}}, CARD, "it has none"),
        ({"vf": {"min_tx_rate": 9}}, replace(CARD, vfs=(replace(NEW, max_tx_rate=5),)), "above max_tx_rate 5"),
        ({"drivers_autoprobe": True}, replace(CARD, drivers_autoprobe=None), "not support drivers_autoprobe"),
        ({"vf": {"driver": "none"}}, replace(CARD, drivers_autoprobe=None), "not support driver"),
        (
            {"vf": {"driver": "default"}},
            replace(CARD, drivers_autoprobe=False, vfs=(replace(NEW, driver=""),)),
            "vf 0: driver default needs drivers_autoprobe, which is off",
        ),
        (
            {"numvfs": 1, "drivers_autoprobe": False, "vf": {"driver": "default"}},
            CARD,
            "default needs drivers_autoprobe",
        ),
    ],
)
def test_refusal(want: dict, have: Pf, words: str) -> None:
    vfs = (WantedVf(0, **want.pop("vf")),) if "vf" in want else ()
    with pytest.raises(LabError, match=words):
        plan(WantedPf("pf", vfs=vfs, **want), have, DRIVERS)


@pytest.mark.parametrize(
    ("want", "have", "waits"),
    [
        ({"vf": {"max_tx_rate": 5}}, CARD, []),
        ({"vf": {"max_tx_rate": 5}}, replace(CARD, up=False), ["ip link set dev pf up"]),
        ({"numvfs": 1, "vf": {"max_tx_rate": 5}}, replace(CARD, up=False), ["echo 1 > /card/sriov_numvfs"]),
        ({"numvfs": 1, "vf": {"trust": True}}, replace(CARD, up=False), []),
        ({"numvfs": 1, "vf": {"max_tx_rate": 5}}, SIMULATED, []),
    ],
)
def test_rates_wait_for_the_link(want: dict, have: Pf, waits: list[str]) -> None:
    steps = plan(WantedPf("pf", vfs=(WantedVf(0, **want.pop("vf")),), **want), have, DRIVERS)
    assert [step.command for step in steps if step.await_link] == waits


def run(pf: Pf, step: Action) -> Pf:
    """What a step does to the card, as far as the planner's steps go."""
    if step.vf is None:
        if step.attribute == "numvfs":
            assert pf.numvfs == 0 or step.value == "0", "EBUSY"
            driver = "igbvf" if pf.drivers_autoprobe else ""
            vfs = tuple(replace(NEW, index=index, driver=driver) for index in range(int(step.value)))
            return replace(pf, numvfs=int(step.value), vfs=vfs)
        return replace(pf, up=True) if step.attribute == "state" else replace(pf, drivers_autoprobe=step.value == "1")
    assert pf.up or pf.bus != "pci"
    assert step.driver not in ("default", "probe") or pf.drivers_autoprobe, "nothing is bound"
    vfs = list(pf.vfs)
    vfs[step.vf] = _vf(vfs[step.vf], step)
    return replace(pf, vfs=tuple(vfs))


def _vf(vf: Vf, step: Action) -> Vf:
    if step.driver:
        driver = {"none": "", "default": "igbvf", "probe": vf.driver or "igbvf"}.get(step.driver, step.driver)
        return replace(vf, driver=driver, override=step.driver if step.driver in ("vfio-pci", "none") else "")
    words = dict(zip(step.words[6::2], step.words[7::2], strict=True))
    if "vlan" in words:
        vlan = int(words["vlan"])
        proto = words.get("proto", "802.1Q") if vlan else None
        return replace(vf, vlan=vlan, qos=int(words.get("qos", 0)), proto=proto)
    read = {"mac": str, "state": str, "trust": "on".__eq__, "spoofchk": "on".__eq__}
    names = {"state": "link_state"}
    return replace(vf, **{names.get(word, word): read.get(word, int)(value) for word, value in words.items()})


OPTIONAL = st.none() | st.booleans()
VFS = st.fixed_dictionaries(
    {
        "mac": st.sampled_from([None, "02:00:00:00:00:01"]),
        "vlan": st.sampled_from([None, 0, 5, 6]),
        "max_tx_rate": st.sampled_from([None, 0, 100]),
        "min_tx_rate": st.sampled_from([None, 0, 50]),
        "spoofchk": OPTIONAL,
        "trust": OPTIONAL,
        "link_state": st.sampled_from([None, "auto", "enable"]),
        "driver": st.sampled_from([None, "vfio-pci", "default", "none"]),
    }
)
WANTED = st.builds(
    lambda numvfs, probe, vfs: WantedPf("pf", numvfs, probe, tuple(WantedVf(i, **v) for i, v in enumerate(vfs))),
    st.sampled_from([None, 2, 3]),
    OPTIONAL,
    st.lists(VFS, max_size=2),
)


def _simulated(want: WantedPf) -> WantedPf:
    return replace(want, drivers_autoprobe=None, vfs=tuple(replace(vf, driver=None) for vf in want.vfs))


@given(first=WANTED, second=WANTED, card=st.sampled_from([CARD, replace(CARD, up=False), SIMULATED]))
def test_planning_again_after_applying_is_empty(first: WantedPf, second: WantedPf, card: Pf) -> None:
    for want in (first, second):
        want = want if card.bus == "pci" else _simulated(want)
        try:
            steps = plan(want, card, DRIVERS)
        except LabError:
            continue
        for step in steps:
            card = run(card, step)
        assert plan(want, card, DRIVERS) == []


@given(first=WANTED, second=WANTED, up=st.booleans())
def test_the_diff_is_what_is_so_afterwards(first: WantedPf, second: WantedPf, up: bool) -> None:
    card = replace(CARD, up=up)
    for want in (first, second):
        try:
            steps = plan(want, card, DRIVERS)
        except LabError:
            continue
        for step in steps:
            card = run(card, step)
        for thing, attributes in diff((step.label, change) for step in steps for change in step.changes)[
            "after"
        ].items():
            for attribute, value in attributes.items():
                assert value in ("default", _now(card, thing, attribute)), (thing, attribute)


def _now(card: Pf, thing: str, attribute: str) -> object:
    if attribute == "state":
        return "up" if card.up else "down"
    value = getattr(card.vfs[int(thing.split()[-1])] if "vf" in thing else card, attribute)
    return (value or None) if attribute == "driver" else value


@pytest.mark.parametrize(
    ("want", "have", "expected", "words"),
    [
        (
            WantedPf("pf", vfs=(WantedVf(3, mac="02:00:00:00:00:01", vlan=5),)),
            replace(CARD, numvfs=0, vfs=()),
            ["ip link set dev pf vf 3 vlan 5", "ip link set dev pf vf 3 mac 02:00:00:00:00:01"],
            "pf pf has 0 VFs yet; check mode takes it that an earlier task lets it have 4",
        ),
        (
            WantedPf("pf", vfs=(WantedVf(2, driver="vfio-pci"),)),
            CARD,
            ["bind /card/virtfn2 to driver vfio-pci"],
            "pf pf has 2 VFs yet; check mode takes it that an earlier task lets it have 3",
        ),
        (
            WantedPf("pf", vfs=(WantedVf(0, driver="gone"),)),
            CARD,
            ["modprobe gone", "bind /card/virtfn0 to driver gone"],
            (
                "pf pf: driver 'gone' is not in this kernel, neither loaded nor as a module; "
                "check mode takes it that an earlier task installs it"
            ),
        ),
    ],
)
def test_what_an_earlier_task_may_bring_is_a_note(want: WantedPf, have: Pf, expected: list[str], words: str) -> None:
    notes: list[str] = []
    assert [step.command for step in plan(want, have, DRIVERS, notes)] == expected
    assert notes == [words]
    with pytest.raises(LabError):
        plan(want, have, DRIVERS)


@pytest.mark.parametrize(
    ("want", "words"),
    [
        (WantedPf("pf", numvfs=2, vfs=(WantedVf(2, vlan=5),)), "vf 2 does not exist; it has VFs 0 to 1"),
        (WantedPf("pf", vfs=(WantedVf(7, vlan=5),)), "vf 7 does not exist; it has VFs 0 to 1"),
    ],
)
def test_what_no_task_can_bring_is_refused_all_the_same(want: WantedPf, words: str) -> None:
    with pytest.raises(LabError, match=words):
        plan(want, CARD, DRIVERS, [])
