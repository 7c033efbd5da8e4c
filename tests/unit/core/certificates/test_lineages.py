# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lineages of certbot: whole, and renewed in time."""

from __future__ import annotations

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.lineages import (
    Lineage,
    judge_lineage,
)

from tests.conftest import NOW
from tests.samples.certificates import described


@pytest.mark.parametrize(
    ("lineage", "word", "status", "told"),
    [
        (Lineage(), "complete", "ok",
         "x has its four files and the settings for its renewal."),
        (Lineage(missing=("cert.pem", "chain.pem")), "incomplete", "critical",
         "x lacks cert.pem, chain.pem; ask certbot for this certificate again."),
        (Lineage(missing=("cert.pem",), dangling=("privkey.pem",)), "dangling_link", "critical",
         "x has links that lead nowhere: privkey.pem; restore the archive of certbot."),
        (Lineage(stopped="/x.conf does not exist"), "no_renewal", "critical",
         ("x is not renewed by certbot: /x.conf does not exist; mend that, or delete the"
          " lineage.")),
        (Lineage(stopped="/x.conf has autorenew = False", held=True), "held", "warning",
         ("x is not renewed by certbot: /x.conf has autorenew = False; take it out, or delete the"
          " lineage.")),
        (Lineage(missing=("cert.pem",), stopped="/x.conf has autorenew = False", held=True),
         "incomplete", "critical", "x lacks cert.pem; ask certbot for this certificate again."),
    ],
)  # fmt: skip
def test_a_lineage_is_whole_and_renewed(
    lineage: Lineage, word: str, status: str, told: str
) -> None:
    (found,) = judge_lineage("x", None, lineage, NOW)
    assert (found.word, found.check.status.label, found.check.summary) == (word, status, told)
    assert found.check.id == "tls.lineage"


@pytest.mark.parametrize(
    ("lifetime", "left", "before", "word"),
    [
        (90, 90, None, "not_due"),
        (90, 30.001, None, "not_due"),
        (90, 29.99, None, "due"),
        (90, 29.01, None, "due"),
        (90, 28.99, None, "renewal_overdue"),
        (90, -1, None, "renewal_overdue"),
        (200, 66, None, "not_due"),
        (200, 28.9, None, "renewal_overdue"),
        (47, 15.7, None, "not_due"),
        (47, 14.7, None, "due"),
        (47, 14.6, None, "renewal_overdue"),
        (6, 2.01, None, "not_due"),
        (6, 1.6, None, "due"),
        (6, 1.4, None, "renewal_overdue"),
        (90, 44, 45, "due"),
        (90, 43.9, 45, "renewal_overdue"),
        (90, 12, 10, "not_due"),
    ],
)
def test_a_renewal_that_did_not_come_is_overdue(
    lifetime: float, left: float, before: float | None, word: str
) -> None:
    made = described(now=NOW, begin=left - lifetime, end=left)
    found = judge_lineage("x", made, Lineage(renews_before=before), NOW)[1]
    status = "warning" if word == "renewal_overdue" else "ok"
    assert (found.check.id, found.word, found.check.status.label) == ("tls.renewal", word, status)
    assert found.check.remedy == "certificate_expired"


def test_an_overdue_renewal_says_what_to_run() -> None:
    made = described(now=NOW, begin=-70, end=20)
    assert judge_lineage("x", made, Lineage(), NOW)[1].check.summary == (
        "x should have been renewed 30.0 days before its end, and was not: run certbot renew, and"
        " read its log."
    )
