# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a module that changes things ends where it cannot do what was asked."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Iterator

from ansible_collections.virtio.lab.plugins.module_utils._errors import ApplyError, LabError


@contextmanager
def failing(module: Any) -> Iterator[None]:
    """A LabError raised inside ends the AnsibleModule with its sentence, an ApplyError also with what was done."""
    try:
        yield
    except ApplyError as error:
        module.fail_json(msg=str(error), changed=bool(error.applied), applied=error.applied)
    except LabError as error:
        module.fail_json(msg=str(error))
