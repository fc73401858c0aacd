#!/usr/bin/env bash
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# pytest with coverage of module_utils and plugin_utils. Arguments go to pytest: scripts/unit.sh -k lab_file
# The whole suite, without arguments, must take 90 % of the branches in module_utils.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=$(cd "${VENV:-.venv}" && pwd)
mkdir -p .cache
echo "== unit: pytest $*"
export COVERAGE_FILE=.cache/coverage
"$venv/bin/python" -m pytest --quiet --cov --cov-report=term "${@:---numprocesses=2}"
[ $# -eq 0 ] || exit 0

"$venv/bin/python" -m coverage json --quiet --include='plugins/module_utils/*' -o .cache/branches.json
"$venv/bin/python" - .cache/branches.json << 'PY'
import json
import sys

totals = json.load(open(sys.argv[1]))["totals"]
share = 100 * totals["covered_branches"] / totals["num_branches"]
print(f"== unit: {share:.1f} % of the branches in plugins/module_utils are taken; 90 % must be")
sys.exit(share < 90)
PY
