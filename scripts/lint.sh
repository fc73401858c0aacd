#!/usr/bin/env bash
# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Every linter over the tree, all of them even when one complains. Arguments choose: scripts/lint.sh ruff mypy
set -euo pipefail
cd "$(dirname "$0")/.."
venv=$(cd "${VENV:-.venv}" && pwd)
PATH="$venv/bin:$PATH"
# The tree under the name by which Python and Ansible know it.
collections="$PWD/.cache/lint"
mkdir -p "$collections/ansible_collections/virtio"
ln -sfn "$PWD" "$collections/ansible_collections/virtio/lab"

lint_ruff() { ruff check && ruff format --check; }
lint_mypy() { MYPYPATH="$collections" mypy --package ansible_collections.virtio.lab.plugins; }
lint_python39() { # what runs on managed hosts; only a newer Python is here to try it
    vermin --target=3.9- --no-tips --violations plugins/modules plugins/module_utils
}
lint_yamllint() { yamllint --strict .; }
lint_ansible() { ansible-lint --offline -q; }
lint_shellcheck() { git ls-files -z '*.sh' .ci/run | xargs -0 -r shellcheck; }
lint_changelog() { antsibull-changelog lint; }

lint_doc() { # every module and every role has documentation that renders, without a complaint on the way
    local kind names said
    for kind in module role; do
        mapfile -t names < <(documented "$kind")
        said=$(ANSIBLE_COLLECTIONS_PATH="$collections" ansible-doc --type "$kind" "${names[@]}" 2>&1 > "$collections/$kind.txt")
        if [ -n "$said" ] || [ "$(grep -c '^> ' "$collections/$kind.txt")" -ne ${#names[@]} ]; then
            printf '%s\nof %s only these render:\n' "$said" "${names[*]}"
            grep '^> ' "$collections/$kind.txt"
            return 1
        fi
        echo "${#names[@]} ${kind}s render"
    done
}

documented() { # documented module|role: their full names
    local path
    case "$1" in
        module) for path in plugins/modules/*.py; do basename "$path" .py; done ;;
        role) for path in roles/*/meta/argument_specs.yml; do basename "${path%/meta/*}"; done ;;
    esac | sed 's/^/virtio.lab./'
}

[ $# -gt 0 ] || set -- ruff mypy python39 yamllint ansible shellcheck changelog doc
failed=()
for linter in "$@"; do
    echo "== lint: $linter"
    "lint_$linter" || failed+=("$linter")
done
if [ ${#failed[@]} -gt 0 ]; then
    echo "== lint: failed: ${failed[*]}"
    exit 1
fi
echo "== lint: all passed"
