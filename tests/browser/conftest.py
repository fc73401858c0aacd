# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The made-up campaign of the unit tests, rendered and seen in a browser."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).resolve().parent
UNIT = HERE.parent / "unit"


def _load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


_load("virtio_lab_unit", UNIT / "conftest.py")  # makes ansible_collections.virtio.lab importable
_made_up = _load("virtio_lab_made_up", UNIT / "plugins" / "plugin_utils" / "conftest.py")
_sample = _load("virtio_lab_sample", UNIT / "plugins" / "plugin_utils" / "_comparison" / "conftest.py")
_browser = _load("virtio_lab_chromium", HERE / "chromium.py")


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """report.html of two blocks with an invalid run among them."""
    from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._comparison import compare
    from ansible_collections.virtio.lab.plugins.plugin_utils._report import _html

    runs = _made_up.make_campaign(2)
    runs.append(_made_up.spoil(runs[0], "before: asked for vhost, effective is <b>qemu</b>"))
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(_html.render(compare(runs)), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """report.html of eight blocks of twelve variants."""
    from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._comparison import compare
    from ansible_collections.virtio.lab.plugins.plugin_utils._report import _html

    speeds = {"first": 1.0} | {f"variant-{number}-of-twelve": 1 + number / 50 for number in range(1, 12)}
    path = tmp_path_factory.mktemp("many") / "report.html"
    runs = _made_up.make_variants(speeds)
    for run in runs:  # a setting that comes with the variant, and so a cell of many names
        run["manifest"]["nic_features"] = {"highdma": run["factor"]["variant"] == "first"}
    path.write_text(_html.render(compare(runs)), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """compare.html of two campaigns, the second after an upgrade that made things slower."""
    from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._two_campaigns import compare_campaigns
    from ansible_collections.virtio.lab.plugins.plugin_utils._report import _two_campaigns_page

    after = _sample.campaign("after", speed=0.8)
    for run in after:
        run["manifest"]["qemu"] = "11.0.0"
    path = tmp_path_factory.mktemp("compared") / "compare.html"
    document = compare_campaigns(_sample.campaign("before"), after)
    path.write_text(_two_campaigns_page.render(document), encoding="utf-8")
    return path


@pytest.fixture(params=["report", "compared"])
def any_page(request: pytest.FixtureRequest) -> Path:
    """Each of the pages that the collection writes."""
    return Path(request.getfixturevalue(request.param))


@pytest.fixture(scope="session")
def page() -> Iterator[object]:
    with _browser.chromium() as found:
        yield found
