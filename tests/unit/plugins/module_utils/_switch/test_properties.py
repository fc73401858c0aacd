# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Any wish over any guest: carried out it leaves nothing to do, changes nothing else, and is what the diff said."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import ALL, Selector
from ansible_collections.virtio.lab.plugins.module_utils._switch import _apply, _prove, _read
from ansible_collections.virtio.lab.plugins.module_utils._switch._driver import (
    ATTRIBUTES,
    GUEST_OFFLOADS,
    HOST_OFFLOADS,
    contradictions,
    flat,
)
from ansible_collections.virtio.lab.plugins.module_utils._switch._plan import diff, plan, wish
from tests.unit.plugins.module_utils.hypervisor import World

MACS = ["52:54:00:00:00:0a", "52:54:00:00:00:0b", "52:54:00:00:00:0c"]
VALUES = {
    "name": ["qemu", "vhost"],
    "queues": [1, 2, 3],
    "rx_queue_size": [256, 512, 1024],
    "tx_queue_size": [256],
    "txmode": ["iothread", "timer"],
}
switches = st.booleans()
attributes = {key: st.sampled_from(VALUES[key]) if key in VALUES else switches for key in ATTRIBUTES}
offloads = {
    "host": st.fixed_dictionaries({}, optional=dict.fromkeys(HOST_OFFLOADS, switches)),
    "guest": st.fixed_dictionaries({}, optional=dict.fromkeys(GUEST_OFFLOADS, switches)),
}
drivers = st.fixed_dictionaries({}, optional={**attributes, **offloads})
wanted = drivers.filter(lambda driver: bool(flat(driver)) and not list(contradictions(flat(driver))))


def driver_xml(driver) -> str:
    said = flat(driver)
    plain = "".join(f" {key}='{value}'" for key, value in said.items() if "." not in key)
    sides = ""
    for side in ("host", "guest"):
        inner = "".join(
            f" {key[len(side) + 1 :]}='{value}'" for key, value in said.items() if key.startswith(f"{side}.")
        )
        sides += f"<{side}{inner}/>" if inner else ""
    return f"<driver{plain}>{sides}</driver>" if said else ""


@st.composite
def nics(draw) -> str:
    text = ""
    for mac in MACS[: draw(st.integers(1, 3))]:
        driver = driver_xml(draw(drivers))
        target = draw(st.sampled_from(["", f"<target dev='lan{mac[-1]}'/>"]))
        kind = draw(st.sampled_from(["<interface type='bridge'><source bridge='br0'/>", "<interface type='ethernet'>"]))
        more = draw(st.sampled_from(["", "<mtu size='9000'/>", "<link state='down'/>", "<boot order='1'/>"]))
        text += f"{kind}<mac address='{mac}'/>{target}<model type='virtio'/>{driver}{more}</interface>"
        if "boot" in more:
            break
    return text


def without_drivers(text: str) -> str:
    root = etree.fromstring(text, etree.XMLParser(remove_blank_text=True))
    for driver in root.findall("devices/interface/driver"):
        driver.getparent().remove(driver)
    return etree.tostring(root, encoding="unicode")


def effective_or_stored(have):
    return {nic.mac: have.effective.get(nic.mac, "unknown") for nic in have.stored}


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(
    there=nics(),
    asked=wanted,
    apply=st.sampled_from(["next_boot", "hotplug", "power_cycle"]),
    first_only=st.booleans(),
    state=st.sampled_from(["present", "present", "absent"]),
)
def test_a_wish_carried_out_is_what_was_said(there, asked, apply, first_only, state):
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        guest = world.guest("a", there)
        want = wish(state, asked, apply, selector=Selector(mac=MACS[0]) if first_only else ALL)

        def look():
            return _read.read(world, "a", str(world.proc))._replace(virt_type="kvm", vhost_net=True)

        before, text = look(), guest.XMLDesc(3)
        actions = plan(want, before)
        told = diff(want, [before], actions)
        limits = _prove.Limits(shutdown_timeout_s=0, wait_s=0)
        _apply.apply(world, world.heard, want, actions, limits, str(world.proc))
        after = look()
        assert plan(want, after) == []
        assert diff(want, [after], [])["after"] == {
            "a": {
                mac: {**said, "effective": effective_or_stored(after)[mac]} for mac, said in told["after"]["a"].items()
            }
        }
        for mac, said in told["after"]["a"].items():
            assert said["effective"] in (after.effective[mac], "libvirt's choice")
        assert without_drivers(guest.XMLDesc(3)) == without_drivers(text)
        untouched = {nic.mac: nic.driver for nic in before.stored if nic.mac not in told["after"]["a"]}
        assert untouched.items() <= {nic.mac: nic.driver for nic in after.stored}.items()
        assert {nic.mac: nic.address for nic in after.live} == {nic.mac: nic.address for nic in before.live}
