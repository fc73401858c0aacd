# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What QEMU's monitor says of a NIC's backend, in the answers of QEMU 7.2 and newer."""

from __future__ import annotations

import json
from types import SimpleNamespace

import libvirt
import pytest

from ansible_collections.virtio.lab.plugins.module_utils._qemu import _monitor

READY = {"statuses": ["VIRTIO_CONFIG_S_ACKNOWLEDGE: Valid virtio device found", "VIRTIO_CONFIG_S_DRIVER_OK: ready"]}


@pytest.mark.parametrize(
    ("answer", "backend"),
    [
        ({"return": {"vhost-started": True, "status": READY}}, "vhost"),
        ({"return": {"vhost-started": False, "status": READY}}, "qemu"),
        ({"return": {"vhost-started": False, "status": {"statuses": []}}}, "unknown"),
        ({"error": {"class": "CommandNotFound", "desc": "not found"}}, "unknown"),
        (None, "unknown"),
    ],
)
def test_a_backend_by_the_monitor(monkeypatch, answer, backend):
    asked = []

    def command(_domain, text, _flags):
        asked.append(json.loads(text))
        if answer is None:
            raise libvirt.libvirtError("the monitor is gone")
        return json.dumps(answer)

    monkeypatch.setattr(_monitor, "libvirt_qemu", SimpleNamespace(qemuMonitorCommand=command))
    assert _monitor.backend_of(None, "net0") == backend
    assert asked[0]["arguments"] == {"path": "/machine/peripheral/net0/virtio-backend"}
