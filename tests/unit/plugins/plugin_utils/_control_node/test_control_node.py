# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node import _control_node, _requirements

ROOT = Path(__file__).resolve().parents[5]


def test_nothing_is_missing_here(tmp_path):
    assert _control_node.problems(tmp_path / "not" / "yet") == []


def test_what_is_asked_for_is_what_requirements_txt_has():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    # One line may go on with another, as one with hashes does.
    assert set(_requirements.NEEDED.values()) <= {line.removesuffix(" \\") for line in lines}


@pytest.mark.parametrize("module", sorted(_requirements.NEEDED))
def test_each_package_is_asked_for_by_name_and_alone(monkeypatch, tmp_path, module):
    monkeypatch.setitem(sys.modules, module, None)  # an import of it fails from now on
    (said,) = _control_node.problems(tmp_path)
    requirement = _requirements.NEEDED[module]
    assert said.startswith(f"{sys.executable} lacks what a campaign's report needs: ")
    assert f" {requirement.partition('>=')[0]} (" in said
    assert said.endswith(f"-m pip install '{requirement}'")
    assert "ansible" not in said.partition("-m pip install")[2]


def test_one_that_is_too_old_is_too(monkeypatch, tmp_path):
    version = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "1.9.3" if name == "scipy" else version(name))
    (said,) = _control_node.problems(tmp_path)
    assert "scipy (1.9.3 is too old)" in said


@pytest.mark.parametrize(("module", "package"), [("numpy", "scipy"), ("scipy.stats", "scipy"), ("jinja2", "jinja2")])
def test_where_a_module_is_used_the_package_that_brings_it_is_named(monkeypatch, module, package):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(LabError, match=rf"{sys.executable} -m pip install '?{package}"):
        _requirements.require(module)


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "results").write_text("", encoding="ascii")
    (said,) = _control_node.problems(tmp_path / "results" / "deep")
    assert said.endswith(f"but {tmp_path}/results is no folder: give another folder as lab_results")


def test_so_is_a_link_that_leads_nowhere(tmp_path):
    (tmp_path / "results").symlink_to(tmp_path / "gone")
    (said,) = _control_node.problems(tmp_path / "results")
    assert "is a link that leads nowhere" in said


def test_a_link_to_a_folder_is_none(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "results").symlink_to(tmp_path / "there")
    assert _control_node.problems(tmp_path / "results" / "of mine") == []


def test_a_file_system_without_room_or_right_is_refused():
    (said,) = _control_node.problems(Path("/proc/results"))
    assert "may not write in /proc" in said or "/proc has 0 MiB free" in said
