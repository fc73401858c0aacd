#!/usr/bin/python
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The code is plugins/action/lab_file.py: it runs on the control node.

from __future__ import annotations

DOCUMENTATION = r"""
module: lab_file
short_description: Read and check a lab file
version_added: 0.1.0
author: virtio.lab contributors (@virtio-lab)
description:
  - Reads a lab file, checks all of it before anything is changed, and returns the lab with its defaults filled in.
  - Everything that is wrong comes in one message, each with its line, its path such as V(guests[0].interfaces[1].mac),
    the value, and what would be right.
  - A lab file may be encrypted with ansible-vault. It is data - no templates are evaluated in it.
  - The format is described in C(docs/lab-file.md) of the collection.
options:
  path:
    description:
      - The lab file. A relative path is looked for from the current directory, then beside your playbook or role, as
        other files of Ansible are, then in the collection, whose own lab files are in its folder C(labs).
    type: path
    required: true
attributes:
  action:
    description: Runs on the control node.
    support: full
  check_mode:
    description: Never changes anything, so it does the same in check mode.
    support: full
  diff_mode:
    description: Returns the differences between before and after; here nothing changes.
    support: none
  idempotent:
    description: Reads only.
    support: full
notes:
  - When an image of the lab has a O(ignore:root_password), the result of the task is hidden as with C(no_log).
"""

EXAMPLES = r"""
- name: Read the lab
  virtio.lab.lab_file:
    path: labs/hands-on.yml
  register: lab_file

- name: Say what it compares
  ansible.builtin.debug:
    msg: "{{ lab_file.lab.name }} compares {{ lab_file.lab.campaign.datapaths | join(' and ') }}"
"""

RETURN = r"""
lab:
  description: The lab in its normal form, every default filled in.
  returned: success
  type: dict
  contains:
    name:
      description: Name of the lab, and the owner mark of all it makes.
      returned: always
      type: str
    description:
      description: What the lab is for.
      returned: when given
      type: str
    networks:
      description: Networks with name, mode, subnet, gateway, dhcp start and end, autostart.
      returned: always
      type: list
      elements: dict
    images:
      description: Images with name, kind and what belongs to the kind.
      returned: always
      type: list
      elements: dict
    guests:
      description: Guests with name, image, vcpus, memory_mib and interfaces (network, mac, datapath).
      returned: always
      type: list
      elements: dict
    campaign:
      description: Campaign with guest, seed, blocks, warmup_s, duration_s, datapaths and workloads.
      returned: always
      type: dict
  sample:
    name: hands-on
    networks:
      - name: hands-on
        mode: nat
        subnet: 192.168.150.0/24
        gateway: 192.168.150.1
        dhcp: {start: 192.168.150.2, end: 192.168.150.254}
        autostart: true
    images:
      - {name: tiny, kind: tiny}
    guests:
      - name: vhost-a
        image: tiny
        vcpus: 1
        memory_mib: 256
        interfaces:
          - {network: hands-on, mac: "52:54:00:00:96:01", datapath: vhost}
path:
  description: Where the file was found.
  returned: success
  type: str
  sample: /home/me/labs/hands-on.yml
"""
