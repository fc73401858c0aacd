# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose campaign is it? Signed by the real ssh-keygen, and read by it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._verify import _signature, _terminal
from ansible_collections.virtio.lab.plugins.plugin_utils._verify._finding import FALSE
from ansible_collections.virtio.lab.plugins.plugin_utils._verify._verify import require

from .conftest import verified


def new_key(folder: Path, name: str, passphrase: str = "") -> Path:
    path = folder / name
    argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", str(path)]
    subprocess.run(argv, check=True)
    return path


def known(folder: Path, who: str, key: Path) -> Path:
    path = folder / "allowed_signers"
    path.write_text(f"{who} {key.with_suffix('.pub').read_text()}")
    return path


def test_a_signed_campaign_is_somebodys(sealed: Path, tmp_path: Path) -> None:
    key = new_key(tmp_path, "mine")
    signers = known(tmp_path, "alice@example.org", key)
    assert _signature.sign(sealed, key)
    assert not _signature.sign(sealed, key)
    found = verified(sealed, signers)
    assert found.findings == ()
    assert "sealed, signed by alice@example.org (SHA256:" in found.sentence()
    argv = ["ssh-keygen", "-Y", "verify", "-f", str(signers), "-I", "alice@example.org", "-n", "virtio.lab"]
    argv += ["-s", str(sealed / "campaign.json.sig")]
    with (sealed / "campaign.json").open("rb") as stream:
        assert subprocess.run(argv, stdin=stream, check=False).returncode == 0


def test_who_is_not_known_has_signed_nothing(sealed: Path, tmp_path: Path) -> None:
    _signature.sign(sealed, new_key(tmp_path, "strange"))
    for signers in (None, known(tmp_path, "alice@example.org", new_key(tmp_path, "mine"))):
        found = verified(sealed, signers)
        assert found.sentence().endswith("sealed, unsigned")
        assert found.findings == ()
        assert "SHA256:" in _terminal.render(found)[1]
        assert "is not signed" in require(found, ["signed"]).findings[0].what


def test_a_signature_of_something_else_is_false(sealed: Path, tmp_path: Path) -> None:
    key = new_key(tmp_path, "mine")
    _signature.sign(sealed, key)
    path = sealed / "campaign.json"
    path.write_text(path.read_text().replace('"duration_s": 5', '"duration_s": 6'))
    found = verified(sealed, known(tmp_path, "alice@example.org", key))
    assert "is no signature of this campaign.json" in found.of(FALSE)["campaign.json.sig"][0]
    assert found.signature.by is None


@pytest.mark.parametrize("text", ["", "nonsense", "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n"])
def test_what_is_no_signature_is_false(sealed: Path, text: str) -> None:
    (sealed / "campaign.json.sig").write_text(text)
    assert list(verified(sealed).of(FALSE)) == ["campaign.json.sig"]


def test_a_signature_is_not_read_through_a_link(sealed: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("secret")
    (sealed / "campaign.json.sig").symlink_to(tmp_path / "elsewhere")
    assert "is a symbolic link" in verified(sealed).of(FALSE)["campaign.json.sig"][0]


def test_what_cannot_sign_is_said_and_nobody_is_asked_for_a_passphrase(
    sealed: Path, campaign: Path, tmp_path: Path
) -> None:
    with pytest.raises(LabError, match=r"campaign\.json was not signed with .*; a key with a passphrase has to be"):
        _signature.sign(sealed, new_key(tmp_path, "locked", "secret"))
    os.mkfifo(tmp_path / "pipe")
    for key in ("none", "pipe", sealed.name):
        with pytest.raises(LabError, match=rf"key {tmp_path / key} is no file; ssh-keygen -t ed25519 makes one"):
            _signature.sign(sealed, tmp_path / key)
    assert not (sealed / "campaign.json.sig").exists()
    (campaign / "campaign.json").write_text('{"schema": "virtio.lab/campaign/1", "campaign": {}}')
    with pytest.raises(LabError, match="has no seal"):
        _signature.sign(campaign, new_key(tmp_path, "mine"))


def test_allowed_signers_that_are_none(sealed: Path, tmp_path: Path) -> None:
    _signature.sign(sealed, new_key(tmp_path, "mine"))
    with pytest.raises(LabError, match="is no file"):
        verified(sealed, tmp_path / "nowhere")
