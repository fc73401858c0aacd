# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole of the module guest against libvirt's test driver: the world after it, and what it answered."""

from __future__ import annotations

import re
from typing import Any

import libvirt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.virtio.lab.plugins.module_utils._errors import ApplyError, LabError
from ansible_collections.virtio.lab.plugins.module_utils._guest import _domain
from ansible_collections.virtio.lab.plugins.module_utils._guest._reconcile import reconcile
from ansible_collections.virtio.lab.plugins.module_utils._runner import Result

from .conftest import URI, virt_install

INACTIVE = libvirt.VIR_DOMAIN_XML_INACTIVE
NIC = {"network": "default", "mac": "52:54:00:00:96:01", "datapath": "vhost"}


def asked(**changes: Any) -> dict[str, Any]:
    return {
        "uri": URI,
        "name": "a",
        "lab": "lab",
        "state": "present",
        "redefine": False,
        "shutdown_timeout_s": 0.4,
        "allow_destroy": False,
        "virt_type": "test",
        "vcpus": 1,
        "memory_mib": 256,
        "disk": "/d,1.qcow2",
        "kernel": "/k",
        "initrd": "/i",
        "kernel_args": "console=ttyS0,115200 quiet",
        "digest": "1",
        "iommu": None,
        "shared_memory": False,
        "console_log": "/log",
        "interfaces": [NIC],
        **changes,
    }


def guest(**changes: Any) -> dict[str, Any]:
    """Run the module, then ask it again: the second time there is nothing to do."""
    checked = reconcile(asked(**changes), True, virt_install)
    done = reconcile(asked(**changes), False, virt_install)
    assert checked == done
    again = reconcile(asked(**changes), False, virt_install)
    assert again["changed"] is False
    assert again["diff"]["before"] == again["diff"]["after"] == done["diff"]["after"]
    return done


def edit(connection: libvirt.virConnect, pattern: str, new: str) -> None:
    """Change the stored domain by hand, as virsh edit does."""
    text = connection.lookupByName("a").XMLDesc(INACTIVE)
    changed = re.sub(pattern, new, text)
    assert changed != text
    connection.defineXML(changed)


def names(connection: libvirt.virConnect) -> set[str]:
    return {domain.name() for domain in connection.listAllDomains()}


def test_a_guest_is_made_and_taken_away(connection, listening):
    assert guest()["actions"] == ["define", "start"]
    assert connection.lookupByName("a").isActive()
    assert guest(state="absent")["actions"] == ["stop", "undefine"]
    assert names(connection) == {"test"}
    assert len(listening) == 1


def test_check_mode_changes_nothing(connection, listening):
    assert reconcile(asked(), True, virt_install)["changed"]
    assert names(connection) == {"test"}
    guest()
    before = connection.lookupByName("a").XMLDesc()
    changed = {"redefine": True, "memory_mib": 300}
    assert reconcile(asked(**changed), True, virt_install)["actions"] == ["stop", "define", "start"]
    assert reconcile(asked(state="absent"), True, virt_install)["actions"] == ["stop", "undefine"]
    assert connection.lookupByName("a").XMLDesc() == before
    assert listening == []


@pytest.mark.parametrize(
    ("pattern", "new", "said"),
    [
        ("<memory unit='KiB'>262144<", "<memory unit='KiB'>524288<", "memory_mib: 512 -> 256"),
        (">1</vcpu>", ">4</vcpu>", "vcpus: 4 -> 1"),
        ("/d,1.qcow2", "/other.qcow2", "disk: /other.qcow2 -> /d,1.qcow2"),
        ("(?s)<disk .*</disk>", "", "disk: None -> /d,1.qcow2"),
        ("<cmdline>.*</cmdline>", "", "kernel_args:  -> console=ttyS0,115200 quiet"),
        ("<source network='default'/>", "<source network='other'/>", "interfaces: .*'network': 'other'.* -> "),
        ("(?s)<interface .*</interface>", "", r"interfaces: \[\] -> "),
        ("</devices>", "<iommu model='intel'/></devices>", "iommu: intel -> None"),
        ("(?s)<serial .*</serial>", "<serial type='pty'/>", "console_log: None -> /log"),
    ],
)
def test_a_change_by_hand_is_noticed_and_put_right_where_that_is_allowed(connection, listening, pattern, new, said):
    guest()
    uuid = connection.lookupByName("a").UUIDString()
    original = connection.lookupByName("a").XMLDesc(INACTIVE)
    edit(connection, pattern, new)
    edited = connection.lookupByName("a").XMLDesc(INACTIVE)
    with pytest.raises(LabError, match=said):
        reconcile(asked(), False, virt_install)
    assert connection.lookupByName("a").XMLDesc(INACTIVE) == edited
    assert guest(redefine=True)["actions"] == ["stop", "define", "start"]
    assert connection.lookupByName("a").UUIDString() == uuid
    assert connection.lookupByName("a").XMLDesc(INACTIVE) == original


def test_a_nic_that_a_campaign_left_on_another_datapath_is_no_other_recipe(connection, listening):
    guest()
    edit(connection, r"(?s)<interface type='network'>(.*?)<source network='default'/>", r"<interface type='user'>\1")
    assert "type='user'" in connection.lookupByName("a").XMLDesc(INACTIVE)
    assert guest()["actions"] == []


def test_others_notes_outlive_a_guest_that_is_made_anew(connection, listening):
    guest()
    note = '<o:x xmlns:o="urn:other"><!-- ours --><![CDATA[a < b]]></o:x>'
    edit(connection, "</metadata>", f"{note}</metadata>")
    assert guest(redefine=True, memory_mib=300)["changed"]
    stored = connection.lookupByName("a").XMLDesc(INACTIVE)
    assert note in stored
    assert stored.count("<lab:lab ") == 1
    assert guest(redefine=True, memory_mib=300)["changed"] is False


def test_what_was_added_by_hand_and_the_datapath_are_left_alone(connection):
    guest()
    extra = "<interface type='network'><mac address='52:54:00:00:96:02'/><source network='default'/></interface>"
    edit(
        connection,
        "</devices>",
        f"{extra}<hostdev mode='subsystem' type='pci'><source><address domain='0x0000' "
        "bus='0x06' slot='0x02' function='0x0'/></source></hostdev></devices>",
    )
    assert guest()["changed"] is False


def test_a_new_datapath_in_the_recipe_is_a_new_recipe(connection):
    guest()
    with pytest.raises(LabError, match=r"'datapath': 'vhost'.* -> .*'datapath': 'qemu'"):
        reconcile(asked(interfaces=[{**NIC, "datapath": "qemu"}]), False, virt_install)


def test_a_deaf_guest_stays_unless_it_may_be_switched_off(connection, deaf):
    guest()
    with pytest.raises(ApplyError, match=r"guest a: stop failed: .*did not shut down") as failed:
        reconcile(asked(state="absent"), False, virt_install)
    assert failed.value.applied == []
    assert connection.lookupByName("a").isActive()
    assert guest(state="absent", allow_destroy=True)["actions"] == ["stop", "undefine"]


def test_what_virt_install_refuses_is_found_before_the_guest_is_stopped(connection, listening):
    def refuse(argv: list[str]) -> Result:
        raise LabError(f"`{argv[0]}` failed with exit code 1: ERROR    Unknown OS name")

    guest()
    for check_mode in (True, False):
        with pytest.raises(LabError, match="Unknown OS name"):
            reconcile(asked(memory_mib=300, redefine=True), check_mode, refuse)
    assert connection.lookupByName("a").isActive()
    assert guest()["changed"] is False


def test_a_network_that_is_not_there_or_does_not_run_is_named_before_the_first_step(connection):
    connection.networkDefineXML("<network><name>stopped</name><ip address='10.0.0.1' prefix='24'/></network>")
    interfaces = [
        {**NIC, "network": network, "mac": f"52:54:00:00:96:0{index}"}
        for index, network in enumerate(("default", "stopped", "missing"))
    ]
    with pytest.raises(LabError, match="a cannot be started: network stopped does not run, network missing does"):
        reconcile(asked(interfaces=interfaces), False, virt_install)
    assert names(connection) == {"test"}


def test_in_check_mode_a_network_that_an_earlier_task_would_make_is_a_warning(connection):
    done = reconcile(asked(interfaces=[{**NIC, "network": "missing"}]), True, virt_install)
    assert done["actions"] == ["define", "start"]
    assert done["warnings"] == ["guest a could not be started now: network missing does not exist"]
    assert names(connection) == {"test"}


def test_a_guest_that_is_off_or_paused_runs_again(connection):
    guest()
    connection.lookupByName("a").suspend()
    assert guest()["actions"] == ["resume"]
    connection.lookupByName("a").destroy()
    assert guest()["actions"] == ["start"]
    assert connection.lookupByName("a").state()[0] == libvirt.VIR_DOMAIN_RUNNING


def test_a_saved_state_does_not_bring_the_old_definition_back(connection):
    guest()
    connection.lookupByName("a").managedSave()
    assert guest(memory_mib=300, redefine=True)["actions"] == ["define", "start"]
    assert connection.lookupByName("a").maxMemory() == 300 * 1024


def test_a_guest_that_somebody_undefined_while_it_runs_is_kept_or_goes_for_good(connection, listening):
    guest()
    connection.lookupByName("a").undefine()
    assert guest()["actions"] == ["define"]
    connection.lookupByName("a").undefine()
    assert guest(state="absent")["actions"] == ["stop"]


def test_a_failed_step_says_which_came_before(connection, monkeypatch):
    def full(_domain: libvirt.virDomain) -> None:
        raise libvirt.libvirtError("no memory")

    monkeypatch.setattr(libvirt.virDomain, "create", full)
    with pytest.raises(ApplyError, match="guest a: start failed: no memory") as failed:
        reconcile(asked(), False, virt_install)
    assert failed.value.applied == ["define"]


def test_a_domain_that_goes_between_two_steps_is_an_error(connection):
    guest()

    def stop(domain: libvirt.virDomain, *_how: object) -> None:
        domain.destroy()
        domain.undefine()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_domain._power, "shut_down", stop)
        with pytest.raises(ApplyError, match="undefine failed: somebody else has removed it") as failed:
            reconcile(asked(state="absent"), False, virt_install)
    assert failed.value.applied == ["stop"]


def test_a_domain_of_somebody_else_is_never_touched(connection):
    before = connection.lookupByName("test").XMLDesc()
    for state in ("present", "absent"):
        with pytest.raises(LabError, match="domain test that was not made by a lab"):
            reconcile(asked(name="test", state=state, redefine=True), False, virt_install)
    assert connection.lookupByName("test").XMLDesc() == before


def test_other_errors_of_libvirt_are_not_an_absent_domain(connection):
    with pytest.raises(libvirt.libvirtError):
        _domain.lookup(connection, None)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "state": st.sampled_from(["present", "present", "absent"]),
                "memory_mib": st.sampled_from([256, 300]),
                "vcpus": st.integers(1, 3),
                "kernel_args": st.sampled_from(["", "a,b", "c='d'"]),
                "interfaces": st.sampled_from([[], [NIC]]),
            }
        ),
        min_size=1,
        max_size=4,
    )
)
def test_whatever_is_asked_in_whatever_order_is_there_afterwards(connection, listening, wishes):
    for wish in wishes:
        guest(redefine=True, **wish)
        assert ("a" in names(connection)) is (wish["state"] == "present")
