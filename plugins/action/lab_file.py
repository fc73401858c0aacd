# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read and check a lab file on the control node; documented in plugins/modules/lab_file.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

from ansible.errors import AnsibleActionFail
from ansible.parsing.vault import AnsibleVaultError, is_encrypted
from ansible.plugins.action import ActionBase

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _files
from ansible_collections.virtio.lab.plugins.plugin_utils._inventory._inventory import names
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._read import read_lab
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._yaml import LARGEST

COLLECTION = Path(__file__).resolve().parents[2]
NO_PLACES = (COLLECTION / "playbooks", COLLECTION / "roles")


class ActionModule(ActionBase):
    """virtio.lab.lab_file: nothing leaves the control node, nothing is changed."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: Optional[str] = None, task_vars: Optional[dict[str, Any]] = None) -> dict[str, Any]:
        """Return `lab`; fail with every problem of the file in one message."""
        super().run(tmp, task_vars)
        known = task_vars or {}
        _spec, arguments = self.validate_argument_spec({"path": {"type": "path", "required": True}})
        path = self._find(arguments["path"])
        try:
            lab = read_lab(self._text(path), str(path))
        except (LabError, OSError, UnicodeDecodeError, AnsibleVaultError) as error:
            raise AnsibleActionFail(str(error)) from None
        try:
            # Before anything is made: each guest of it becomes a host of this inventory.
            names((guest["name"] for guest in lab["guests"]), known.get("groups", {}), known.get("hostvars", {}), None)
        except LabError as error:
            raise AnsibleActionFail(f"{path}: {error}") from None
        secret = any("root_password" in image for image in lab["images"])
        return {"changed": False, "path": str(path), "lab": lab, "_ansible_no_log": secret}

    def _text(self, path: Path) -> str:
        """The text of the lab file; what ansible-vault encrypted is decrypted in memory and lies on no disk."""
        # A multiple, as the vault writes each byte in four.
        content = _files.read(path.parent, path.name, limit=8 * LARGEST)
        if is_encrypted(content):
            content = self._loader._vault.decrypt(content)
        return content.decode("utf-8")

    def _find(self, name: str) -> Path:
        """From the current folder, then beside the user's playbook or role, then among the collection's own files.

        The collection's playbooks, tasks and roles are no place for a lab file, whatever they are called.
        """
        others = [Path(base) for base in [*self._task.get_search_path(), self._loader.get_basedir()]]
        places = [
            Path.cwd(),
            *(place for place in others if not _is_of(place, NO_PLACES)),
            COLLECTION,
            COLLECTION / "labs",
        ]
        for place in places:
            if (place / name).is_file():
                return (place / name).resolve()
        if not name:
            raise AnsibleActionFail("no lab file was named: say -e lab_file=FILE")
        if Path(name).is_absolute():
            raise AnsibleActionFail(f"lab file {name!r} does not exist")
        looked = ", ".join(dict.fromkeys(str(place) for place in places))
        raise AnsibleActionFail(f"lab file {name!r} does not exist; looked in {looked}")


def _is_of(place: Path, folders: tuple[Path, ...]) -> bool:
    return any(folder in (place.resolve(), *place.resolve().parents) for folder in folders)
