# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No value of a statement is shown, whatever way it is written."""

from __future__ import annotations

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.redaction import (
    Shown,
    read_shown,
    redact_sql,
)
from hypothesis import given
from hypothesis import strategies as st

SECRET = "s3cret"


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("select 'a', \"b'c\", 'd'", 'select ?, "b\'c", ?'),
        ("select 'it''s', 'x'", "select ?, ?"),
        (r"select E'it\'s', e'\\', 'x'", "select ?, ?, ?"),
        ("select E'it''s'", "select ?"),
        ("select B'01', x'FF', N'n', U&'d'", "select ?, ?, ?, ?"),
        ("do $$ begin 'x' end $$ language plpgsql", "do ? language plpgsql"),
        ("select $tag$ it's $$ here $tag$, $1, $22", "select ?, $1, $22"),
        ("select a$b$c from t$1", "select a$b$c from t$1"),
        ("limit 10 offset -1.5e-7, .5, 0x1F, 1_000", "limit ? offset -?-?, ?, ?, ?"),
        ("select t1.c2 from t1", "select t1.c2 from t1"),
        ("select größe1 from straße where x = 1", "select größe1 from straße where x = ?"),
        ("select 1 -- s3cret\nfrom t", "select ? from t"),
        ("select /* s3 /* nested */ cret */ a", "select a"),
        ("select a /* cut off s3cret", "select a"),
        ("select 'cut off s3cret", "select ?"),
        ("select E'cut off s3cret\\", "select ?"),
        ("select $x$ cut off s3cret", "select ?"),
        ('select "cut off', 'select "cut off'),
        ("/*s3cret*/alter role a password 's3cret'", "alter role a password ?"),
        ("", ""),
    ],
)
def test_values_are_replaced_and_shape_stays(statement: str, shown: str) -> None:
    assert redact_sql(statement) == shown


@pytest.mark.parametrize(
    "statement",
    [
        r"select 'it\'s', 's3cret'",  # ends at the first quote, or does not: we cannot know
        r"select 'C:\', 's3cret'",
        r"select 'a\\' , 's3cret'",
    ],
)
def test_nothing_is_shown_behind_a_backslash_that_may_end_the_literal_or_not(
    statement: str,
) -> None:
    assert redact_sql(statement) == "select ?"


QUOTED = st.sampled_from(
    [
        "'{}'", "E'{}'", "$${}$$", "$a${}$a$", "'x''{}'", "E'\\'{}'", "/*{}*/", "--{}\n",
        "/*/*'*/{}*/", "U&'{}'",
    ]
)  # fmt: skip


@given(parts=st.lists(st.one_of(QUOTED, st.sampled_from(["a ", " b1", '"q\'"', "$1 ", ", "]))))
def test_no_mixture_of_literals_and_comments_shows_a_value(parts: list[str]) -> None:
    statement = " ".join(part.replace("{}", SECRET) for part in parts)
    assert SECRET not in redact_sql(statement)


@given(text=st.text(alphabet="ab1'\"$\\/*-eE \n", max_size=60))
def test_any_text_is_redacted_without_an_error_and_on_one_line(text: str) -> None:
    assert "\n" not in redact_sql(text)


def test_a_long_statement_takes_no_long_time() -> None:
    assert redact_sql("'" + "a''" * 300_000) == "?"
    assert redact_sql("/*" * 100_000) == ""


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (Shown(0), None),
        (Shown(20), "select ?, ?"),
        (Shown(9), "select..."),
        (Shown(2), ".."),
        (Shown(20, redact=False), "select 'a', 1"),
    ],
)
def test_length_limits_what_is_shown(shown: Shown, text: str | None) -> None:
    assert shown.text("select 'a',\n  1") == text


def test_options_are_read_and_a_wrong_length_is_refused() -> None:
    assert read_shown({"query_length": 5, "redact": False}) == Shown(5, redact=False)
    with pytest.raises(OpsError) as caught:
        read_shown({"query_length": -1, "redact": True})
    assert caught.value.message == (
        "Cannot use query_length -1: it has to be from 0 to 1e+06. Correct query_length."
    )
