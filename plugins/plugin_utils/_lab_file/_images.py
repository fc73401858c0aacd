# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images: what a guest boots from."""

from __future__ import annotations

from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file import _values as values
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._problem import Problem, each, twice
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._shape import Field, items, value, variants

_PREPARED = {
    "packages": Field(items(value(values.word), least=0), default=[]),
    "root_password": Field(value(values.text, secret=True)),
    "ssh_public_key": Field(value(values.public_key)),
}

IMAGE = variants(
    "kind",
    {"name": Field(value(values.name), required=True)},
    {
        "tiny": {},
        "packages": {"release": Field(value(values.word), required=True), **_PREPARED},
        "cloud": {
            "path": Field(value(values.path)),
            "url": Field(value(values.url)),
            "checksum": Field(value(values.checksum), required=True),
            **_PREPARED,
        },
    },
)


def complete(lab: dict[str, Any], problems: list[Problem]) -> None:
    """Check what one image alone does not show, and that a cloud image comes from exactly one place."""
    images = list(each(lab, "images"))
    problems.extend(twice((f"{path}.name", image.get("name")) for path, image in images))
    for path, image in images:
        if image.get("kind") == "cloud" and ("path" in image) == ("url" in image):
            problems.append(Problem(path, "needs either path or url: one of them, not both"))
