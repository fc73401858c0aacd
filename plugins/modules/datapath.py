#!/usr/bin/python
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: datapath
short_description: Put the NIC of an existing guest onto another datapath
version_added: 0.3.0
description:
  - Replaces the C(<interface>) of a NIC in the stored configuration of libvirt domains by that of another datapath
    or variant of one. MAC address and PCI address stay, and so does what goes with any datapath, such as C(<rom>).
  - O(apply=hotplug) detaches the NIC of the running guest and attaches the new one; O(apply=power_cycle) shuts the
    guest down and starts it with its vCPUs held. Both prove which datapath is in effect by the witnesses of
    M(virtio.lab.datapath_info), and put back what was there when anything fails on the way.
  - What a datapath needs on the hypervisor, a TAP made beforehand, a veth below a macvtap, DPDK's C(testpmd) or an Open
    vSwitch with DPDK, is made before the NIC is, and removed when no NIC names it any more. Such links bear the MAC
    address of the NIC in their names. So do the folders of C(testpmd) in C(/run/virtio.lab.testpmd) and of Open vSwitch
    in C(/run/virtio.lab.ovs-dpdk). An Open vSwitch that runs already is left alone.
  - V(vhost_user_testpmd) and V(vhost_user_ovs) need a guest whose memory is shared from its first boot on, which
    O(virtio.lab.guest#module:shared_memory) sees to. They are in effect only once the guest's driver has started, so
    they are proved then.
  - V(passt) needs a libvirt that starts passt for the NIC, 11 or newer, and a default route on the hypervisor, whose
    address and router passt tells the guest.
  - The old C(<interface>) is returned as RV(before) and can be given to O(restore).
  - O(emulator), O(kernel) and O(initrd) start the guest by another QEMU or from another kernel, by the same restart, so
    that two builds are compared with everything else alike. What the guest had is returned as RV(build_before).
  - M(virtio.lab.vhost_toggle) is the module for the C(<driver>) alone; both work by the same plan.
  - Outside check mode one call works at a time on a hypervisor, of this module and M(virtio.lab.vhost_toggle) together.
  - Runs on the hypervisor itself as root. The domains need not have been made by this collection.
extends_documentation_fragment:
  - virtio.lab._attributes
  - virtio.lab._libvirt
  - virtio.lab._nics
  - virtio.lab._switch
options:
  name:
    description:
      - Names of the domains, or the name of one. Each must have a NIC that is meant.
    type: list
    elements: str
    required: true
    aliases: [names, domains]
  datapath:
    description:
      - Name of the datapath; C(docs/datapaths.md) has them with what each needs.
    type: str
    choices: [qemu, vhost, e1000, e1000e, rtl8139, ethernet, macvtap_vepa, macvtap_bridge, macvtap_private,
      macvtap_passthrough, macvtap_vepa_vhost, macvtap_bridge_vhost, macvtap_private_vhost, macvtap_passthrough_vhost,
      user, passt, ovs, ovs_vhost, vhost_user_testpmd, vhost_user_ovs, sriov_macvtap, sriov_vf]
  hang_on:
    description:
      - The libvirt network that the NIC hangs on. Needed where neither the old C(<interface>) nor a link that was made
        for the NIC leads to one.
    type: str
  bridge:
    description:
      - The bridge that the NIC hangs on, in place of O(hang_on).
    type: str
  parent:
    description:
      - The link that a macvtap goes on top of. By default a veth is made whose other end is a port of the NIC's bridge.
      - For V(sriov_macvtap) and V(sriov_vf) the virtual function, by its link or PCI address. Where it is a physical
        function, the NIC keeps the virtual one that it has, else it gets the first that is free. One that somebody uses
        is refused.
      - Together with O(hang_on) or O(bridge) the physical function must be a port of that bridge.
    type: str
  model:
    description:
      - The model of the NIC where its frontend has several, such as V(virtio-non-transitional).
    type: str
  mtu:
    description:
      - The MTU that libvirt sets on the TAP and that the guest is told, in bytes.
    type: int
  offloads:
    description:
      - The offloads of a virtio NIC, in place of those below O(driver). Segmentation needs the checksums of its side.
      - Emulated NICs and V(user) have none that libvirt could switch, and are refused.
    type: dict
    suboptions:
      host:
        description: Those that the host offers for what the guest sends.
        type: dict
        suboptions:
          csum:
            description: Checksums.
            type: bool
          gso:
            description: Generic segmentation.
            type: bool
          tso4:
            description: TCP segmentation over IPv4.
            type: bool
          tso6:
            description: TCP segmentation over IPv6.
            type: bool
          ecn:
            description: TCP segmentation with explicit congestion notification.
            type: bool
          ufo:
            description: UDP fragmentation.
            type: bool
          mrg_rxbuf:
            description: Receive buffers that are merged.
            type: bool
      guest:
        description: Those that the guest may take for what it receives.
        type: dict
        suboptions:
          csum:
            description: Checksums.
            type: bool
          tso4:
            description: TCP segmentation over IPv4.
            type: bool
          tso6:
            description: TCP segmentation over IPv6.
            type: bool
          ecn:
            description: TCP segmentation with explicit congestion notification.
            type: bool
          ufo:
            description: UDP fragmentation.
            type: bool
  restore:
    description:
      - The C(<interface>) that the NIC shall have again, as RV(before) of an earlier call has it.
    type: str
  emulator:
    description:
      - Path of the QEMU binary that starts the guest. It is run with C(--version), and libvirt is asked whether it has
        the domain's machine type, before anything is changed.
      - It must be the program itself and not a script, as its process has to show which one it is. libvirt must be let
        run it, which AppArmor and SELinux do by its path.
    type: str
    version_added: 0.3.0
  kernel:
    description:
      - Path of the kernel of a directly booted guest. What an x86 kernel says of itself is what the guest must say.
    type: str
    version_added: 0.3.0
  initrd:
    description:
      - Path of the initrd of a directly booted guest. It has the modules of one kernel. An empty one takes it away.
    type: str
    version_added: 0.3.0
  apply:
    description:
      - When it takes effect, V(next_boot) after the guest's next start, V(hotplug) and V(power_cycle) now.
    type: str
    choices: [next_boot, hotplug, power_cycle]
    default: next_boot
  verify:
    description:
      - Whether O(apply=hotplug) and O(apply=power_cycle) fail, and put back what was, unless the datapath is in effect,
        and the guest was started by the O(emulator), O(kernel) and O(initrd) that are given.
    type: bool
    default: true
attributes:
  diff_mode:
    description: Shows the stored C(<interface>) and the datapath in effect of each selected NIC.
  idempotent:
    support: partial
    details:
      - With O(fresh=true) every call renews the devices.
seealso:
  - module: virtio.lab.datapath_info
  - module: virtio.lab.vhost_toggle
author:
  - virtio.lab contributors (@virtio-lab)
"""

EXAMPLES = r"""
- name: Measure a guest behind a macvtap for a while
  virtio.lab.datapath:
    name: vhost-a
    mac: "52:54:00:00:96:01"
    datapath: macvtap_bridge
    apply: hotplug
    wait_for: address
  become: true
  register: moved

- name: Give it back what it had
  virtio.lab.datapath:
    name: vhost-a
    mac: "52:54:00:00:96:01"
    restore: "{{ moved.before }}"
    apply: hotplug
  become: true

- name: Start a guest by a QEMU of one's own
  virtio.lab.datapath:
    name: vhost-a
    datapath: vhost
    emulator: /opt/qemu-git/bin/qemu-system-x86_64
    apply: power_cycle
  become: true
  register: rebuilt

- name: Give it back the QEMU it had
  virtio.lab.datapath:
    name: vhost-a
    restore: "{{ rebuilt.before }}"
    emulator: "{{ rebuilt.build_before.emulator }}"
    apply: power_cycle
  become: true

- name: Let a guest have an emulated NIC from its next boot on
  virtio.lab.datapath:
    name: vhost-a
    datapath: e1000e
    hang_on: hands-on
  become: true

- name: vhost-net with a packed ring, proved by a restart
  virtio.lab.datapath:
    name: vhost-a
    datapath: vhost
    driver:
      packed: true
    apply: power_cycle
  become: true
"""

RETURN = r"""
datapath:
  description:
    - The datapath in effect, V(unknown) for a domain that does not run or where the witnesses do not name one,
      V(mixed) where the NICs differ. In check mode the one in effect now.
  type: str
  returned: success
  sample: macvtap_bridge
before:
  description: The stored C(<interface>) as it was, where one NIC is meant; for O(restore).
  type: str
  returned: success
  sample: <interface type="network"><mac address="52:54:00:00:96:01"/><source network="hands-on"/></interface>
build_before:
  description:
    - Paths of the emulator, the kernel and the initrd as they were stored, where one domain is meant; empty where it
      has none. They can be given to O(emulator), O(kernel) and O(initrd).
  type: dict
  returned: success
  sample: {emulator: /usr/bin/qemu-system-x86_64, kernel: "", initrd: ""}
interfaces:
  description: Both for each NIC that is meant.
  type: list
  elements: dict
  returned: success
  sample: [{domain: vhost-a, mac: "52:54:00:00:96:01", before: "<interface type='network'/>",
    build_before: {emulator: /usr/bin/qemu-system-x86_64, kernel: "", initrd: ""}}]
restart_required:
  description: Whether a guest that runs has yet to restart to use what is configured.
  type: bool
  returned: success
  sample: false
datapaths:
  description: The witnesses of the selected NICs as M(virtio.lab.datapath_info) returns them, taken at the end.
  type: list
  elements: dict
  returned: success
  sample: [{domain: vhost-a, datapath: macvtap_bridge, agree: true}]
actions:
  description:
    - What was done, or in check mode would be done, in order. C(prepare) makes links on the hypervisor and C(release)
      removes them. C(define) without C(mac) is about the programs that start the guest.
  type: list
  elements: dict
  returned: success
  sample:
    - action: prepare
      domain: vhost-a
      mac: "52:54:00:00:96:01"
      after: {links: [vlp525400009601, vlb525400009601]}
    - action: define
      domain: vhost-a
      mac: "52:54:00:00:96:01"
      before: {type: network, network: hands-on, model: virtio, driver: {name: vhost}}
      after: {type: direct, dev: vlp525400009601, mode: bridge, model: virtio, driver: {name: qemu}}
applied:
  description: The steps that took effect in other domains although one failed.
  type: list
  elements: str
  returned: failure
  sample: ["define vhost-b 52:54:00:00:96:02"]
"""

import re
from typing import Any, Dict

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.virtio.lab.plugins.module_utils._datapaths import _registry
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._exits import checked
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import Selector
from ansible_collections.virtio.lab.plugins.module_utils._links._check import check_name
from ansible_collections.virtio.lab.plugins.module_utils._sriov._find import PCI_ADDRESS
from ansible_collections.virtio.lab.plugins.module_utils._switch import _driver, _module, _plan, _programs
from ansible_collections.virtio.lab.plugins.module_utils._switch._edit import Edit

ARGUMENTS = {
    **_module.ARGUMENTS,
    "datapath": {"type": "str", "choices": list(_registry.NAMES)},
    "hang_on": {"type": "str"},
    "bridge": {"type": "str"},
    "parent": {"type": "str"},
    "model": {"type": "str"},
    "mtu": {"type": "int"},
    "offloads": _driver.offloads_spec(),
    "restore": {"type": "str"},
    "emulator": {"type": "str"},
    "kernel": {"type": "str"},
    "initrd": {"type": "str"},
}


# libvirt takes every other text for a network's name; none of XML has these characters.
_NETWORK = re.compile(r"[^\x00-\x1f\x7f/\ud800-\udfff\ufffe\uffff]{1,200}")


def edit_of(given: Dict[str, Any]) -> Edit:
    """Return what the NIC shall be; raises LabError for another backend than the datapath's, and for a wrong value."""
    if given["restore"] is not None:
        return Edit(None, before=given["restore"])
    wanted = _registry.datapath(given["datapath"])
    driver = _driver.with_offloads(_driver.flat(given["driver"] or {}), given["offloads"])
    named = driver.pop("name", None)
    if named not in (None, wanted.backend.driver):
        raise LabError(f"driver.name is {named}, and datapath {wanted.name} is {wanted.backend.title}; leave it out")
    if given["mtu"] is not None and not 68 <= given["mtu"] <= 65535:
        raise LabError(f"mtu is {given['mtu']}; 68 to 65535 bytes would be right")
    hangs = (given["hang_on"], given["bridge"], given["parent"])
    if given["hang_on"] is not None and (not _NETWORK.fullmatch(given["hang_on"]) or given["hang_on"].isspace()):
        raise LabError(f"hang_on is {given['hang_on']!r}; the name of a libvirt network would be right")
    on_vf = wanted.attachment.on_vf and PCI_ADDRESS.fullmatch(given["parent"] or "")
    for option in ("bridge",) if on_vf else ("bridge", "parent"):
        if given[option] is not None:
            check_name(given[option], option)
    if given["parent"] is not None and not wanted.attachment.has_parent:
        raise LabError(f"parent is {given['parent']}, and datapath {wanted.name} is on top of no link; leave it out")
    return Edit(wanted, driver, given["model"], given["mtu"], *hangs)


def main() -> None:
    module = checked(
        AnsibleModule(
            argument_spec=ARGUMENTS,
            mutually_exclusive=[("datapath", "restore"), ("hang_on", "bridge")],
            required_one_of=[("datapath", "restore")],
            required_if=[_module.REQUIRED_IF],
            supports_check_mode=True,
        )
    )
    given = module.params

    def wish(nics: Selector, how: Dict[str, Any]) -> _plan.Wish:
        build = _programs.only_given(given)
        return _plan.wish_for(edit_of(given), given["apply"], given["fresh"], nics, build=build, **how)

    _module.carry_out(module, wish)


if __name__ == "__main__":
    main()
