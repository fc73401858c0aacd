# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an option names: a folder, or a user's own link to the folder of a campaign."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure._record import _campaign
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._named import campaign, folder


def test_a_link_to_a_campaign_leads_to_it_and_its_record_is_read(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "campaign.json").write_text('{"schema": "virtio.lab/campaign/1", "campaign": {"blocks": 2}}')
    (tmp_path / "latest").symlink_to("real")
    found = campaign("results", str(tmp_path / "latest"))
    assert found == tmp_path / "real"
    assert _campaign.read(found).campaign == {"blocks": 2}
    # What is written into keeps its own name, and a link is refused there.
    assert folder("dest", str(tmp_path / "latest")) == tmp_path / "latest"


def test_a_link_to_itself_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(LabError, match=r"results is '.*loop', which leads nowhere; name a folder"):
        campaign("results", str(tmp_path / "loop"))


@pytest.mark.parametrize("given", ["", " ", "a\0b"])
def test_what_is_no_path(given: str) -> None:
    for named in (folder, campaign):
        with pytest.raises(LabError, match="which is no path; name a folder"):
            named("results", given)
