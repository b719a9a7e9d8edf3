"""A hundred changes of meaning in one summary: each is shown as it now is, or flagged; none passes unseen."""

from __future__ import annotations

import pytest

from tests.mutations import Mutation, baseline, judge, mutated, new_rules, table
from tests.page_proof import fold


def test_the_table_is_long_and_its_lines_are_distinct() -> None:
    """A hundred different changes were promised."""
    assert len({mutation.what for mutation in table()}) == len({mutation.id for mutation in table()}) >= 100


def test_the_source_itself_is_read_completely() -> None:
    """Flags must come from the mutation, not from the document that was mutated."""
    assert baseline().lost == 0 and not baseline().incomplete


@pytest.mark.parametrize("mutation", table(), ids=lambda mutation: mutation.id)
def test_a_change_of_meaning_is_shown_or_flagged(mutation: Mutation) -> None:
    """The page must say what the document now says, and what it no longer says must be off the page."""
    before, after = baseline(), judge(mutated(mutation))
    assert after.lost == 0, "a statement of the changed document is not on the page"
    assert mutation.shown or mutation.gone or mutation.rule
    assert [words for words in mutation.shown if fold(words) not in after.text] == []
    assert [words for words in mutation.gone if fold(words) not in before.text] == [], "never was there"
    assert [words for words in mutation.gone if fold(words) in after.text] == []
    if mutation.rule:
        assert mutation.rule in new_rules(after)
    assert after.text != before.text or new_rules(after)
    if not mutation.gone and not mutation.rule:
        assert any(fold(words) not in before.text for words in mutation.shown), "proves nothing"
