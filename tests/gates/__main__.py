"""`python -m tests.gates`: the gates on this tree; with a word, the table of that name."""

import sys

from tests.gates import imports, links, notices, requirements, sizes, words
from tests.gates.source import REPOSITORY

GATES = (imports, sizes, words, requirements, links)


def check() -> int:
    found = sorted({violation for gate in GATES for violation in gate.check(REPOSITORY)})
    for violation in found:
        print(violation)
    print(f"gates: {len(found)} violations" if found else "gates: all kept")
    return min(len(found), 1)


def shape() -> int:
    print(sizes.table(REPOSITORY))
    found = list(sizes.check(REPOSITORY))
    for violation in found:
        print(violation)
    return min(len(found), 1)


def requirement_list() -> int:
    print(requirements.table(REPOSITORY))
    (REPOSITORY / requirements.PAGE).write_text(requirements.page(REPOSITORY), encoding="utf-8")
    missing = requirements.missing(REPOSITORY)
    print(f"\n{len(missing)} requirements without a test; {requirements.PAGE} is written")
    return min(len(missing), 1)


def third_party() -> int:
    (REPOSITORY / notices.PAGE).write_text(notices.page(REPOSITORY), encoding="utf-8")
    print(f"{notices.PAGE} is written")
    return 0


PROGRAMS = {"check": check, "shape": shape, "requirements": requirement_list, "notices": third_party}

if __name__ == "__main__":
    sys.exit(PROGRAMS[sys.argv[1] if sys.argv[1:] else "check"]())
