#!/usr/bin/env bash
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# lock.sh: makes the files requirements*.lock anew: each Python package with its version and the hashes of
# its files, for Python 3.11 and newer. pip refuses what does not match, so a man in the middle of a download gets nothing in.
# Needs uv, which it installs into an environment that is thrown away.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
python3 -m venv "$tools"
"$tools/bin/pip" install --quiet --disable-pip-version-check uv

lock() { # lock FILE OPTION...: FILE.txt becomes FILE.lock
    "$tools/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --custom-compile-command scripts/lock.sh --output-file "$1.lock" "$1.txt" "${@:2}"
}

rm -f requirements.lock requirements-test.lock requirements-importer.lock # else the versions that are in them are kept
lock requirements
lock requirements-test --constraints requirements.lock
lock requirements-importer
