# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let libvirt itself read a definition before anything is changed: its parser, and its schema for users' XML."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Iterator, Sequence, Union

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._connection import words_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._live import Update
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._send import send
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse

try:
    from lxml import etree
except ImportError:  # parse() says so before this is needed
    etree = None

try:
    import libvirt
except ImportError:  # _connection.connect() says so before anything here is reached
    libvirt = None

SCHEMA = "/usr/share/libvirt/schemas/network.rng"


def validate(name: str, text: str, schema: str = SCHEMA) -> None:
    """Check text, a user's <network>, against libvirt's RELAX NG schema where that is installed.

    Raises LabError with the lines that are wrong.
    """
    document = parse(text)
    if not Path(schema).exists():
        return
    grammar = etree.RelaxNG(etree.parse(schema, etree.XMLParser(no_network=True, load_dtd=False)))
    if document.find("name") is None:
        # The name may be left to the task.
        etree.SubElement(document, "name").text = name
    if not grammar.validate(document):
        # One mistake makes several errors, as the elements around it are wrong then too.
        said = "; ".join(f"line {error.line}: {error.message}" for error in grammar.error_log)
        raise LabError(f"network {name}: xml is no libvirt network: {said}")


class Judge:
    """libvirt's test driver, which lives in this process, changes nothing, and has the parser of the real ones."""

    def __init__(self, connection: libvirt.virConnect) -> None:
        self._connection = connection

    def refuse_bad(self, name: str, text: str) -> None:
        """Raise LabError when libvirt cannot make sense of the XML of a network of that name."""
        try:
            self._connection.networkDefineXML(text).undefine()
        except libvirt.libvirtError as error:
            said = words_of(error)
            raise LabError(f"network {name}: libvirt does not take this definition: {said}") from error

    def rehearse(self, running: str, updates: Sequence[Update]) -> Union[str, Update]:
        """Return the XML that updates make of that of a running network, or the first update that libvirt refuses."""
        tried = updates[0]
        try:
            network = self._connection.networkCreateXML(running)
            try:
                for update in updates:
                    tried = update
                    send(network, update)
                return network.XMLDesc()
            finally:
                network.destroy()
        except libvirt.libvirtError:
            # A running network that cannot be read has no update at all: libvirt reads it again for each.
            return tried


@contextmanager
def judge() -> Iterator[Judge]:
    """Yield a judge, for as long as its connection is open."""
    with NamedTemporaryFile("w", suffix=".xml") as node:
        node.write("<node/>")
        node.flush()
        connection = libvirt.open(f"test://{node.name}")
        try:
            yield Judge(connection)
        finally:
            connection.close()
