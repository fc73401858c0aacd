# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where images are built, and from which mirror: for the lab host nothing lies outside its cache."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2.nativetypes import NativeEnvironment

from ansible_collections.virtio.lab.plugins.plugin_utils._campaign._folder_name import folder_name

ROLES = Path(__file__).resolve().parents[3] / "roles"


def read(path: str) -> Any:
    return yaml.safe_load((ROLES / path).read_text(encoding="utf-8"))


def rendered(template: str, **variables: Any) -> Any:
    environment = NativeEnvironment()
    environment.filters["ternary"] = lambda value, yes, no: yes if value else no
    environment.filters["virtio.lab.folder_name"] = folder_name
    return environment.from_string(template).render(**variables)


def test_the_lab_host_says_that_its_images_are_built_in_its_cache():
    told = read("lab_host/vars/main.yml")["lab_host_connection"]
    assert told["guest_image_build_host"] == "localhost"
    assert rendered(told["guest_image_build_dir"], lab_host_cache="/cache", lab_host_name="lh1") == "/cache/images/lh1"


@pytest.mark.parametrize(
    ("host", "folder"), [("hypervisor", "/images"), ("builder", "/var/cache/virtio.lab/images/hypervisor")]
)
def test_elsewhere_images_are_built_where_they_are_used_or_in_the_build_hosts_cache(host, folder):
    default = read("guest_image/defaults/main.yml")["guest_image_build_dir"]
    known = {"inventory_hostname": "hypervisor", "guest_image_build_host": host, "guest_image_dir": "/images"}
    assert rendered(default, **known) == folder


@pytest.mark.parametrize("mirrors", [[], ["http://first/"], ["http://first/", "http://second/"]])
def test_debian_comes_from_the_first_mirror_that_apt_knows_else_from_mmdebstraps_own(mirrors):
    tasks = read("guest_image/tasks/packages_disk.yml")
    install = next(task for task in tasks if "mmdebstrap" in str(task.get("vars")))
    argv = rendered(
        install["virtio.lab.tool"]["commands"][0],
        guest_image_mmdebstrap=["mmdebstrap"],
        guest_image_mirrors={"stdout_lines": mirrors},
    )
    assert argv == ["mmdebstrap", *mirrors[:1]]
