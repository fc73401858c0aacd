# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images: what a guest boots from."""

from __future__ import annotations

from typing import Any, Iterator

from ansible_collections.virtio.lab.plugins.plugin_utils import _cloud_images
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file import _values as values
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._problem import Problem, each, instead, show, twice
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
            "distribution": Field(value(values.choice(_cloud_images.names()))),
            "mirror": Field(value(values.base_url)),
            "checksum": Field(value(values.checksum)),
            "checksum_url": Field(value(values.url)),
            "signature_url": Field(value(values.url)),
            "keyring": Field(value(values.path)),
            **_PREPARED,
        },
    },
)


def complete(lab: dict[str, Any], problems: list[Problem]) -> None:
    """Check what one key alone does not show: that a cloud image comes from one place, and what proves it."""
    images = list(each(lab, "images"))
    problems.extend(twice((f"{path}.name", image.get("name")) for path, image in images))
    for path, image in images:
        if image.get("kind") == "cloud":
            _complete_cloud(path, image, problems)


def _complete_cloud(path: str, image: dict[str, Any], problems: list[Problem]) -> None:
    own = "path" in image or "url" in image
    known = _cloud_images.of_name(image.get("name"))
    if not own and known:
        image.setdefault("distribution", known)
    if "path" in image and "url" in image:
        problems.append(Problem(path, "has both path and url; one of them is right"))
    elif not own and "distribution" not in image:
        choice = instead(image.get("name"), _cloud_images.names())
        problems.append(Problem(path, f"needs path, url or distribution, or the name of a known image; {choice}"))
    if "mirror" in image and (own or "distribution" not in image):
        problems.append(
            Problem(f"{path}.mirror", "takes the place of a distribution's own server; without path and url only")
        )
    problems.extend(_proofs(path, image, own))


def _proofs(path: str, image: dict[str, Any], own: bool) -> Iterator[Problem]:
    """What is wrong with what shall prove that the image is the right one: nobody on the way may change it unseen."""
    keyring, distribution = "keyring" in image, image.get("distribution") or ""
    published = not own and distribution != ""
    if "checksum" in image:
        for key in ("checksum_url", "signature_url", "keyring"):
            if key in image:
                yield Problem(f"{path}.{key}", "proves nothing beside checksum; one of them is right")
        return
    if "checksum_url" not in image and not published:
        if own:
            yield Problem(f"{path}.checksum", "is missing; checksum, or checksum_url of a checksum file, must be given")
        return
    if "signature_url" in image and not keyring:
        yield Problem(f"{path}.signature_url", "proves nothing without keyring, a file of the keys that are trusted")
    if keyring:
        if published and "checksum_url" not in image and not _cloud_images.signed(distribution):
            yield Problem(f"{path}.keyring", f"has nothing to check: the checksums of {distribution} are not signed")
        return
    key = "checksum_url" if "checksum_url" in image else "mirror"
    if str(image.get(key)).startswith("http:"):
        sentence = "which anybody on the way can change; use https, or give checksum, or keyring where it is signed"
        yield Problem(f"{path}.{key}", f"{show(image[key])} is http, {sentence}")
