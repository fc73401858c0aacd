# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run documents of earlier versions as the newest one has them, in memory alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._runs._run_document import NEWEST


def lifted(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document in the newest version; one that has it already stays as it is.

    virtio.lab/run/1 knew two datapaths, each named after its backend, and no variants: the datapath is the variant.
    What it did not record is None.
    """
    if document["schema"] == NEWEST:
        return dict(document)
    datapath = document["factor"]["datapath"]
    unknown = dict.fromkeys(("baseline", "frontend", "attachment"))
    factor = {"variant": datapath, **unknown, "backend": datapath, "options": {}, **document["factor"]}
    return {**document, "schema": NEWEST, "factor": factor}
