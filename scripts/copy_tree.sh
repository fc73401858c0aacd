#!/usr/bin/env bash
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# copy_tree.sh FOLDER: the collection as it stands (with what is not committed yet, without what git ignores) as
# FOLDER/ansible_collections/virtio/lab, which is where Ansible's own test tools want to find it.
set -euo pipefail
cd "$(dirname "$0")/.."
dest="$1/ansible_collections/virtio/lab"
rm -rf "$dest"
mkdir -p "$dest"
git ls-files -z --cached --others --exclude-standard \
    | while IFS= read -r -d '' path; do [ ! -e "$path" ] || printf '%s\0' "$path"; done \
    | tar --create --null --files-from=- --file=- | tar --extract --file=- --directory="$dest"
