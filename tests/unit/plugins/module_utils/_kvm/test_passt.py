# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a NIC cannot be on passt here, before anything is tried. A real one: the lab host's test of it."""

from __future__ import annotations

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._kvm._passt import lacks_passt

# As libvirt 11.3 of Debian 13 has it, shortened.
TAKES = (
    "<domainCapabilities><devices><interface supported='yes'><enum name='backendType'><value>default</value>"
    "<value>passt</value></enum></interface></devices></domainCapabilities>"
)
HEADER = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
# As Linux 6.12 shows them: one that leads nowhere, the link's own, and a default route.
NOWHERE = "*\t00000000\t00000000\t0201\t0\t0\t2048\t00000000\t0\t0\t0\n"
LINK = "enp0s3\t0002000A\t00000000\t0001\t0\t0\t1024\t00FFFFFF\t0\t0\t0\n"
DEFAULT = "enp0s3\t00000000\t0202000A\t0003\t0\t0\t4096\t00000000\t0\t0\t0\n"


@pytest.fixture(name="lacks")
def _lacks(tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    (tmp_path / "proc" / "net").mkdir(parents=True)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    def lacks(capabilities=TAKES, routes=DEFAULT, program=True):
        if program:
            (tmp_path / "bin" / "passt").write_text("#!/bin/sh\n", encoding="ascii")
            (tmp_path / "bin" / "passt").chmod(0o755)
        if routes is not None:
            (tmp_path / "proc" / "net" / "route").write_text(HEADER + routes, encoding="ascii")
        return lacks_passt(lambda: capabilities, str(tmp_path))

    return lacks


@pytest.mark.parametrize("routes", [DEFAULT, NOWHERE + LINK + DEFAULT])
def test_a_host_that_has_all_of_it_lacks_nothing(lacks, routes):
    assert lacks(routes=routes) is None


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ({"program": False}, "passt is not found; install it"),
        ({"capabilities": None}, "libvirt does not say that it starts passt"),
        ({"capabilities": TAKES.replace("passt", "other")}, "libvirt does not say that it starts passt"),
        ({"capabilities": "<domainCapabilities/>"}, "libvirt does not say that it starts passt"),
        ({"routes": None}, "passt gives a guest the address and the router of this host's default route"),
        ({"routes": NOWHERE + LINK}, "passt gives a guest the address and the router of this host's default route"),
        ({"routes": "x\n\n*\t00000000\n"}, "passt gives a guest the address and the router"),
    ],
)
def test_what_it_lacks_is_said_in_words(lacks, what, why):
    assert lacks(**what).startswith(why)


def test_what_libvirt_tells_is_read_with_care(lacks):
    with pytest.raises(LabError):
        lacks(capabilities="<domainCapabilities")
