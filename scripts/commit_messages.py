# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Are the messages of new commits as CONTRIBUTING.md asks? commit_messages.py [REVISION...], as for git rev-list.

New are those since this script is as it is and since the last tag, but for what is published on origin/main. In a
shallow clone these are the commits after the oldest one. A tree without git, as in a tarball, has no commits to look
at; that is said, and passes.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LONGEST = 72
SMALL = 30  # changed lines that may go without a reason
_AREA = re.compile(r"(?:[\w.,/ -]{1,40}: )?(.*)", re.DOTALL)
_MACHINE_MADE = ("Merge ", "Revert ", "fixup! ", "squash! ", "amend! ")
# A sentence that begins so says what is; one that is asked of somebody begins with what to do.
_NO_VERBS = """
    a an the this that these those it its they their we our i my what which who when where why how all no one two every
    each some any more most now also not only
"""
# They end like another form of a verb, and are none.
_BASE_FORMS = """
    alias bias bleed breed bring canvas embed exceed feed focus heed need ping proceed ring seed shed shred sing speed
    spring sting string succeed swing wed weed
"""


def faults(message: str, changed: int) -> Iterator[str]:
    """What is wrong with a commit's message, of so many changed lines."""
    subject, _newline, rest = message.strip("\n").partition("\n")
    if subject.startswith(_MACHINE_MADE):
        return
    if len(subject) > LONGEST:
        yield f"the subject has {len(subject)} characters; {LONGEST} at most"
    if subject.endswith("."):
        yield "the subject ends with a full stop; leave it out"
    word = _first_word(subject)
    if not word:
        yield "the subject says nothing; say what the commit does"
    elif not _may_be_imperative(word):
        yield f"the subject begins with {word!r}; say what to do, as in 'Refuse what nobody planned'"
    if rest and not rest.startswith("\n"):
        yield "the line after the subject is not empty"
    if changed > SMALL and not rest.strip():
        yield f"no body, and {changed} lines are changed; say why from {SMALL + 1} lines on"


def _first_word(subject: str) -> str:
    said = _AREA.fullmatch(subject)
    found = re.match(r"[^\s,;:]+", said[1] if said else subject)
    return found[0] if found else ""


def _may_be_imperative(word: str) -> bool:
    lower = word.lower()
    if lower in _BASE_FORMS.split():
        return True
    if lower in _NO_VERBS.split() or re.fullmatch(r"[a-z]{2,}(?:ed|ing)", lower):
        return False
    return not re.fullmatch(r"[a-z]{2,}[^sui\W\d]s", lower)  # adds, fixes; not process, focus, this


def git(*argv: str) -> str:
    return subprocess.run(["git", "-C", ROOT, *argv], check=True, capture_output=True, text=True).stdout.strip()


def new() -> list[str]:
    """The range of the commits that are new; none where this script is not committed yet, as the rule came with it.

    Commits from before a change of the rule were held to the rule of their day.
    """
    came = git("log", "--format=%H", "-1", "--", "scripts/commit_messages.py")
    known = [came]
    for argv in (("describe", "--tags", "--abbrev=0"), ("rev-parse", "--verify", "--quiet", "origin/main")):
        with suppress(subprocess.CalledProcessError):  # no tag, no such branch
            known.append(git(*argv))
    return ["HEAD", *(f"^{revision}" for revision in known)] if came else ["--max-count=0", "HEAD"]


def main() -> int:
    try:
        if Path(git("rev-parse", "--show-toplevel")) != ROOT:
            raise FileNotFoundError(ROOT / ".git")
        asked = sys.argv[1:] or new()
        commits = git("rev-list", "--no-merges", "--reverse", *asked).split()
    except (OSError, subprocess.CalledProcessError) as none:
        said = getattr(none, "stderr", None) or none
        print(f"no commits of this tree to look at: {str(said).strip()}")
        return 1 if sys.argv[1:] else 0
    wrong = 0
    for commit in commits:
        lines = git("show", "--no-renames", "--numstat", "--format=", commit).splitlines()
        counts = [number for line in lines for number in line.split("\t")[:2] if number.isdigit()]
        for fault in faults(git("show", "--no-patch", "--format=%B", commit), sum(map(int, counts))):
            wrong += 1
            print(f"{commit[:9]}: {fault}")
    print(f"{len(commits)} commits, {wrong} faults" if wrong else f"{len(commits)} commits")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
