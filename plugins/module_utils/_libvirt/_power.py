# Copyright: (c) 2026, virtio.lab contributors
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
_WAYS = (("guest agent", 2), ("ACPI button", 1))
_START_PAUSED = 1
_POLL_S = 0.2


def shut_down(domain: libvirt.virDomain, timeout_s: float, allow_destroy: bool) -> str:
    """Ask the guest to power off, by its agent first and then by the ACPI button, timeout_s in all.

    The agent gets half of the time; the button gets what is left, all of it where no agent listens.
    Returns the way that worked. Raises LabError when none did and its plug may not be pulled.
    """
    tried = []
    end = time.monotonic() + timeout_s
    for ways_left, (way, flag) in zip(range(len(_WAYS), 0, -1), _WAYS):
        try:
            domain.shutdownFlags(flag)
        except libvirt.libvirtError as error:
            if not domain.isActive():  # it was on its way out already, and nobody is left to be asked
                return way
            tried.append(f"{way}: {error}")
            continue
        share_s = max(0.0, end - time.monotonic()) / ways_left
        if _is_off_within(domain, share_s):
            return way
        tried.append(f"{way}: no effect within {share_s:.0f} s")
    if allow_destroy:
        _pull_plug(domain)
        return "destroy"
    raise LabError(
        f"domain {domain.name()!r} did not shut down ({'; '.join(tried)}) and may yet do so; "
        "give it more time by shutdown_timeout_s, or allow its plug to be pulled by allow_destroy"
    )


def start_held(domain: libvirt.virDomain) -> None:
    """Start a domain with its vCPUs held: QEMU and its datapaths are there, the guest has not run an instruction.

    Raises LabError with libvirt's words when it does not start.
    """
    try:
        domain.createWithFlags(_START_PAUSED)
    except libvirt.libvirtError as error:
        raise LabError(f"domain {domain.name()!r} does not start: {error}") from error


def _pull_plug(domain: libvirt.virDomain) -> None:
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
