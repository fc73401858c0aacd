# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stop a guest without harm and start it held, so that its devices can be looked at before it runs."""

from __future__ import annotations

import time

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError

try:
    import libvirt
except ImportError:  # connect() has said so long before anything here is called
    libvirt = None

# libvirt's VIR_DOMAIN_SHUTDOWN_GUEST_AGENT and VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN
_AGENT, _BUTTON = 2, 1
_WAYS = {_AGENT: "guest agent", _BUTTON: "ACPI button"}
_START_PAUSED = 1
_POLL_S = 0.2
_ASK_AGAIN_S = 5


def shut_down(domain: libvirt.virDomain, timeout_s: float, allow_destroy: bool) -> None:
    """Ask the guest to power off, by its agent first and then by the ACPI button, timeout_s in all.

    An agent that listens gets half of the time that is left. Both are asked again until the time is over, as a guest
    that boots hears neither yet.
    Raises LabError when neither worked and it may not be forced off.
    """
    end = time.monotonic() + timeout_s
    refusals: dict[int, str] = {}
    while True:
        for way in _WAYS:
            refusals[way] = _ask(domain, way)
            left_s = max(0.0, end - time.monotonic())
            share_s = {_AGENT: 0 if refusals[way] else left_s / 2, _BUTTON: min(_ASK_AGAIN_S, left_s)}[way]
            if _is_off_within(domain, share_s):
                return
        if time.monotonic() >= end:
            break
    if allow_destroy:
        _force_off(domain)
        return
    tried = "; ".join(f"{_WAYS[way]}: {why or 'no effect'}" for way, why in refusals.items())
    raise LabError(
        f"domain {domain.name()!r} did not shut down within {timeout_s:g} s ({tried}) and may yet do so; "
        "give it more time by shutdown_timeout_s, or allow it to be forced off by allow_destroy"
    )


def _ask(domain: libvirt.virDomain, way: int) -> str:
    """Return why the guest was not told, "" where it was."""
    try:
        domain.shutdownFlags(way)
    except libvirt.libvirtError as error:
        return str(error)
    return ""


def start_held(domain: libvirt.virDomain) -> None:
    """Start a domain with its vCPUs held: QEMU and its datapaths are there, the guest has not run an instruction.

    Raises LabError with libvirt's words when it does not start.
    """
    try:
        domain.createWithFlags(_START_PAUSED)
    except libvirt.libvirtError as error:
        raise LabError(f"domain {domain.name()!r} does not start: {error}") from error


def _force_off(domain: libvirt.virDomain) -> None:
    try:
        domain.destroy()
    except libvirt.libvirtError:
        if domain.isActive():  # otherwise it went off by itself at the last moment
            raise


def _is_off_within(domain: libvirt.virDomain, seconds: float) -> bool:
    limit = time.monotonic() + seconds
    while domain.isActive():
        if time.monotonic() >= limit:
            return False
        time.sleep(_POLL_S)
    return True
