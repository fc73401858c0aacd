# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""<dns>: what the network's name server knows beside the guests. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._canonical import DNSMASQ
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._element import (
    add,
    child_of,
    remove,
    yes_no,
)

if TYPE_CHECKING:
    from lxml.etree import _Element


def set_dns(root: _Element, asked: Mapping[str, Any]) -> None:
    """Write the option dns; each of its lists is the whole of what it lists."""
    if not asked:
        return
    dns = child_of(root, "dns")
    yes_no(dns, "enable", asked.get("enabled"))
    yes_no(dns, "forwardPlainNames", asked.get("forward_plain_names"))
    for option, tag in (("forwarders", "forwarder"), ("txt", "txt"), ("srv", "srv"), ("hosts", "host")):
        if option in asked:
            remove(dns, tag)
    for forwarder in asked.get("forwarders", ()):
        add(dns, "forwarder", {"domain": forwarder.get("domain"), "addr": forwarder.get("address")})
    for tag in ("txt", "srv"):
        for entry in asked.get(tag, ()):
            add(dns, tag, entry)
    for host in asked.get("hosts", ()):
        element = add(dns, "host", {"ip": host["address"]})
        for name in host["names"]:
            add(element, "hostname").text = name


def set_dnsmasq_options(root: _Element, asked: Optional[Sequence[str]]) -> None:
    """Write the option dnsmasq_options, all lines in their order; [] takes them away."""
    if asked is None:
        return
    remove(root, f"{{{DNSMASQ}}}options")
    if asked:
        options = root.makeelement(f"{{{DNSMASQ}}}options", {}, nsmap={"dnsmasq": DNSMASQ})
        root.append(options)
        for line in asked:
            add(options, f"{{{DNSMASQ}}}option", {"value": line})
