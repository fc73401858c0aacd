# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A load generator reads what a guest's server sends, so it runs as nobody, with no capability but those it needs."""

from __future__ import annotations

import os
import pwd
from typing import List, Optional, Sequence

USER = "nobody"


def dropped(keep: Optional[Sequence[str]], user: str = USER) -> List[str]:
    """Return setpriv's options that leave a program the capabilities keep alone ("net_raw"); none where keep is None.

    Without root there is nothing to give away but the way back: what is executed cannot gain any.
    """
    if keep is None:
        return []
    if os.geteuid() != 0:
        return ["--no-new-privs"]
    account = pwd.getpwnam(user)
    kept = ",".join(["-all", *(f"+{capability}" for capability in keep)])
    return [
        *("--reuid", str(account.pw_uid), "--regid", str(account.pw_gid), "--clear-groups"),
        *("--inh-caps", kept, "--ambient-caps", kept, "--bounding-set", kept, "--no-new-privs"),
    ]
