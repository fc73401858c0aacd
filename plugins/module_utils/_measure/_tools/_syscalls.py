# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The system calls of a traced QEMU, in the one shape of the run document."""

from __future__ import annotations

from typing import Any, Dict, NamedTuple, Optional

# Request codes are those of x86 and arm64 (include/uapi/linux/{kvm,vhost,if_tun}.h).
IOCTLS = {
    "KVM_RUN": 0xAE80,
    "KVM_IRQ_LINE_STATUS": 0xC008AE67,
    "KVM_SIGNAL_MSI": 0x4020AEA5,
    "KVM_IRQFD": 0x4020AE76,
    "KVM_IOEVENTFD": 0x4040AE79,
    "KVM_SET_GSI_ROUTING": 0x4008AE6A,
    "KVM_CHECK_EXTENSION": 0xAE03,
    "VHOST_SET_OWNER": 0xAF01,
    "VHOST_SET_MEM_TABLE": 0x4008AF03,
    "VHOST_SET_VRING_KICK": 0x4008AF20,
    "VHOST_SET_VRING_CALL": 0x4008AF21,
    "VHOST_NET_SET_BACKEND": 0x4008AF30,
    "TUNSETOFFLOAD": 0x400454D0,
}


class Syscalls(NamedTuple):
    """Calls of all threads by name; by thread class, ioctl request and KVM exits only where the tracer tells them."""

    source: str
    total_calls: int
    by_name: Dict[str, Dict[str, Optional[int]]]
    by_class: Optional[Dict[str, Dict[str, int]]] = None
    ioctls: Optional[Dict[str, int]] = None
    kvm_exits: Optional[int] = None

    def document(self) -> Dict[str, Any]:
        """Return the syscalls part of a run document."""
        return {
            "source": self.source,
            "total_calls": self.total_calls,
            "by_name": self.by_name,
            "by_class": self.by_class,
            "ioctls": self.ioctls,
        }
