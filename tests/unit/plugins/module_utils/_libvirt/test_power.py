# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A guest that powers off while it is asked to is off; one that does not answer is an error, or is forced off."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt import _power

pytestmark = pytest.mark.slow


class RefusedError(Exception):
    """What libvirt raises."""


class Domain:
    """A domain that refuses to shut down; with goes, because it has just powered off."""

    def __init__(self, goes: bool) -> None:
        self.goes, self.active = goes, True

    def name(self) -> str:
        return "a"

    def shutdownFlags(self, _flag: int) -> None:  # libvirt's name  # noqa: N802
        self.active = not self.goes
        raise RefusedError("domain is not running" if self.goes else "guest agent is not connected")

    def isActive(self) -> bool:  # libvirt's name  # noqa: N802
        return self.active

    def destroy(self) -> None:
        self.active = False


@pytest.fixture(autouse=True)
def bindings(monkeypatch):
    monkeypatch.setattr(_power, "libvirt", SimpleNamespace(libvirtError=RefusedError))


def test_a_guest_that_powers_off_while_it_is_asked_is_off():
    guest = Domain(goes=True)
    _power.shut_down(guest, 1, False)
    assert not guest.active


def test_a_deaf_guest_is_an_error_unless_its_plug_may_be_pulled():
    with pytest.raises(LabError, match=r"guest agent: .* not connected; ACPI button: .*allow_destroy"):
        _power.shut_down(Domain(goes=False), 1, False)
    deaf = Domain(goes=False)
    _power.shut_down(deaf, 1, True)
    assert not deaf.active


def test_a_guest_that_takes_its_time_is_waited_for(monkeypatch):
    slow = Domain(goes=False)
    slow.shutdownFlags = lambda _flag: None
    looks = iter([True, True, False])
    slow.isActive = lambda: next(looks)
    monkeypatch.setattr(_power.time, "sleep", lambda _seconds: None)
    _power.shut_down(slow, 60, False)
    assert next(looks, None) is None


def test_a_guest_that_hears_and_does_nothing_is_an_error():
    lazy = Domain(goes=False)
    lazy.shutdownFlags = lambda _flag: None
    with pytest.raises(LabError, match=r"within 0 s \(guest agent: no effect; ACPI button: no effect\)"):
        _power.shut_down(lazy, 0, False)


@pytest.fixture(name="clock")
def _clock(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(_power.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(_power.time, "sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds))
    return clock


def test_the_button_has_all_the_time_where_no_agent_listens(clock):
    def needs(seconds, *, agent):
        clock[0] = 0.0
        guest = Domain(goes=False)
        guest.isActive = lambda: clock[0] < seconds

        def asked(flag):
            if flag == 2 and not agent:
                raise RefusedError("guest agent is not connected")

        guest.shutdownFlags = asked
        _power.shut_down(guest, 60, False)
        assert seconds <= clock[0] < seconds + 1

    needs(50, agent=False)
    needs(20, agent=True)
    needs(50, agent=True)
    with pytest.raises(LabError, match=r"within 60 s \(guest agent: .*; ACPI button: no effect\) and may yet do so"):
        needs(90, agent=False)


@pytest.mark.parametrize("hears", [1, 2])
def test_a_guest_that_boots_first_is_asked_again(clock, hears):
    """It listens to one of both ways after 20 s, goes off 3 s after it was asked, and heard nothing before."""
    guest, off_at = Domain(goes=False), []

    def asked(flag):
        if clock[0] >= 20 and flag == hears:
            off_at.append(clock[0] + 3)
        elif flag == 2:
            raise RefusedError("guest agent is not connected")

    guest.shutdownFlags = asked
    guest.isActive = lambda: not off_at or clock[0] < off_at[0]
    _power.shut_down(guest, 60, False)
    assert clock[0] < 30


@pytest.mark.parametrize("goes", [True, False])
def test_a_guest_that_is_off_before_its_plug_is_pulled_is_off(goes):
    guest = Domain(goes=False)

    def destroy():
        guest.active = not goes
        raise RefusedError("domain is not running")

    guest.destroy = destroy
    if goes:
        _power.shut_down(guest, 0, True)
        assert not guest.active
    else:
        with pytest.raises(RefusedError):
            _power.shut_down(guest, 0, True)


def test_a_start_is_held_and_its_failure_is_told():
    started = []
    held = SimpleNamespace(createWithFlags=started.append, name=lambda: "a")
    _power.start_held(held)
    assert started == [1]

    def fails(_flags):
        raise RefusedError("no memory")

    held.createWithFlags = fails
    with pytest.raises(LabError, match="domain 'a' does not start: no memory"):
        _power.start_held(held)
