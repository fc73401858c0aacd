# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The build of the lab host's image, cut off and failing: real mmdebstrap, from a real mirror, into an awkward path."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

PLAYBOOK = Path(__file__).parents[5] / "playbooks" / "lab_host.yml"
ANSIBLE = Path(os.environ["ANSIBLE_PLAYBOOK"])
UPLINK = ["nsenter", f"--net={os.environ['VIRTIO_LAB_TEST_UPLINK']}"]


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "my, cache=it's"


def command(cache: Path, **variables: object) -> list[str]:
    wanted = {
        "lab_host_state": "built",
        "lab_host_cache": str(cache),
        "lab_host_packages": ["busybox-static"],
        **variables,
    }
    return [*UPLINK, str(ANSIBLE), "-i", "localhost,", "-c", "local", "-e", json.dumps(wanted), str(PLAYBOOK)]


def those_of(cache: Path) -> dict[str, str]:
    """Return the processes that have the folder in their arguments, or their root or current folder in it."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = process.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            places = [os.readlink(process / "root"), os.readlink(process / "cwd")]
        except OSError:
            continue
        if f"{cache}/" in words or any(place.startswith(f"{cache}/") for place in places):
            found[process.name] = words
    return found


def mounted_below(cache: Path) -> list[str]:
    """Return the mounts below the folder in any mount namespace."""
    name = str(cache).replace(" ", "\\040")
    found = set()
    for mounts in Path("/proc").glob("[0-9]*/mountinfo"):
        try:
            found |= {line for line in mounts.read_text(errors="replace").splitlines() if f" {name}/" in line}
        except OSError:
            continue
    return sorted(found)


def test_nothing_outlives_the_controller(tmp_path):
    # As a service manager or a closed terminal would: the signal reaches ansible-playbook and none of its children.
    with ExitStack() as builds:
        begun = {
            how: builds.enter_context(Build(tmp_path / f"{how.name}, cache=it's"))
            for how in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL)
        }
        for how, build in begun.items():
            build.wait_for_dpkg()
            build.ansible.send_signal(how)
            build.ansible.wait(timeout=60)
            build.wait_for_the_end()
            assert those_of(build.cache) == {}, how
            assert mounted_below(build.cache) == [], how
            assert [path.name for path in build.cache.joinpath("lab-host").iterdir()] == ["..build.lock"], how


class Build:
    """A build that runs, each in a cache of its own."""

    def __init__(self, cache: Path) -> None:
        self.cache = cache
        self._folder = cache / "lab-host" / ".build"

    def __enter__(self) -> Build:
        self.ansible = subprocess.Popen(
            command(self.cache), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        return self

    def __exit__(self, *_error: object) -> None:
        self.ansible.kill()
        self.ansible.wait()

    def wait_for_dpkg(self) -> None:
        """Wait until packages are extracted: mounts and chroots come next."""
        until = time.monotonic() + 240
        while not (self._folder / "root" / "usr" / "bin" / "dpkg").exists():
            assert self.ansible.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
        assert any("mmdebstrap" in words for words in those_of(self.cache).values())

    def wait_for_the_end(self) -> None:
        until = time.monotonic() + 60
        while (those_of(self.cache) or self._folder.exists()) and time.monotonic() < until:
            time.sleep(0.1)


def test_what_a_killed_module_left_is_gone_at_the_next_start(cache):
    left = cache / "lab-host" / ".build" / "root"
    for folder in ("proc", "sys"):
        (left / folder).mkdir(parents=True)
    old = cache / "build-abc"
    old.mkdir()
    os.utime(old, (0, 0))
    subprocess.run(["mount", "-t", "tmpfs", "left", left / "proc"], check=True)
    done = subprocess.run(command(cache, lab_host_release="nosuch"), capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert mounted_below(cache) == []
    assert not left.parent.exists()
    assert not old.exists()


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"lab_host_release": "nosuch"}, "nosuch Release' does not have a Release file"),
        ({"lab_host_mirrors": {"stdout_lines": ["http://127.0.0.1:9/debian"]}}, "Could not connect to 127.0.0.1:9"),
        ({"lab_host_packages": ["nosuchpackage"]}, "Unable to locate package nosuchpackage"),
    ],
)
def test_the_message_says_why(variables, said, cache):
    done = subprocess.run(command(cache, **variables), capture_output=True, text=True, check=False)
    assert done.returncode != 0
    failure = " ".join(done.stdout.partition("fatal:")[2].replace("''", "'").split())  # YAML's quoting
    assert "`mmdebstrap` failed with exit code 25:" in failure, done.stdout
    assert said in failure, done.stdout
    assert not (cache / "lab-host" / ".build").exists()
