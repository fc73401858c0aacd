# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command runner, on real commands."""

from __future__ import annotations

import sys

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import ApplyError, LabError
from ansible_collections.virtio.lab.plugins.module_utils._runner import run


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_streams_and_code_come_back():
    result = run(
        python("import sys; print(input()); print('e', file=sys.stderr); sys.exit(3)"), stdin="in", check=False
    )
    assert result == (3, "in\n", "e\n")


def test_the_locale_is_c():
    assert run(python("import os; print(os.environ['LC_ALL'])")).stdout == "C\n"


def test_without_stdin_a_reader_sees_the_end():
    assert run(python("import sys; print(repr(sys.stdin.read()))"), timeout=20).stdout == "''\n"


def test_a_failure_names_command_code_and_last_line():
    with pytest.raises(LabError, match=r"failed with exit code 2: the end$"):
        run(python("import sys; print('begin\\nthe end', file=sys.stderr); sys.exit(2)"))


def test_a_silent_failure_says_so():
    with pytest.raises(LabError, match="it printed nothing"):
        run(python("raise SystemExit(1)"))


def test_a_missing_program_is_named():
    with pytest.raises(LabError, match="no-such-program: no such program"):
        run(["no-such-program"])


def test_a_slow_program_is_given_up():
    with pytest.raises(LabError, match=r"did not finish within 0\.2 s"):
        run(python("import time; time.sleep(20)"), timeout=0.2)


def test_bytes_that_are_no_text_do_not_break_it():
    assert run(python("import sys; sys.stdout.buffer.write(b'\\xff')")).stdout == "\ufffd"


def test_a_file_that_may_not_be_run_is_named(tmp_path):
    (tmp_path / "tool").write_text("#!/bin/sh\n")
    with pytest.raises(LabError, match="tool: may not be run by this user"):
        run([str(tmp_path / "tool")])


def test_only_standard_error_or_else_the_output_is_quoted():
    with pytest.raises(LabError, match=r"code 1: seen$"):
        run(python("print('seen'); raise SystemExit(1)"))


def test_the_rest_of_the_environment_stays(monkeypatch):
    monkeypatch.setenv("VIRTIO_LAB_TEST", "kept")
    assert run(python("import os; print(os.environ['VIRTIO_LAB_TEST'])")).stdout == "kept\n"


def test_words_reach_the_program_as_they_are():
    words = ["$HOME", "a b", "*", "'", '"', ";", ""]
    assert run([*python("import sys; print(sys.argv[1:])"), *words]).stdout == f"{words}\n"


def test_what_was_applied_is_told():
    applied = ("one", "two")
    assert ApplyError("half way", applied).applied == ["one", "two"]
