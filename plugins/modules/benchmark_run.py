#!/usr/bin/python
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: benchmark_run
short_description: Measure one workload on one datapath of a running guest
version_added: 0.1.0
description:
  - Runs one load against a guest for one measured window, watches who spends CPU time meanwhile, and writes one run
    document (schema C(virtio.lab/run/2)) beside the raw output of the tools.
  - Before, in the middle and after the window it is witnessed which datapath the guest's NIC really uses. A run on
    another datapath than the asked one is recorded as not valid, with the reasons; it never passes for a result.
  - Where a guest's NICs leave open whose descriptors QEMU holds, as after a hotplug, QEMU's monitor is asked too, and
    libvirt marks that domain as tainted.
  - A run that is already recorded is returned as it is and nothing is measured. An interrupted campaign is continued by
    asking for all of its runs again.
  - Just before and after the load the guest agent is asked for the kicks of the NIC's queues and for the TCP segments
    that the guest sent again. A guest without an agent is measured without them.
  - The server ends (C(iperf3 -s), C(netserver)) run in the guest. Where one does not, the guest agent is asked to start
    it. Where the guest alone can open connections (O(datapath=user)) they run on the hypervisor, for the run alone.
  - Where iperf3's client and server lose their control connection, which leaves no figures, the load is run once more.
  - Where a guest is reset during the run, as it crashed or rebooted, the run fails and is not recorded. The attempts
    that were lost in these two ways stand in the document of the run that comes of the next one.
  - Must run on the hypervisor itself, as root.
extends_documentation_fragment:
  - virtio.lab._attributes
  - virtio.lab._libvirt
options:
  name:
    description: Name of the domain.
    type: str
    required: true
  mac:
    description: MAC address of the virtio NIC under test.
    type: str
    required: true
  address:
    description:
      - IP address of that NIC. Needed where the hypervisor reaches the guest by it, as over all datapaths but V(user).
      - Over V(user) the client runs in the guest and connects to a server on the hypervisor's loopback, which is
        started for the run. What is sent goes the way that O(workload.direction) says all the same.
    type: str
  datapath:
    description:
      - The datapath this run is meant to measure.
      - It is not set here but witnessed. M(virtio.lab.vhost_toggle) and M(virtio.lab.datapath) set it.
    type: str
    choices: [qemu, vhost, e1000, e1000e, rtl8139, ethernet, macvtap_vepa, macvtap_bridge, macvtap_private,
      macvtap_passthrough, macvtap_vepa_vhost, macvtap_bridge_vhost, macvtap_private_vhost, macvtap_passthrough_vhost,
      user, passt, ovs, ovs_vhost, vhost_user_testpmd, vhost_user_ovs, sriov_macvtap, sriov_vf]
    required: true
  variant:
    description:
      - The name of what is compared, where that is a datapath with options. By default O(datapath).
    type: str
    version_added: 0.3.0
  baseline:
    description:
      - The variant that the others of the campaign are compared with. It is recorded.
    type: str
    version_added: 0.3.0
  options:
    description:
      - What the variant asks of the device, C(driver), C(queues), C(mtu), C(model), C(parent) and C(offloads) as in
        M(virtio.lab.datapath).
      - Each is witnessed, in libvirt's XML and in the guest, by the virtio features that it agreed on, its MTU and its
        rings. A run without one of them is recorded as not valid.
    type: dict
    default: {}
    version_added: 0.3.0
  workload:
    description: What to run.
    type: dict
    required: true
    suboptions:
      name:
        description: Name of the workload in reports, up to 200 letters, digits, dots, dashes and underscores.
        type: str
        required: true
      tool:
        description:
          - V(iperf3) streams TCP or UDP in one direction.
          - V(netperf) sends requests and waits for the answer.
          - V(strace) and V(perf) count QEMU's system calls under an iperf3 load. C(strace) stops QEMU at every call,
            so such a run has no performance figures; C(perf) counts per thread and per ioctl request.
          - V(hping3) times single ICMP packets, in steps of 0.1 ms. It shows that the guest answers and is for
            teaching; its figures are compared with nothing. It cannot be had over O(datapath=user).
        type: str
        choices: [iperf3, netperf, strace, perf, hping3]
        required: true
      direction:
        description:
          - Direction of the iperf3 stream.
          - V(guest_to_guest) sends from the guest under test to O(workload.peer); the client is started by the guest
            agent.
        type: str
        choices: [host_to_guest, guest_to_host, guest_to_guest]
        default: host_to_guest
      peer:
        description:
          - Name of a second, running domain that serves, with an address in the network of O(address).
          - Needed by O(workload.direction=guest_to_guest); with O(workload.tool=netperf) the transactions are between
            the two guests then.
          - Its datapath is not switched, so that a ratio is that of one device. It is witnessed all the same, recorded,
            and must not change during the run. Its QEMU's CPU counts in the cost per byte and per transaction.
        type: str
      proto:
        description: What iperf3 sends.
        type: str
        choices: [tcp, udp]
        default: tcp
      rate_mbps:
        description: What iperf3 sends over UDP in Mb/s of payload. By default as much as it can.
        type: int
      test:
        description:
          - Kind of netperf transactions. Needed by O(workload.tool=netperf).
          - By V(tcp_crr) each transaction opens a TCP connection of its own and closes it.
        type: str
        choices: [tcp_rr, udp_rr, tcp_crr]
      load:
        description: The load under O(workload.tool=strace) and O(workload.tool=perf).
        type: str
        choices: [iperf3]
        default: iperf3
      message_bytes:
        description:
          - Bytes of one write or datagram, or of one request and of its answer.
          - By default 131072 for iperf3 over TCP, 64 over UDP, 1 for netperf.
        type: int
      streams:
        description:
          - Parallel streams of iperf3.
          - Before iperf3 3.16 all streams of a process share one thread; as many processes are started there.
        type: int
        default: 1
      queues:
        description:
          - The number of queue pairs that this run is meant to measure.
          - It is not set here but witnessed, in QEMU and by C(ethtool -l) in the guest. M(virtio.lab.vhost_toggle)
            sets it.
        type: int
      samplers:
        description:
          - Whether the counters are read every second. With V(false) they are read at the two ends of the window alone,
            so that a campaign can show what sampling costs.
        type: bool
        default: true
  warmup_s:
    description: Seconds of load before the measured window.
    type: int
    default: 5
  duration_s:
    description: Seconds of the measured window.
    type: int
    default: 30
  lab:
    description: Name of the lab.
    type: str
    required: true
  campaign_id:
    description: Name of the campaign.
    type: str
    required: true
  run_id:
    description: Name of the run, unique in its campaign.
    type: str
    required: true
  block:
    description: Number of the block, from 1.
    type: int
    required: true
  order_in_block:
    description: Position of the run in its block, from 1.
    type: int
    required: true
  seed:
    description: Seed the order of the campaign was drawn from.
    type: int
    required: true
  arm:
    description:
      - V(aa) when this run belongs to the A/A arm of its campaign, where the baseline is measured a second time in each
        block, to see how large a difference of nothing looks.
    type: str
    choices: [a, aa]
    default: a
  replicate:
    description:
      - What makes this run independent of the one before.
      - V(boot) when the guest was power-cycled for its cell of the campaign, V(hotplug) when its NIC was taken out and
        given again, V(none) otherwise.
    type: str
    choices: [boot, hotplug, none]
    default: none
  campaign:
    description:
      - The campaign of the lab file that this run is part of.
      - It is kept as C(CAMPAIGN/campaign.json) beside the first run. A run of a campaign that has changed since, be it
        seed, blocks, datapaths, times or workloads, is refused with what differs.
      - C(campaign.json) seals the campaign. It names the runs that were planned and the SHA-256 of each recorded one,
        and each run document names that of the one before it. A recorded run that was changed since is refused.
    type: dict
  seal:
    description:
      - What the control node knows of the seal of O(campaign). The action fills it in; it is not to be given by hand.
    type: dict
    version_added: 0.3.0
    suboptions:
      planned:
        description: The ids of all runs of the campaign.
        type: list
        elements: str
      after:
        description: The last run that the control node has, where the hypervisor has none of the campaign any more.
        type: dict
  results_dir:
    description: Full path of the folder on the hypervisor that campaigns are kept in. The run goes to C(CAMPAIGN/RUN/).
    type: path
    required: true
  fetch_to:
    description:
      - Folder on the control node to copy the record and its raw output to, as C(CAMPAIGN/RUN/).
      - What is there already with the right checksum is left alone; what is damaged or lacking is copied again.
    type: path
attributes:
  check_mode:
    description: In check mode nothing is measured. Runs already recorded are returned.
  diff_mode:
    description: Has nothing to show.
    support: none
author:
  - virtio.lab contributors (@virtio-lab)
"""

EXAMPLES = r"""
- name: Measure what one byte there and back takes under vhost-net
  virtio.lab.benchmark_run:
    name: vhost-a
    mac: "52:54:00:00:96:01"
    address: 192.168.150.21
    datapath: vhost
    workload: {name: tcp_rr, tool: netperf, test: tcp_rr}
    warmup_s: 2
    duration_s: 5
    lab: hands-on
    campaign_id: hands-on-1
    run_id: b01-vhost-tcp_rr
    block: 1
    order_in_block: 1
    seed: 2019
    results_dir: /var/lib/virtio-lab/results/hands-on
    fetch_to: results
  register: measured

- name: Show the latency
  ansible.builtin.debug:
    var: measured.run.summary.latency_us
"""

RETURN = r"""
run:
  description: The run document, schema C(virtio.lab/run/1). Not returned in check mode for a run yet to be measured.
  type: dict
  returned: when the run is recorded
  sample:
    schema: virtio.lab/run/2
    run_id: b01-vhost-tcp_rr
    valid: true
    invalid_reasons: []
path:
  description: Where the record is, or in check mode would be, on the hypervisor.
  type: str
  returned: success
  sample: /var/lib/virtio-lab/results/hands-on/hands-on-1/b01-vhost-tcp_rr/run.json
sealed:
  description: The entry of the run in the seal of its campaign.
  type: dict
  returned: when the run is recorded and its campaign is sealed
  contains:
    number:
      description: The how many-th recorded run of the campaign it is.
      type: int
    run_id:
      description: Name of the run.
      type: str
    sha256:
      description: SHA-256 of its document.
      type: str
  sample:
    number: 3
    run_id: b01-vhost-tcp_rr
    sha256: 7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069
guest_reset:
  description: The run was lost because a guest was reset in it. It can be measured anew once the guest is up.
  type: bool
  returned: when it failed for that reason
  sample: true
"""

from pathlib import Path
from typing import Any, Dict

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._exits import checked
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._connection import connect
from ansible_collections.virtio.lab.plugins.module_utils._measure import _argument_spec
from ansible_collections.virtio.lab.plugins.module_utils._measure._record import _campaign, _results, _seal
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._run_document import Asked
from ansible_collections.virtio.lab.plugins.module_utils._measure._run import measure_and_record
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._guest_reset import GuestResetError
from ansible_collections.virtio.lab.plugins.module_utils._runner import run
from ansible_collections.virtio.lab.plugins.module_utils._switch._driver import flat


def main() -> None:
    module = checked(AnsibleModule(argument_spec=_argument_spec.BENCHMARK_RUN, supports_check_mode=True))
    wanted = module.params
    try:
        _argument_spec.check(wanted)
        options = {**wanted["options"], "driver": flat(wanted["options"].get("driver") or {})}
        if options.get("offloads"):
            options["offloads"] = {key: text == "on" for key, text in flat(options["offloads"]).items()}
        asked = Asked(**{**{name: wanted[name] for name in Asked._fields}, "options": options})
        folder = _results.folder_of(wanted["results_dir"], asked.campaign_id, asked.run_id)
        path = str(folder / _results.RECORD)
        if wanted["campaign"]:
            _campaign.check(folder.parent, wanted["campaign"])
        record = _results.finished(folder)
        if module.check_mode:
            module.exit_json(changed=not record, path=path, **({"run": record} if record else {}))
        if record:
            module.exit_json(changed=False, run=record, path=path, **_sealed(folder, record))
        if wanted["campaign"]:
            seal = wanted["seal"] or {}
            after = _campaign.recorded_of(seal["after"]) if seal.get("after") else None
            _campaign.hold(folder.parent, wanted["campaign"], seal.get("planned"), after)
        with connect(wanted["uri"], events=True) as connection:
            record = measure_and_record(
                connection,
                asked,
                domain=wanted["name"],
                mac=wanted["mac"],
                address=wanted["address"],
                folder=folder,
                runner=run,
            )
        sealed = _sealed(folder, record)
    except GuestResetError as error:
        module.fail_json(msg=str(error), guest_reset=True)
    except LabError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=True, run=record, path=path, **sealed)


def _sealed(folder: Path, record: Dict[str, Any]) -> Dict[str, Any]:
    """What is returned of the seal."""
    entry = _seal.settle(folder, record)
    return {"sealed": entry._asdict()} if entry else {}


if __name__ == "__main__":
    main()
