"""`@covers("VOD-4")`: which requirement a test proves.

Works on functions and classes; `make requirements` reads the marks from the source, so the ids are literals.
"""

import re

import pytest

_ID = re.compile(r"[A-Z]{2,4}-[1-9][0-9]*")


def covers(*ids: str) -> pytest.MarkDecorator:
    """Mark a test as proof of these ids; a misspelt one fails at collection."""
    wrong = [one for one in ids if not _ID.fullmatch(one)]
    if wrong or not ids:
        raise ValueError(f"covers() wants ids such as 'VOD-4', got {wrong or 'none'}")
    return pytest.mark.covers(*ids)
