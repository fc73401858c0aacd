# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must be as it was: the card, its virtual functions, the links and the guest's definition. PF GUEST."""

import glob
import json
import os
import subprocess
import sys

CARD, GUEST = sys.argv[1:]


def said(*argv):
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True).stdout


def function(path):
    with open(path + "/driver_override") as override:
        return [os.path.basename(os.path.realpath(path + "/driver")), override.read().strip()]


links = [link for link in json.loads(said("ip", "-j", "-d", "address")) if not link["ifname"].startswith("vnet")]
of_card = json.loads(said("ip", "-j", "-d", "link", "show", CARD))[0]
told = {
    "links": [[link["ifname"], link["address"], "UP" in link["flags"], link.get("master")] for link in links],
    "addresses": [[one["local"] for one in link["addr_info"] if one["scope"] == "global"] for link in links],
    "functions": {path: function(path) for path in sorted(glob.glob(f"/sys/class/net/{CARD}/device/virtfn*"))},
    "card": of_card["vfinfo_list"],
    "guest": said("virsh", "dumpxml", "--inactive", GUEST),
}
print(json.dumps(told, sort_keys=True))
