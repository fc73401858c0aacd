#!/usr/bin/env bash
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The inner loop, under a minute: lint of what changed since main (or since REV: check.sh REV) and the unit tests without
# the slow ones. `make test` has all of it.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=$(cd "${VENV:-.venv}" && pwd)
PATH="$venv/bin:$PATH"
base=$(git merge-base "${1:-main}" HEAD 2> /dev/null || git rev-parse HEAD)
mapfile -t changed < <({ git diff --name-only --diff-filter=d "$base"; git ls-files --others --exclude-standard; } | sort -u)

of() { # of PATTERN: the changed files whose names match
    printf '%s\n' "${changed[@]}" | grep -E "$1" || true
}

failed=()
try() { # try NAME COMMAND...
    local name=$1
    shift
    echo "== check: $name"
    "$@" || failed+=("$name")
}

mapfile -t python < <(of '\.py$')
mapfile -t yaml < <(of '\.ya?ml$')
mapfile -t shell < <(of '\.sh$|^\.ci/run$')
mapfile -t plays < <(of '^(roles|playbooks|molecule)/.*\.yml$')
if [ ${#python[@]} -gt 0 ]; then
    try ruff ruff check "${python[@]}"
    try "ruff format" ruff format --check "${python[@]}"
    try mypy scripts/lint.sh mypy
fi
[ ${#yaml[@]} -eq 0 ] || try yamllint yamllint --strict "${yaml[@]}"
[ ${#shell[@]} -eq 0 ] || try shellcheck shellcheck "${shell[@]}"
[ ${#plays[@]} -eq 0 ] || try ansible-lint ansible-lint --offline -q "${plays[@]}"
try "unit tests that take no seconds" python -m pytest --quiet --numprocesses=2 -m "not slow"

if [ ${#failed[@]} -gt 0 ]; then
    echo "== check: failed: ${failed[*]}"
    exit 1
fi
echo "== check: all passed"
