# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The argument spec of libvirt networks, for one at top level and for a list of them."""

from __future__ import annotations

from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._model import MODES


def _dict(**options: Any) -> dict[str, Any]:
    return {"type": "dict", "options": options}


def _list(**options: Any) -> dict[str, Any]:
    return {"type": "list", "elements": "dict", "options": options}


TEXT, NUMBER, FLAG = {"type": "str"}, {"type": "int"}, {"type": "bool"}
TEXTS = {"type": "list", "elements": "str"}
NEEDED = {"type": "str", "required": True}
RANGE = {"start": NEEDED, "end": NEEDED}
HOST = {"mac": TEXT, "id": TEXT, "address": NEEDED, "name": TEXT, "lease_s": NUMBER}
BOOTP = {**_dict(file=TEXT, server=TEXT), "required_by": {"server": ["file"]}}
LIMITS = _dict(average=NUMBER, peak=NUMBER, burst=NUMBER, floor=NUMBER)
BANDWIDTH = _dict(inbound=LIMITS, outbound=LIMITS)
VLAN = _dict(
    trunk=FLAG,
    tags=_list(id={"type": "int", "required": True}, native_mode={"type": "str", "choices": ["tagged", "untagged"]}),
)
VIRTUALPORT = _dict(
    type={"type": "str", "choices": ["openvswitch", "802.1Qbg", "802.1Qbh", "midonet"]},
    parameters=_dict(
        profileid=TEXT, interfaceid=TEXT, managerid=NUMBER, typeid=NUMBER, typeidversion=NUMBER, instanceid=TEXT
    ),
)
FORWARD = _dict(
    interfaces=TEXTS,
    pf=TEXT,
    addresses=TEXTS,
    managed=FLAG,
    driver={"type": "str", "choices": ["vfio", "kvm"]},
    nat=_dict(
        ipv6=FLAG,
        address={**_dict(start=TEXT, end=TEXT), "required_together": [("start", "end")]},
        port=_dict(start={"type": "int", "required": True}, end={"type": "int", "required": True}),
    ),
)
DNS = _dict(
    enabled=FLAG,
    forward_plain_names=FLAG,
    forwarders=_list(domain=TEXT, address=TEXT),
    hosts=_list(address=NEEDED, names={**TEXTS, "required": True}),
    txt=_list(name=NEEDED, value=NEEDED),
    srv=_list(
        service=NEEDED,
        protocol={"type": "str", "choices": ["tcp", "udp"], "required": True},
        domain=TEXT,
        target=TEXT,
        port=NUMBER,
        priority=NUMBER,
        weight=NUMBER,
    ),
)
DEFINITION: dict[str, Any] = {
    "mode": {"type": "str", "choices": list(MODES)},
    "forward": FORWARD,
    "bridge": TEXT,
    "mac": TEXT,
    "stp": FLAG,
    "delay": NUMBER,
    "zone": TEXT,
    "mac_table_manager": {"type": "str", "choices": ["kernel", "libvirt"]},
    "mtu": NUMBER,
    "subnet": TEXT,
    "gateway": TEXT,
    "dhcp": {**_dict(start=TEXT, end=TEXT, lease_s=NUMBER, bootp=BOOTP), "required_together": [("start", "end")]},
    "hosts": _list(**HOST),
    "local_ptr": FLAG,
    "tftp": TEXT,
    "ips": _list(
        address=NEEDED,
        local_ptr=FLAG,
        tftp=TEXT,
        dhcp=_dict(ranges=_list(**RANGE, lease_s=NUMBER), hosts=_list(**HOST), bootp=BOOTP),
    ),
    "routes": _list(destination=NEEDED, gateway=NEEDED, metric=NUMBER),
    "ipv6": FLAG,
    "domain": TEXT,
    "domain_local_only": FLAG,
    "dns": DNS,
    "dnsmasq_options": TEXTS,
    "virtualport": VIRTUALPORT,
    "vlan": VLAN,
    "bandwidth": BANDWIDTH,
    "portgroups": _list(
        name=NEEDED,
        default=FLAG,
        trust_guest_rx_filters=FLAG,
        virtualport=VIRTUALPORT,
        vlan=VLAN,
        bandwidth=BANDWIDTH,
    ),
    "isolated_ports": FLAG,
    "trust_guest_rx_filters": FLAG,
    "metadata": _list(uri=NEEDED, xml=NEEDED),
}
NETWORK: dict[str, Any] = {
    "lab": TEXT,
    "uuid": TEXT,
    "state": {"type": "str", "choices": ["present", "active", "inactive", "absent"]},
    "autostart": FLAG,
    "restart": {"type": "str", "choices": ["if_safe", "always", "never"]},
    "xml": TEXT,
    **DEFINITION,
}
# A document is a whole definition; the shorthand for one subnet is one way to tell the addresses.
EXCLUSIVE = [("xml", option) for option in DEFINITION] + [("ips", "subnet")]
NEEDS = {option: ["subnet"] for option in ("gateway", "dhcp", "hosts", "local_ptr", "tftp")}
NAMES = ("name", *NETWORK)
# community.libvirt's name of it is known too.
NAME = {"type": "str", "aliases": ["network"]}
# What the entries of a list can't have in common.
OF_ONE = ("name", "uuid", "xml", *DEFINITION)


def module_arguments() -> dict[str, Any]:
    """Return what AnsibleModule takes for a module that keeps networks."""
    return {
        "argument_spec": {
            "uri": {"type": "str", "default": "qemu:///system"},
            "networks": {
                "type": "list",
                "elements": "dict",
                "options": {"name": {**NAME, "required": True}, **NETWORK},
                "mutually_exclusive": EXCLUSIVE,
                "required_by": NEEDS,
            },
            "name": NAME,
            **NETWORK,
        },
        "mutually_exclusive": [*(("networks", option) for option in OF_ONE), *EXCLUSIVE],
        "required_one_of": [("networks", "name")],
        "required_by": NEEDS,
        "supports_check_mode": True,
    }
