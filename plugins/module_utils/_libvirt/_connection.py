# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Open a libvirt connection for the length of a with block."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Iterator

from ansible_collections.virtio.lab.plugins.module_utils import _library
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError

if TYPE_CHECKING:
    import libvirt


@contextmanager
def connect(uri: str = "qemu:///system", events: bool = False) -> Iterator[libvirt.virConnect]:
    """Yield a connection to uri and close it afterwards; with events it can hear of what happens to domains.

    Raises LabError when the libvirt Python binding is missing or nothing answers at uri, and for an error of
    libvirt's that the block lets out.
    """
    binding = _binding()
    # libvirt prints every error on stderr by itself, which would spoil a module's output.
    binding.registerErrorHandler(lambda _context, _error: None, None)
    if events:
        binding.virEventRegisterDefaultImpl()
    try:
        connection = binding.open(uri)
    except binding.libvirtError as error:
        raise LabError(
            f"libvirt does not answer at {uri!r}: {words_of(error)}; "
            "is libvirtd running, and may this user reach its socket?"
        ) from error
    try:
        yield connection
    except binding.libvirtError as error:
        raise LabError(f"libvirt refused: {words_of(error)}") from error
    finally:
        connection.close()


def words_of(error: libvirt.libvirtError) -> str:
    """What libvirt says of an error, in one line: where another program failed, it has that one's lines too."""
    return " ".join(str(error.get_error_message() or error).split())


def _binding():
    try:
        import libvirt  # pylint: disable=import-outside-toplevel
    except ImportError as missing:
        raise _library.missing("libvirt", "python3-libvirt", missing) from missing
    return libvirt
