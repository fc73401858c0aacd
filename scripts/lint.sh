#!/usr/bin/env bash
# Copyright (c) 2026, virtio.lab contributors
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
lint_reuse() { reuse lint --quiet || reuse lint; }
lint_readmes() { python scripts/role_readmes.py --check; }
lint_datapaths() { # the page and choices of the registry, and no code that compares a datapath with a name
    python scripts/datapaths_page.py --check
}
lint_commits() { python scripts/commit_messages.py; }
lint_words() { python scripts/plain_words.py; }
lint_rooms() { python scripts/import_graph.py --check; }
lint_docs() { # as the documentation site renders them
    (cd "$collections/ansible_collections/virtio/lab" && antsibull-docs lint-collection-docs --plugin-docs .)
}

lint_importer() { # as Galaxy takes the artifact in; ansible-lint and ansible-test run here on their own
    local folder="$PWD/.cache/importer" own="$PWD/.cache/importer-venv" said
    if [ requirements-importer.lock -nt "$own/stamp" ]; then
        python3 -m venv --clear "$own"
        "$own/bin/pip" install -qq --disable-pip-version-check --require-hashes --requirement requirements-importer.lock
        touch "$own/stamp"
    fi
    rm -rf "$folder"
    mkdir -p "$folder"
    ansible-galaxy collection build --force --output-path "$folder" > "$folder/build.log" || { cat "$folder/build.log"; return 1; }
    printf '[galaxy-importer]\nCHECK_REQUIRED_TAGS = True\nRUN_ANSIBLE_DOC = True\nRUN_ANSIBLE_LINT = False\n' > "$folder/importer.cfg"
    said=$(cd "$folder" && GALAXY_IMPORTER_CONFIG=$folder/importer.cfg PATH="$own/bin:$PATH" "$own/bin/python" -m galaxy_importer.main virtio-lab-*.tar.gz 2>&1) ||
        { printf '%s\n' "$said"; return 1; }
    if printf '%s\n' "$said" | grep -E '^(ERROR|WARNING|CRITICAL)'; then return 1; fi
    printf '%s\n' "$said" | grep -q 'Importer processing completed successfully' || printf '%s\n' "$said" | tail -n 3
    # Samples, tests, benchmarks and pages stay in the repository: what Galaxy hands out is code and its documentation.
    # The bound is there to see one of those slip in; it goes up with the code.
    python - "$folder"/virtio-lab-*.tar.gz <<'PY'
import os
import sys

kilobytes = os.path.getsize(sys.argv[1]) / 1000
print(f"the artifact has {kilobytes:.0f} kB; fewer than 700 are allowed")
sys.exit(kilobytes >= 700)
PY
}

lint_environment() { # the lists of an execution environment, as ansible-builder reads them
    local folder="$PWD/.cache/environment"
    rm -rf "$folder"
    mkdir -p "$folder/collections"
    ln -s "$collections/ansible_collections" "$folder/collections/ansible_collections"
    ansible-builder introspect --sanitize "$folder/collections" > "$folder/lists.yml" 2> "$folder/log" || { cat "$folder/log"; return 1; }
    if ! { grep -q 'scipy.*from collection virtio.lab' "$folder/lists.yml" &&
        grep -q 'openssh-client.*from collection virtio.lab' "$folder/lists.yml"; }; then
        echo "ansible-builder found no lists of the collection:"
        cat "$folder/lists.yml"
        return 1
    fi
    printf 'version: 3\nimages: {base_image: {name: "debian:13"}}\ndependencies:\n  galaxy: {collections: [virtio.lab]}\n' > "$folder/execution-environment.yml"
    ansible-builder create --file "$folder/execution-environment.yml" --context "$folder/context" > "$folder/log" 2>&1 || { cat "$folder/log"; return 1; }
    [ -s "$folder/context/Dockerfile" ] || [ -s "$folder/context/Containerfile" ] # named after the runtime that is here
}

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

[ $# -gt 0 ] || set -- ruff mypy python39 yamllint ansible shellcheck changelog doc reuse readmes rooms datapaths words commits docs importer environment
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
