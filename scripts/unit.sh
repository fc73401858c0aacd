#!/usr/bin/env bash
# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# pytest with coverage of module_utils and plugin_utils. Arguments go to pytest: scripts/unit.sh -k lab_file
set -euo pipefail
cd "$(dirname "$0")/.."
venv=$(cd "${VENV:-.venv}" && pwd)
mkdir -p .cache
echo "== unit: pytest $*"
COVERAGE_FILE=.cache/coverage "$venv/bin/python" -m pytest --cov --cov-report=term "$@"
