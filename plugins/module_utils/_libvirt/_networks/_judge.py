# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let libvirt itself read a definition before anything is changed: its parser, and its schema for users' XML."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Callable, Iterator

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
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


@contextmanager
def judge() -> Iterator[Callable[[str, str], None]]:
    """Yield a function of a network's name and XML that raises LabError when libvirt cannot make sense of it.

    It is libvirt's test driver, which lives in this process and has the parser of the real ones.
    """
    with NamedTemporaryFile("w", suffix=".xml") as node:
        node.write("<node/>")
        node.flush()
        connection = libvirt.open(f"test://{node.name}")
        try:
            yield lambda name, text: _read(connection, name, text)
        finally:
            connection.close()


def _read(connection: libvirt.virConnect, name: str, text: str) -> None:
    try:
        connection.networkDefineXML(text).undefine()
    except libvirt.libvirtError as error:
        raise LabError(f"network {name}: libvirt does not take this definition: {error.get_error_message()}") from error
