"""Why a rule did not run, as people are told."""

import pytest

from dfe_returns.validate.not_run import reason


@pytest.mark.parametrize(
    ("lacks", "words"),
    [
        (("year",), "not in force in 2025-26"),
        (("previous_year",), "for want of last year's return"),
        (("Episodes", "postcodes"), "for want of the table Episodes and a postcode directory"),
        (("Episodes_last", "previous_year"), "for want of last year's return"),
        (("A", "B", "C"), "for want of the table A, the table B and the table C"),
        (("Header_last",), "for want of last year's table Header"),
        (("form",), "for want of the XML form of the return"),
        (("fault:ValueError",), "a fault of this program (ValueError); please report it"),
    ],
)
def test_the_reason_in_words(lacks, words):
    assert reason(lacks, "2025-26") == words
