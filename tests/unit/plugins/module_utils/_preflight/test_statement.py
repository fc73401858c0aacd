# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What capabilities make of datapaths: the registry decides, and what is not known stays so."""

from __future__ import annotations

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import Host
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._registry import DATAPATHS, NAMES
from ansible_collections.virtio.lab.plugins.module_utils._preflight import _statement
from ansible_collections.virtio.lab.plugins.module_utils._preflight._capability import Capability
from ansible_collections.virtio.lab.plugins.module_utils._preflight._machine import Machine
from ansible_collections.virtio.lab.plugins.module_utils._preflight._needs import needs
from ansible_collections.virtio.lab.plugins.module_utils._runner import Result


@pytest.fixture(name="bare", scope="module")
def _bare(tmp_path_factory) -> list[Capability]:
    """What is found on a machine that has nothing at all."""
    root = tmp_path_factory.mktemp("bare")
    of = Machine("6.12.1", "x86_64", lambda *_argv, **_options: Result(0, "[]", ""), lambda _name: None, str(root))
    return _statement.look(of, str(root), boot=True, timeout_s=0)


def all_but(names: list[str], answer: bool | None, rows: list[Capability]) -> list[Capability]:
    return [row._replace(available=answer if row.name in names else True) for row in rows]


def told(rows: list[Capability]) -> dict[str, dict]:
    return {one["name"]: one for one in _statement.stated(rows)["datapaths"]}


def test_a_machine_that_has_nothing_is_no_error_and_every_row_has_its_remedy(bare):
    assert [row.name for row in bare if row.available is True and row.name not in ("disk", "qemu", "libvirt")] == []
    assert [row.name for row in bare if row.available is not True and not (row.why and row.remedy)] == []
    assert len({row.name for row in bare}) == len(bare)


@pytest.mark.parametrize("field", Host._fields)
def test_what_the_registry_asks_of_a_host_has_its_row(field, bare):
    """A new field of Host without a row in look() would leave its datapaths unknown for ever."""
    assert field in {row.name for row in bare}


@pytest.mark.parametrize("one", DATAPATHS, ids=NAMES)
def test_all_that_a_datapath_needs_is_asked_for(one, bare):
    assert set(needs(one)) <= {row.name for row in bare}
    assert len(set(needs(one))) == len(needs(one))


def test_a_machine_that_has_everything_can_have_every_datapath(bare):
    stated = _statement.stated(all_but([], True, bare))
    assert [one["name"] for one in stated["datapaths"] if one["can"]] == list(NAMES)
    for row in stated["capabilities"]:
        assert row["opens"] == row["needed_by"]
    opens = {row["name"]: row["opens"] for row in stated["capabilities"]}
    assert opens["qemu"] == opens["libvirt"] == list(NAMES)
    assert "vhost" in opens["vhost_net"]
    assert "macvtap_bridge" not in opens["vhost_net"]
    assert opens["openvswitch"] == opens["openvswitch_kernel"] == ["ovs", "ovs_vhost"]
    assert opens["vde"] == opens["disk"] == []


@pytest.mark.parametrize("answer", [False, None])
def test_without_kvm_what_needs_it_cannot_be_had_or_is_not_known(answer, bare):
    rows = all_but(["kvm"], answer, bare)
    for one in DATAPATHS:
        found = told(rows)[one.name]
        wanted = one.backend.name == "vhost"
        assert found["can"] is (answer if wanted else True)
        assert found["lacks"] == (["kvm"] if wanted and answer is False else [])
        assert found["unknown"] == (["kvm"] if wanted and answer is None else [])
    stated = _statement.stated(rows)
    rows_told = {row["name"]: row for row in stated["capabilities"]}
    assert rows_told["kvm"]["opens"] == []
    assert "vhost" in rows_told["kvm"]["needed_by"]
    assert "vhost" not in rows_told["vhost_net"]["opens"]  # it is there, and alone opens nothing


def test_a_no_outweighs_what_is_not_known(bare):
    rows = all_but(["kvm"], None, all_but(["tun"], False, bare))
    rows = [row._replace(available={"kvm": None, "tun": False}.get(row.name, True)) for row in rows]
    assert told(rows)["vhost"] == {"name": "vhost", "can": False, "lacks": ["tun"], "unknown": ["kvm"]}


@pytest.mark.parametrize(("name", "left"), [("tun", ["macvtap_bridge", "user"]), ("netdev_user", ["qemu", "vhost"])])
def test_one_capability_takes_its_own_datapaths_alone(name, left, bare):
    found = told(all_but([name], False, bare))
    assert all(found[one]["can"] for one in left)
    assert {one for one in found if not found[one]["can"]} == {one.name for one in DATAPATHS if name in needs(one)}
    assert any(not found[one]["can"] for one in found)


@pytest.mark.parametrize("name", ["qemu", "libvirt"])
def test_without_qemu_or_libvirt_there_is_no_datapath(name, bare):
    assert {one["can"] for one in told(all_but([name], False, bare)).values()} == {False}


def test_a_row_that_is_missing_is_not_taken_for_a_yes(bare):
    rows = [row for row in all_but([], True, bare) if row.name != "tun"]
    assert (told(rows)["qemu"]["can"], told(rows)["qemu"]["unknown"]) == (None, ["tun"])
