# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import Interface, interfaces
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse
from ansible_collections.virtio.lab.plugins.module_utils._qemu import _argv, _process, _threads
from ansible_collections.virtio.lab.plugins.module_utils._witness._observe import Observation
from ansible_collections.virtio.lab.plugins.module_utils._witness._statement import statement_of

MAC = "52:54:00:00:90:01"
OTHER = "52:54:00:00:90:02"


def seen_of(one) -> Observation:
    stored, live = (interfaces(parse(one.data[key])) for key in ("stored", "live"))
    links, threads = _process.links(one.pid, one.root), _threads.threads(one.pid, one.root)
    return Observation("guest-a", stored, live, one.pid, _process.argv(one.pid, one.root), links, threads)


def nic(mac: str, alias: str, name: str | None) -> Interface:
    return Interface(mac, alias, "vnet9", "network", "lab", "virtio", {"name": name} if name else {})


@pytest.mark.parametrize("name", ["vhost", "qemu"])
def test_a_captured_guest_is_told(guest, name):
    seen = seen_of(guest(name))
    told = statement_of(seen, seen.live[0].mac)
    assert told["effective"] == name
    assert told["agree"]
    assert told["disagreements"] == []
    assert {told["witnesses"][key] for key in ("argv", "fds", "threads")} == {name}
    assert told["argv"]["vhost"] is (name == "vhost")
    assert told["argv"]["queues"] == 1
    assert told["interface"]["target"].startswith("vnet")


def test_an_older_kernels_worker_counts(guest):
    one = guest("vhost")
    one.turn_worker_into_kernel_thread(7777)
    assert statement_of(seen_of(one), MAC)["agree"]


def test_libvirts_silent_fall_back_is_a_disagreement(guest):
    seen = seen_of(guest("qemu"))
    mac = seen.live[0].mac
    told = statement_of(seen._replace(live=[nic(mac, "net0", "vhost")]), mac)
    assert told["effective"] == "qemu"
    assert not told["agree"]
    assert told["disagreements"] == ["xml says vhost; argv says qemu; fds says qemu; threads says qemu"]


def test_a_descriptor_without_a_worker_is_not_vhost(guest):
    seen = seen_of(guest("vhost"))
    told = statement_of(seen._replace(threads=[t for t in seen.threads if t.klass != "vhost"]), MAC)
    assert told["effective"] == "unknown"
    assert not told["agree"]


def test_an_argv_whose_descriptor_is_something_else_is_of_an_earlier_nic(guest):
    seen = seen_of(guest("vhost"))
    number = _argv.numbers(_argv.netdev_of(seen.argv, "net0"), "vhostfd")[0]
    told = statement_of(seen._replace(links={**seen.links, number: "/dev/null"}), MAC)
    assert (told["witnesses"]["argv"], told["argv"]["netdev"]) == ("unknown", {})
    assert told["effective"] == "unknown"
    assert "1 vhost workers for 0 open vhost devices" in told["disagreements"][0]
    again = statement_of(seen._replace(links={**seen.links, number: "/dev/null", 200: "/dev/vhost-net"}), MAC)
    assert (again["effective"], again["agree"]) == ("vhost", True)
    assert "attached after the start" in again["notes"][0]


def test_an_argv_whose_tap_feeds_another_is_of_an_earlier_nic(guest):
    seen = seen_of(guest("vhost"))
    number = _argv.numbers(_argv.netdev_of(seen.argv, "net0"), "fd")[0]
    fine = statement_of(seen._replace(taps={number: seen.live[0].target}), MAC)
    assert (fine["witnesses"]["argv"], fine["agree"], fine["notes"]) == ("vhost", True, [])
    stale = statement_of(seen._replace(taps={number: "vnet77"}), MAC)
    assert (stale["witnesses"]["argv"], stale["effective"]) == ("unknown", "vhost")


def test_two_nics_of_one_process_are_told_apart(guest):
    seen = seen_of(guest("vhost"))
    more = ["-netdev", '{"type":"tap","fd":"90","id":"hostnet1"}']
    more += ["-device", f'{{"driver":"virtio-net-pci","netdev":"hostnet1","id":"net1","mac":"{OTHER}"}}']
    seen = seen._replace(argv=seen.argv + more, live=[*seen.live, nic(OTHER, "net1", "qemu")])
    assert statement_of(seen, MAC)["effective"] == "vhost"
    other = statement_of(seen, OTHER)
    assert (other["effective"], other["agree"]) == ("qemu", True)
    stray = statement_of(seen._replace(links={**seen.links, 200: "/dev/vhost-net"}), OTHER)
    assert stray["witnesses"] == {"xml": "qemu", "argv": "unknown", "fds": "vhost", "threads": "unknown"}
    assert "1 vhost workers for 2 open vhost devices: whose they are" in stray["disagreements"][0]
    assert not stray["agree"]


def test_two_captured_nics_under_software_emulation(guest):
    seen = seen_of(guest("two-nics"))
    told = [statement_of(seen, nic.mac) for nic in seen.live]
    assert [one["effective"] for one in told] == ["qemu", "qemu"]
    assert all(one["agree"] for one in told)
    assert [one["argv"]["queues"] for one in told] == [1, 2]
    assert [one["fds"]["tun"] for one in told] == [3, 3], "descriptors are the process's, not the NIC's"
    assert [one["witnesses"]["xml"] for one in told] == ["unknown", "qemu"]


def test_a_vhost_worker_of_vsock_is_not_the_nics(guest):
    seen = seen_of(guest("qemu"))
    worker = _threads.Thread(9, "vhost-1619", "vhost", 1)
    seen = seen._replace(links={**seen.links, 99: "/dev/vhost-vsock"}, threads=[*seen.threads, worker])
    assert statement_of(seen, seen.live[0].mac)["effective"] == "qemu"


def with_second(seen, name, workers, *numbers):
    """Return the capture with a NIC that was attached later, and what QEMU opened for it."""
    more = [_threads.Thread(900 + number, f"vhost-{seen.pid}", "vhost", 1) for number in range(workers)]
    opened = {**dict.fromkeys(numbers, "/dev/vhost-net"), 80: "/dev/net/tun"}
    return seen._replace(
        live=[*seen.live, nic(OTHER, "net7", name)], links={**seen.links, **opened}, threads=[*seen.threads, *more]
    )


def test_a_nic_attached_later_is_told_by_what_is_left(guest):
    seen = seen_of(guest("vhost"))
    asked_in_vain = statement_of(with_second(seen, "vhost", 0), OTHER)
    assert asked_in_vain["disagreements"] == ["xml says vhost; fds says qemu; threads says qemu"]
    told = statement_of(with_second(seen, "vhost", 1, 200), OTHER)
    assert (told["effective"], told["agree"]) == ("vhost", True)
    assert told["notes"] == ["QEMU's argv does not have this NIC: it was attached after the start"]
    assert told["argv"] == {"vhost": False, "queues": 1, "netdev": {}}


def test_the_worker_of_one_nic_does_not_stand_in_for_another_s(guest):
    seen = with_second(seen_of(guest("vhost")), "vhost", 0, 200)
    for mac in (MAC, OTHER):
        told = statement_of(seen, mac)
        assert (told["effective"], told["agree"]) == ("unknown", False)
        assert "1 vhost workers for 2 open vhost devices" in told["disagreements"][0]


def test_two_nics_attached_later_need_the_monitor(guest):
    seen = with_second(seen_of(guest("vhost")), "qemu", 0)
    seen = seen._replace(argv=[])
    told = statement_of(seen, OTHER)
    assert (told["effective"], told["agree"]) == ("unknown", False)
    assert "/dev/vhost-net 1 times" in told["disagreements"][0]
    assert f"{MAC}: 1, {OTHER}: 1" in told["disagreements"][0]
    heard = seen._replace(monitor={MAC: "vhost", OTHER: "qemu"})
    assert [statement_of(heard, mac)["effective"] for mac in (MAC, OTHER)] == ["vhost", "qemu"]
    assert statement_of(heard, OTHER)["witnesses"]["monitor"] == "qemu"
    known = statement_of(seen, OTHER, {MAC: "vhost"})
    assert (known["effective"], known["agree"]) == ("qemu", True)
    lied_to = statement_of(seen, OTHER, {MAC: "unknown", "52:54:00:00:90:09": "vhost"})
    assert lied_to["effective"] == "unknown"


def test_an_argv_that_the_xml_contradicts_is_not_accounted_with(guest):
    """Two NICs that were swapped may have each other's descriptors, with the numbers that argv gave them before."""
    seen = seen_of(guest("vhost"))
    more = ["-netdev", '{"type":"tap","fd":"80","id":"hostnet7"}', "-device", '{"netdev":"hostnet7","id":"net7"}']
    seen = with_second(seen._replace(argv=seen.argv + more), "vhost", 0)
    swapped = seen._replace(live=[nic(MAC, "net0", "qemu"), seen.live[1]])
    told = statement_of(swapped, OTHER)
    assert (told["witnesses"]["fds"], told["effective"], told["agree"]) == ("unknown", "unknown", False)


def test_a_tap_must_be_there(guest):
    seen = seen_of(guest("qemu"))
    argv = [re.sub(r'"fds?":"[0-9:]+",', "", word) for word in seen.argv]
    links = {number: target for number, target in seen.links.items() if target != "/dev/net/tun"}
    told = statement_of(seen._replace(argv=argv, links=links), seen.live[0].mac)
    assert told["disagreements"][0] == "QEMU holds neither /dev/vhost-net nor a TAP"
    assert told["disagreements"][1].startswith("attachment: xml says tap; argv says ")


def test_a_guest_that_does_not_run(guest):
    seen = seen_of(guest("vhost"))
    told = statement_of(seen._replace(pid=None, live=[], argv=[], links={}, threads=[]), MAC)
    assert (told["effective"], told["agree"], told["pid"]) == ("unknown", False, None)
    assert told["disagreements"] == ["domain 'guest-a' does not run"]


def test_foreign_backends_are_neither(guest):
    seen = seen_of(guest("qemu"))
    argv = [word.replace('"type":"tap"', '"type":"vhost-user"') for word in seen.argv]
    told = statement_of(seen._replace(argv=argv), seen.live[0].mac)
    assert {told["witnesses"][name] for name in ("argv", "fds", "threads")} == {"unknown", "qemu"}
    assert told["effective"] == "unknown"


@pytest.mark.parametrize("kind", ["vhostuser", "vdpa", "server", "client", "mcast", "udp", "hostdev"])
def test_a_nic_without_a_tap_is_neither(guest, kind):
    seen = seen_of(guest("qemu"))
    other = seen.live[0]._replace(type=kind)
    for argv in ([], seen.argv, [word.replace('"type":"tap"', f'"type":"{kind}"') for word in seen.argv]):
        told = statement_of(seen._replace(live=[other], argv=argv), other.key)
        assert {told["witnesses"][name] for name in ("argv", "fds", "threads")} == {"unknown"}
        whys = {
            "vhostuser": ["no process is connected to QEMU at lab"],
            "hostdev": ["sysfs has no PCI function at lab"],
        }
        why = whys.get(kind, [])
        assert (told["effective"], told["agree"], told["disagreements"]) == ("unknown", False, why)
        assert f"an interface of type {kind} is neither" in told["notes"][0]


def test_the_xml_alone_does_not_prove_user_mode_networking(guest):
    seen = seen_of(guest("qemu"))
    user = seen.live[0]._replace(type="user", target=None)
    told = statement_of(seen._replace(live=[user], argv=[]), user.key)
    assert (told["datapath"], told["effective"], told["agree"]) == ("unknown", "unknown", False)
    alone = seen._replace(links={number: path for number, path in seen.links.items() if path != "/dev/net/tun"})
    told = statement_of(alone._replace(live=[user], argv=[]), user.key)
    assert (told["datapath"], told["effective"], told["agree"]) == ("user", "unknown", True)


def test_a_nic_without_a_tap_is_not_accounted_with(guest):
    seen = seen_of(guest("vhost"))
    user = nic(OTHER, "net1", None)._replace(type="user", target=None)
    told = statement_of(seen._replace(live=[*seen.live, user], argv=[]), MAC)
    assert (told["effective"], told["agree"]) == ("vhost", True)


def test_a_nic_that_the_running_guest_does_not_have(guest):
    seen = seen_of(guest("vhost"))
    told = statement_of(seen._replace(stored=[nic(OTHER, "net7", "vhost")]), OTHER)
    assert told["disagreements"] == ["the running guest has no such NIC"]
    assert told["configured"] == {"name": "vhost"}


def test_both_forms_of_argv_say_the_same():
    old = "tap,fds=33:34,id=hostnet0,vhost=on,vhostfds=35:36"
    new = '{"type":"tap","fds":"33:34","id":"hostnet0","vhost":true,"vhostfds":"35:36"}'
    device = ["-device", "virtio-net-pci,mq=on,netdev=hostnet0,id=net0,mac=52:54:00:00:90:01"]
    for form in (old, new):
        netdev = _argv.netdev_of(["-netdev", form, *device], "net0")
        assert _argv.has_vhost(netdev)
        assert _argv.numbers(netdev, "vhostfd") == [35, 36]
        assert _argv.queues(netdev) == 2
    assert _argv.options(["-x", "a=1,,2,id=i"], "-x", "type") == {"i": {"a": "1,2", "id": "i"}}
    assert not _argv.has_vhost({"type": "tap", "vhost": "off"})
