# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Steps carried out on a captured machine, and the account of those that failed."""

from __future__ import annotations

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import ApplyError, LabError
from ansible_collections.virtio.lab.plugins.module_utils._sriov import _apply
from ansible_collections.virtio.lab.plugins.module_utils._sriov._apply import apply
from ansible_collections.virtio.lab.plugins.module_utils._sriov._bind import bind
from ansible_collections.virtio.lab.plugins.module_utils._sriov._check import check_pfs
from ansible_collections.virtio.lab.plugins.module_utils._sriov._model import Action
from ansible_collections.virtio.lab.plugins.module_utils._sriov._reconcile import reconcile

NOTHING = {"pf": None, "numvfs": None, "drivers_autoprobe": None, "vfs": None, "pfs": None}
DRIVERS = {"a": "igb", "b": "igb"}


def line(pf: str, vf: int | None, attribute: str, **more) -> Action:
    return Action(pf, vf, attribute, words=("link", "set", "dev", pf, attribute), **more)


def test_neighbouring_lines_are_one_batch(machine) -> None:
    done: list[Action] = []
    file = Action("a", None, "numvfs", path=str(machine.root / "numvfs"), value="2", await_link=True)
    module = Action("a", None, "module", module="uio")
    apply([line("a", None, "state"), file, line("a", 0, "x"), line("b", 0, "y"), module], DRIVERS, done, machine.host)
    assert (machine.root / "numvfs").read_text() == "2\n"
    assert [call for call in machine.calls if "ip" not in call or "-batch" in call] == [
        ["ip", "-batch", "-"],
        ["ip", "-batch", "-"],
        ["modprobe", "uio"],
    ]
    assert [step.command for step in done][-1] == "modprobe uio"


def test_a_line_that_the_driver_refuses(machine) -> None:
    machine.batch_error = "RTNETLINK answers: Operation not supported\nCommand failed -:2\n"
    turned_on = machine.root / "autoprobe"
    steps = [
        line("a", 0, "trust"),
        line("a", 1, "link_state"),
        line("a", 1, "mac"),
        Action("a", None, "drivers_autoprobe", path=str(turned_on), value="1", always=True),
        Action("a", 2, "driver", path=str(machine.root / "no/such"), driver="none", always=True),
        Action("b", None, "drivers_autoprobe", path=str(machine.root / "not-b"), value="1", always=True),
    ]
    with pytest.raises(ApplyError) as stopped:
        apply(steps, DRIVERS, [], machine.host)
    assert str(stopped.value) == (
        "pf a, vf 1: driver igb refused link_state (`ip link set dev a link_state`: RTNETLINK answers: Operation not "
        "supported); 1 of 6 steps were done before it, 1 after it to leave nothing half way"
    )
    assert stopped.value.applied == ["ip link set dev a trust", f"echo 1 > {turned_on}"]
    assert turned_on.read_text() == "1\n"
    assert not (machine.root / "not-b").exists()


def test_a_second_group_that_fails_names_its_own_step(machine) -> None:
    first = Action("a", None, "numvfs", path=str(machine.root / "numvfs"), value="2")
    second = Action("a", None, "numvfs", path=str(machine.root / "no/such"), value="3")
    done = [line("a", 0, "earlier")]
    with pytest.raises(ApplyError, match=r"refused numvfs .*No such file.* 1 of 2 steps") as stopped:
        apply([first, second], DRIVERS, done, machine.host)
    assert stopped.value.applied == ["ip link set dev a earlier", f"echo 2 > {machine.root}/numvfs"]


@pytest.mark.parametrize(("carrier", "waits"), [("0\n", True), ("1\n", False), (None, False)])
def test_waiting_for_a_link(machine, monkeypatch, carrier, waits) -> None:
    if carrier:
        machine.write("/sys/devices/pci0000:00/0000:00:04.0/0000:01:00.0/net/enp1s0/carrier", carrier)
    slept: list[float] = []
    monkeypatch.setattr(_apply, "LINK_WAIT_S", 0.01)
    monkeypatch.setattr(_apply.time, "sleep", slept.append)
    apply([line("enp1s0", None, "state", await_link=True)], {}, [], machine.host)
    assert bool(slept) == waits


def _kernel(machine, vf: int, driver: str | None) -> None:
    """What the kernel would have done to the VF by the time it is looked at again."""
    link = machine.card.parent / f"0000:01:10.{2 * vf}/driver"
    link.unlink(missing_ok=True)
    if driver:
        link.symlink_to(f"../../../../bus/pci/drivers/{driver}")


@pytest.mark.parametrize(
    ("driver", "wanted", "override", "unbound", "probed"),
    [
        ("vfio-pci", "vfio-pci", "vfio-pci\n", False, False),
        (None, "none", "none\n", False, False),
        ("igbvf", "probe", "(null)\n", False, True),
    ],
)
def test_binding(machine, driver, wanted, override, unbound, probed) -> None:
    _kernel(machine, 0, driver)
    bind(f"{machine.card}/virtfn0", wanted, machine.host)
    assert (machine.card / "virtfn0/driver_override").read_text() == override
    assert (machine.root / "sys/bus/pci/drivers/igbvf/unbind").exists() == unbound
    assert (machine.root / "sys/bus/pci/drivers_probe").exists() == probed


@pytest.mark.parametrize(
    ("driver", "wanted", "words"),
    [
        ("igbvf", "vfio-pci", "0000:01:10.0 is bound to igbvf afterwards"),
        ("igbvf", "none", "is bound to igbvf afterwards"),
        (None, "default", "is bound to none afterwards"),
        (None, "vfio-pci", "is bound to none afterwards"),
    ],
)
def test_a_kernel_that_binds_otherwise(machine, driver, wanted, words) -> None:
    _kernel(machine, 0, driver)
    with pytest.raises(LabError, match=words):
        bind(f"{machine.card}/virtfn0", wanted, machine.host)
    assert (machine.root / "sys/bus/pci/drivers/igbvf/unbind").exists() == (driver == "igbvf")
    assert (["modprobe"] in [call[:1] for call in machine.calls]) == (wanted == "default")


def _ask(**options):
    return {**NOTHING, **options}


def test_what_is_so_already_is_left_alone(machine) -> None:
    vfs = [{"index": 0, "vlan": 10, "qos": 3, "max_tx_rate": 100, "trust": True}, {"index": 1, "driver": "vfio-pci"}]
    result = reconcile(_ask(pf="enp1s0", numvfs=4, vfs=vfs), False, machine.host)
    assert (result["changed"], result["commands"]) == (False, [])
    assert result["diff"] == {"before": {}, "after": {}}


def test_check_mode_and_the_change_tell_the_same(machine) -> None:
    params = _ask(pfs=[{"pf": "enp1s0", "vfs": [{"index": 0, "trust": False}]}, {"pf": "eni10np1"}])
    foretold = reconcile(params, True, machine.host)
    assert not [call for call in machine.calls if "-batch" in call]

    def changed(lines: str) -> None:
        assert lines == "link set dev enp1s0 vf 0 trust off\n"
        next(link for link in machine.links if link["ifname"] == "enp1s0")["vfinfo_list"][0]["trust"] = False

    machine.on_batch = changed
    result = reconcile(params, False, machine.host)
    assert foretold["diff"] == result["diff"]
    assert result["diff"]["after"] == {"pf enp1s0, vf 0": {"trust": False}}
    assert [pf["name"] for pf in result["pfs"]] == ["enp1s0", "eni10np1"]
    assert result["pfs"][0]["vfs"][0]["trust"] is False


def test_a_driver_that_takes_a_value_and_does_not_have_it(machine) -> None:
    with pytest.raises(ApplyError, match="driver igb took trust without an error and does not have it") as stopped:
        reconcile(_ask(pf="enp1s0", vfs=[{"index": 0, "trust": False}]), False, machine.host)
    assert stopped.value.applied == ["ip link set dev enp1s0 vf 0 trust off"] * 2


def test_a_pf_that_is_gone_after_the_change(machine) -> None:
    machine.on_batch = lambda lines: machine.links.clear()
    with pytest.raises(ApplyError, match="after the change: pf enp1s0 does not exist") as stopped:
        reconcile(_ask(pf="enp1s0", vfs=[{"index": 0, "trust": False}]), False, machine.host)
    assert stopped.value.applied == ["ip link set dev enp1s0 vf 0 trust off"]


def test_one_device_under_two_names(machine) -> None:
    with pytest.raises(LabError, match=r"pf enp1s0 and pf 01:00\.0 are one device, 0000:01:00.0"):
        reconcile(_ask(pfs=[{"pf": "enp1s0"}, {"pf": "01:00.0"}], numvfs=1), False, machine.host)


def test_an_entry_takes_from_the_top_level_what_it_leaves_out() -> None:
    entries = [{"pf": "a", "numvfs": None}, {"pf": "b", "numvfs": 0}]
    assert [want.numvfs for want in check_pfs(_ask(pfs=entries, numvfs=4))] == [4, 0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"pf": ""}, "is no name"),
        ({"pf": "a b"}, "is no name"),
        ({"pf": "a/b/c"}, "is no name"),
        ({"pf": "../a"}, "is no name"),
        ({"numvfs": -1}, "numvfs -1 is negative"),
        ({"vfs": [{"index": -1}]}, "VF index -1 is negative"),
        ({"vfs": [{"index": 1}, {"index": 1}]}, "vf 1 is listed twice"),
        ({"vfs": [{"index": 0, "vlan": 4095}]}, "vlan 4095 is out of range"),
        ({"vfs": [{"index": 0, "qos": 8}]}, "qos 8 is out of range"),
        ({"vfs": [{"index": 0, "max_tx_rate": -1}]}, "max_tx_rate -1 is out of range"),
        ({"vfs": [{"index": 0, "min_tx_rate": 2, "max_tx_rate": 1}]}, "min_tx_rate 2 is above max_tx_rate 1"),
        ({"vfs": [{"index": 0, "vlan": 0, "qos": 1}]}, "vlan 0 is none"),
        ({"vfs": [{"index": 0, "vlan": 0, "proto": "802.1ad"}]}, "vlan 0 is none"),
        ({"vfs": [{"index": 0, "driver": "a/b"}]}, "driver 'a/b' is no driver's name"),
        ({"vfs": [{"index": 0, "mac": "01:00:00:00:00:00"}]}, "mac '01:00:00:00:00:00'"),
    ],
)
def test_what_cannot_be_meant(options, words) -> None:
    with pytest.raises(LabError, match=words):
        check_pfs(_ask(**{"pf": "a", **options}))


def test_a_pf_that_is_missing_is_a_warning_in_check_mode(machine) -> None:
    wanted = {**NOTHING, "pf": "nobody", "numvfs": 2, "vfs": [{"index": 0, "vlan": 5}]}
    result = reconcile(wanted, True, machine.host)
    assert result["diff"] == {
        "before": {"pf nobody": {"state": "absent"}},
        "after": {"pf nobody": {"state": "present", "numvfs": 2, "vf 0 vlan": 5}},
    }
    assert (result["changed"], result["commands"], result["pfs"]) == (True, [], [])
    (warning,) = result["warnings"]
    assert warning.startswith("pf nobody does not exist")
    with pytest.raises(LabError, match="pf nobody does not exist"):
        reconcile(wanted, False, machine.host)
