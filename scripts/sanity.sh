#!/usr/bin/env bash
# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# ansible-test sanity over a copy of the tree. Needs a Python package index and nothing else of the internet.
# Arguments go to ansible-test: scripts/sanity.sh --test validate-modules
# Of a whole run the names of the tests are shown, and the rest, which is in .cache/sanity.log, when one fails.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=$(cd "${VENV:-.venv}" && pwd)
PATH="$venv/bin:$PATH"
top=$PWD
build="$top/.cache/sanity"
# The folder of ansible-test's own virtual environments, kept between runs, outside the user's home.
home="$build/home"
python_version=$("$venv/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')

pip_of_python() {  # instead of the get-pip.py that ansible-test would download
    mkdir -p "$home/.ansible/test/cache"
    version=$(python -c "from types import SimpleNamespace as Python
from ansible_test._internal.python_requirements import get_venv_packages
print(get_venv_packages(Python(version='$python_version'))['pip'].replace('.', '_'))")
    cat >"$home/.ansible/test/cache/get_pip_$version.py" <<'PY'
import ensurepip

ensurepip.bootstrap(default_pip=True)
PY
}

pip_settings() {  # ansible-test drops the user's PIP_* variables: hand their meaning on as a file
    mkdir -p "$home/.config/pip"
    { echo '[global]'; python -m pip config list | sed -n "s/^[^.]*\.\(.*\)='\(.*\)'\$/\1 = \2/p" | sort -u -t= -k1,1; } \
        >"$home/.config/pip/pip.conf"
}

echo "sanity: copy of the tree in ${build#"$top"/}"
scripts/copy_tree.sh "$build"
pip_of_python
pip_settings
cd "$build/ansible_collections/virtio/lab"
git init --quiet  # a repository of its own, else the one above is asked, and that ignores .cache
echo "sanity: ansible-test sanity --python $python_version $*"
sanity=(env HOME="$home" ansible-test sanity --python "$python_version" --color no)
if [ $# -gt 0 ]; then
    "${sanity[@]}" "$@"
else
    "$top/scripts/watched.sh" "$build.log" '^Running sanity test' "${sanity[@]}"
fi
