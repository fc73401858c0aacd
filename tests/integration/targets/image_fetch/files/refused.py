# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""refused.py FOLDER: fetch every case of FOLDER/cases.json in one process; each must be refused in its sentence."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

sys.path.insert(0, os.environ["ANSIBLE_COLLECTIONS_PATH"])

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._image import _download, _fetch
from ansible_collections.virtio.lab.plugins.module_utils._runner import run

folder = Path(sys.argv[1])
wrong = []
for case in json.loads((folder / "cases.json").read_text()):
    want = _fetch.Want(path=str(folder / case["name"]), checksum=case["sum"])
    try:
        _fetch.fetch(want, str(folder / "private"), _download.Limits(), run)
        wrong.append(f"{case['name']} was taken")
    except LabError as error:
        if not re.search(case["says"], str(error)) or "\n" in str(error):
            wrong.append(str(error))
sys.exit("\n".join(wrong) or 0)
