# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Domains of libvirt's own test driver, found and described."""

from __future__ import annotations

from types import SimpleNamespace

import libvirt
import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt import _domain
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._connection import connect

NIC = "<interface type='network'><mac address='52:54:00:00:00:0a'/><source network='default'/></interface>"
DOMAIN = f"""<domain type='test'><name>lab-a</name><memory>1024</memory><os><type>hvm</type></os>
<devices>{NIC}</devices></domain>"""


@pytest.fixture
def connection():
    with connect("test:///default") as opened:
        opened.defineXML(DOMAIN)
        yield opened
        domain = opened.lookupByName("lab-a")
        if domain.isActive():
            domain.destroy()
        domain.undefine()


def test_a_domain_is_found_by_its_name(connection):
    assert _domain.find_domain(connection, "lab-a").name() == "lab-a"
    with pytest.raises(LabError, match="there is no domain 'nobody' at test:///default; there are: lab-a, test"):
        _domain.find_domain(connection, "nobody")


def test_a_domain_has_a_description_for_each_of_its_lives(connection):
    domain = _domain.find_domain(connection, "lab-a")
    assert _domain.live_xml(domain) is None
    assert "52:54:00:00:00:0a" in _domain.stored_xml(domain)
    assert _domain.state_of(domain) == "shut off"
    domain.create()
    assert "id='" in _domain.live_xml(domain)
    assert _domain.state_of(domain) == "running"
    assert "lab-a" in _domain.running_domains(connection)
    transient = connection.createXML(DOMAIN.replace("lab-a", "lab-b"))
    assert _domain.stored_xml(transient) is None
    transient.destroy()


def test_libvirts_words_are_passed_on(connection):
    text = _domain.stored_xml(_domain.find_domain(connection, "lab-a"))
    _domain.define(connection, "lab-a", text.replace("1024", "2048"))
    assert "2048" in _domain.find_domain(connection, "lab-a").XMLDesc(0)
    with pytest.raises(LabError, match="libvirt refused the new configuration of domain 'lab-a': "):
        _domain.define(connection, "lab-a", "<domain/>")


def test_addresses_are_those_of_leases(connection):
    domain = _domain.find_domain(connection, "lab-a")
    domain.create()
    assert _domain.addresses(domain)[0].startswith("192.168.122.")


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({0: {"vnet0": {"addrs": None}}, 2: {"vnet0": {"addrs": [{"addr": "10.0.0.9"}]}}}, ["10.0.0.9"]),
        ({2: {}}, []),
    ],
)
def test_arp_is_asked_where_there_is_no_lease(told, found):
    def ask(source, _flags):
        if source not in told:
            raise libvirt.libvirtError("no lease file")
        return told[source]

    assert _domain.addresses(SimpleNamespace(interfaceAddresses=ask)) == found


@pytest.mark.parametrize(
    ("number", "word"),
    [
        (0, "no state"),
        (1, "running"),
        (3, "paused"),
        (4, "in shutdown"),
        (5, "shut off"),
        (6, "crashed"),
        (99, "no state"),
    ],
)
def test_states_are_virsh_s_words(number, word):
    assert _domain.state_of(SimpleNamespace(state=lambda: [number, 0])) == word
