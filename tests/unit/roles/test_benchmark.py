# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role benchmark does when a campaign has failed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

GIVE_BACK = Path(__file__).resolve().parents[3] / "roles" / "benchmark" / "tasks" / "give_back.yml"


def restore() -> dict[str, Any]:
    """Return the parameters that the guest gets its backend back with."""
    tasks = yaml.safe_load(GIVE_BACK.read_text(encoding="utf-8"))
    return next(task["virtio.lab.vhost_toggle"] for task in tasks if "virtio.lab.vhost_toggle" in task)


@pytest.mark.parametrize(("pid", "apply"), [(918, "power_cycle"), (None, "next_boot")])
def test_a_guest_that_was_left_shut_off_gets_its_backend_back_too(pid, apply):
    said = {"datapaths": [{"pid": pid}]}
    assert jinja2.Template(restore()["apply"]).render(benchmark_left=said) == apply
