# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a shell line in a guest by its agent, and print what it prints: inside.py DOMAIN LINE."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time


def agent(domain: str, command: str, **arguments: object) -> dict:
    text = json.dumps({"execute": command, "arguments": arguments})
    argv = ["virsh", "--connect", "qemu:///system", "qemu-agent-command", domain, text]
    return json.loads(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)["return"]


def main() -> int:
    domain, line = sys.argv[1:]
    pid = agent(domain, "guest-exec", path="/bin/sh", arg=["-c", line], **{"capture-output": True})["pid"]
    while not (status := agent(domain, "guest-exec-status", pid=pid))["exited"]:
        time.sleep(0.1)
    print(base64.b64decode(status.get("out-data", "")).decode(), end="")
    return status["exitcode"]


if __name__ == "__main__":
    sys.exit(main())
