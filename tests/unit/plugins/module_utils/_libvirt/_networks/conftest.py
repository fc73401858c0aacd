# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A hypervisor for networks: libvirt's own test driver, twice, as that driver has one definition per network.

One drawer holds the stored definitions, the other those that run. Parser, formatter and virNetworkUpdate are libvirt's.
"""

# The methods are libvirt's.
# ruff: noqa: N802

from __future__ import annotations

import json
from types import SimpleNamespace

import libvirt
import pytest

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks import _judge
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse

ACTIVE_ONLY = libvirt.VIR_NETWORK_UPDATE_AFFECT_LIVE


class Network:
    """One network of a Hypervisor, as far as libvirt.virNetwork is used."""

    def __init__(self, host, name):
        self.host, self._name = host, name

    def name(self):
        return self._name

    def UUIDString(self):
        return self._any().UUIDString()

    def isActive(self):
        return self._name in names(self.host.live)

    def isPersistent(self):
        return self._name in names(self.host.stored)

    def autostart(self):
        return self.host.stored.networkLookupByName(self._name).autostart()

    def setAutostart(self, flag):
        self.host.stored.networkLookupByName(self._name).setAutostart(flag)

    def XMLDesc(self, flags=0):
        if flags == libvirt.VIR_NETWORK_XML_INACTIVE and self.isPersistent():
            return self.host.stored.networkLookupByName(self._name).XMLDesc()
        return self._any().XMLDesc()

    def create(self):
        self.host.fail("start", self._name)
        self.host.live.networkDefineXML(self.host.stored.networkLookupByName(self._name).XMLDesc()).create()

    def destroy(self):
        running = self.host.live.networkLookupByName(self._name)
        running.destroy()
        running.undefine()

    def undefine(self):
        self.host.stored.networkLookupByName(self._name).undefine()

    def update(self, command, section, index, xml, flags):
        assert flags == ACTIVE_ONLY
        self.host.live.networkLookupByName(self._name).update(command, section, index, xml, flags)

    def listAllPorts(self):
        self.host.live.networkLookupByName(self._name)
        return [SimpleNamespace(XMLDesc=lambda text=text: text) for text in self.host.ports]

    def _any(self):
        drawer = self.host.live if self.isActive() else self.host.stored
        return drawer.networkLookupByName(self._name)


class Hypervisor:
    """What a virConnect is to the code under test; refuses the (step, network) in refused."""

    def __init__(self, node):
        self.stored, self.live = libvirt.open(f"test://{node}"), libvirt.open(f"test://{node}")
        self.refused, self.ports, self.domains, self.links, self.routes = set(), [], [], [], {}
        self.once, self.warned = True, []

    def listAllNetworks(self):
        return [Network(self, name) for name in sorted({*names(self.stored), *names(self.live)})]

    def networkLookupByName(self, name):
        return Network(self, name)

    def networkDefineXML(self, xml):
        name = parse(xml).findtext("name")
        self.fail("define", name)
        self.stored.networkDefineXML(xml)
        return Network(self, name)

    def networkCreateXML(self, xml):
        made = self.live.networkDefineXML(xml)
        made.create()
        return Network(self, made.name())

    def getLibVersion(self):
        return self.stored.getLibVersion()

    def listAllDomains(self, _flags):
        return [
            SimpleNamespace(name=lambda name=name: name, XMLDesc=lambda _f, xml=xml: xml) for name, xml in self.domains
        ]

    def close(self):
        self.stored.close()
        self.live.close()

    def fail(self, step, name):
        """Raise what libvirt raises, once unless told otherwise, when the step is refused."""
        if (step, name) in self.refused:
            if self.once:
                self.refused.remove((step, name))
            self.stored.networkLookupByName("libvirt says no")

    def run(self, argv):
        """Answer ip as a host with the links and routes that were set would."""
        told = self.links if "link" in argv else self.routes.get(argv[2], [])
        return SimpleNamespace(stdout=json.dumps(told))


def names(connection):
    return [network.name() for network in connection.listAllNetworks()]


@pytest.fixture(scope="session")
def node(tmp_path_factory):
    libvirt.registerErrorHandler(lambda _context, _error: None, None)
    path = tmp_path_factory.mktemp("libvirt") / "node.xml"
    path.write_text("<node/>", encoding="utf-8")
    return path


@pytest.fixture
def hypervisor(node):
    host = Hypervisor(node)
    yield host
    host.close()


@pytest.fixture
def make_hypervisor(node):
    """For properties, which need one per example."""
    return lambda: Hypervisor(node)


@pytest.fixture
def judge(node):
    """libvirt's test driver, as the module asks it."""
    with _judge.judge() as asked:
        yield asked
