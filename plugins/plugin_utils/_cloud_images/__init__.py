# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cloud images: the names that people use for them, and where they come from."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml


@lru_cache(maxsize=1)
def _known() -> dict[str, Any]:
    return yaml.safe_load(Path(__file__).with_name("known.yml").read_text(encoding="utf-8"))


def names() -> list[str]:
    """The names of the images that are known."""
    return list(_known()["images"])


def of_name(name: str | None) -> str | None:
    """The known image that an image of this name is, None where it is none; a name in a lab file has no dots."""
    return next((known for known in names() if name == known.replace(".", "-")), None)


def signed(name: str) -> bool:
    """Whether the distribution signs the checksums of this image."""
    return "signature" in _known()["images"][name]


def source(spec: dict[str, Any]) -> dict[str, Any]:
    """Where the image of a lab file (kind cloud, with its defaults) comes from, and what is known of it.

    The first keys are options of the module image_fetch; absent, family, release, components and packages are null
    where the distribution is not named.
    """
    given = {key: spec.get(key) for key in ("path", "url", "checksum", "checksum_url", "signature_url", "keyring")}
    facts: dict[str, Any] = dict.fromkeys(("family", "release", "components", "packages", "absent"))
    if spec.get("distribution"):
        image = _known()["images"][spec["distribution"]]
        facts.update({key: image[key] for key in ("family", "release", "components")})
        facts["packages"] = _known()["families"][image["family"]]["packages"]
        facts["absent"] = image.get("absent", [])
        if not spec.get("path") and not spec.get("url"):
            given.update(_published(image, given, spec.get("mirror")))
    return {**given, **facts}


def _published(image: dict[str, Any], given: dict[str, Any], mirror: str | None) -> dict[str, Any]:
    """What the distribution publishes; a checksum of the user's own needs none of its proofs."""
    base = (mirror or image["base"]).rstrip("/")
    own = {"url": f"{base}/{image['file']}"}
    if given["checksum"]:
        return own
    own["checksum_url"] = given["checksum_url"] or f"{base}/{image['checksums']}"
    signature = image.get("signature")
    if given["keyring"] and not given["signature_url"] and signature and signature != "inside":
        own["signature_url"] = f"{base}/{signature}"
    return own
