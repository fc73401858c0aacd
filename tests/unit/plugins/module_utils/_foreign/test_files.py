# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files in folders that others may have filled: the world is asked what was read and what was written through."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _files
from ansible_collections.virtio.lab.plugins.module_utils._measure._record import _results


@pytest.fixture(name="secret")
def _secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text('["mine"]', encoding="ascii")
    return path


def test_a_link_is_not_followed(tmp_path, secret):
    folder = tmp_path / "c" / "r"
    folder.mkdir(parents=True)
    (folder / "run.json").symlink_to(secret)
    with pytest.raises(LabError, match=r"c/r/run\.json is a symbolic link; links are not followed there"):
        _files.read(tmp_path, "c", "r", "run.json")
    with pytest.raises(LabError, match="is a symbolic link"):
        _results.finished(folder)


@pytest.mark.parametrize("step", ["c", "c/r"])
def test_a_folder_on_the_way_is_no_link(tmp_path, step):
    elsewhere = tmp_path / "elsewhere" / "r"
    elsewhere.mkdir(parents=True)
    (elsewhere / "run.json").write_text("{}", encoding="ascii")
    place = tmp_path / "results" / step
    place.parent.mkdir(parents=True)
    place.symlink_to(elsewhere.parent if step == "c" else elsewhere)
    with pytest.raises(LabError, match="is a symbolic link"):
        _files.read(tmp_path / "results", "c", "r", "run.json")
    with pytest.raises(LabError, match="is a symbolic link"):
        _results.make(tmp_path / "results" / "c" / "r")
    assert list(_files.walk(tmp_path / "results", "run.json")) == []


def test_the_users_own_way_to_a_folder_may_be_a_link(tmp_path):
    (tmp_path / "real" / "c" / "r").mkdir(parents=True)
    (tmp_path / "real" / "c" / "r" / "run.json").write_text("7", encoding="ascii")
    (tmp_path / "results").symlink_to("real")
    assert _files.read(tmp_path / "results", "c", "r", "run.json") == b"7"
    assert list(_files.walk(tmp_path / "results", "run.json")) == [("c", "r", "run.json")]


def test_what_is_no_regular_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        for name in ("fifo", "folder", "socket"):
            with pytest.raises(LabError, match=f"{name} is no regular file; that is refused"):
                _files.read(tmp_path, name)
    with pytest.raises(FileNotFoundError):
        _files.read(tmp_path, "absent")


def test_a_file_is_bounded(tmp_path):
    with (tmp_path / "large").open("wb") as stream:
        stream.truncate(1 << 40)  # a hole: it takes no room
    with pytest.raises(LabError, match="large is larger than 67108864 bytes"):
        _files.read(tmp_path, "large")


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "/a", ".hidden", "a\n", "a\0", "-x", "x" * 201, None, 7, "é"])
def test_a_name_is_one_name(name):
    with pytest.raises(LabError, match="use up to 200 letters"):
        _files.one_name(name, "run_id")


@pytest.mark.parametrize("planted", ["run.json", ".run.json"])
def test_a_record_is_never_written_through_a_link(tmp_path, secret, planted):
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / planted).symlink_to(secret)
    _results.write(tmp_path / "r", {"run_id": "a"})
    assert secret.read_text(encoding="ascii") == '["mine"]'
    assert not (tmp_path / "r" / "run.json").is_symlink()
    assert _results.finished(tmp_path / "r") == {"run_id": "a"}
    assert [path.name for path in (tmp_path / "r").iterdir()] == ["run.json"]


def test_root_writes_nothing_where_others_may(tmp_path):
    """The test runs as root, which the modules do too: whoever may write there could put a link in the way."""
    folder = tmp_path / "r"
    folder.mkdir()
    folder.chmod(0o777)
    for write in (lambda: _results.write(folder, {}), lambda: _results.make(folder, 1)):
        with pytest.raises(LabError, match=r"r may be written by others \(mode 777\); 755 would be right"):
            write()
    folder.chmod(0o755)
    os.chown(folder, 65534, 65534)
    with pytest.raises(LabError, match="r belongs to user 65534, not to the one who writes there"):
        _results.write(folder, {})
    assert list(folder.iterdir()) == []


def test_what_cannot_be_written_is_not_recorded(tmp_path):
    with pytest.raises(LabError, match="cannot be written as JSON"):
        _results.write(tmp_path, {"run_id": "a", "summary": {"tps": float("nan")}})
    assert list(tmp_path.iterdir()) == []
    assert _results.finished(tmp_path) is None


def test_the_raw_output_of_a_run_is_no_link_to_elsewhere(tmp_path, secret):
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "iperf3.stdout").symlink_to(secret)
    with pytest.raises(LabError, match="is a symbolic link"):
        _results.raw(tmp_path / "r")
