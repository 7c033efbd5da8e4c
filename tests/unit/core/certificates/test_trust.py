# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a certificate is for its name, and its chain trusted."""

from __future__ import annotations

import dataclasses

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.judgement import (
    Certificate,
    Endpoint,
    Trust,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.trust import (
    judge_hostname,
    judge_trust,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Status

from tests.conftest import NOW
from tests.samples.certificates import described

PLACE = Endpoint("a.example", 443, "a.example")


def test_a_matching_name_is_fine() -> None:
    verdict = judge_hostname(PLACE, described("*.b.example", "a.example", now=NOW), NOW)
    assert (verdict.word, verdict.check.status) == ("matching", Status.OK)
    assert verdict.check.summary == (
        "a.example:443 serves a certificate for the name that was asked for."
    )


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ((), "no name at all"),
        (("b.example",), "b.example"),
        (tuple("bcdefgh"), "b, c, d, e, f and 2 more"),
    ],
)
def test_another_name_is_critical(names: tuple[str, ...], told: str) -> None:
    verdict = judge_hostname(PLACE, described(*names, now=NOW), NOW)
    assert (verdict.word, verdict.check.status) == ("hostname_mismatch", Status.CRITICAL)
    assert verdict.check.summary == (
        f"a.example:443 serves a certificate that is not for a.example, but for {told}."
    )


MADE = described(now=NOW, issuer="CN=R")
ISSUER = dataclasses.replace(MADE, subject="CN=R", issuer="CN=Q", sha256="cd" * 32)
WRONG = dataclasses.replace(ISSUER, subject="CN=S")


@pytest.mark.parametrize(
    ("sent", "word"),
    [
        ([MADE, MADE], "incomplete_chain"),
        ([MADE, WRONG], "incomplete_chain"),
        ([MADE, ISSUER], "untrusted_issuer"),
        ([MADE, WRONG, ISSUER], "untrusted_issuer"),
        ([], "untrusted_issuer"),
    ],
    ids=["twice", "a wrong one behind it", "its issuer", "its issuer at the end", "damaged"],
)
def test_a_chain_without_the_issuer_is_incomplete(sent: list[Certificate], word: str) -> None:
    trust = Trust(20, sent=len(sent) or 2, chain=tuple(sent))
    assert judge_trust("x", MADE, trust, now=NOW).word == word


def test_a_certificate_that_is_sent_twice_is_not_its_own_issuer() -> None:
    """It has the name of its issuer, which is another one."""
    made = dataclasses.replace(MADE, subject="CN=R")
    trust = Trust(20, sent=2, chain=(made, made))
    assert judge_trust("x", made, trust, now=NOW).word == "incomplete_chain"


@pytest.mark.parametrize(
    ("trust", "end", "word", "told"),
    [
        (Trust(0), 9, "trusted", "serves a chain that leads to a trust anchor"),
        (Trust(0, outdated=True), -1, "trusted", "serves a chain that leads to a trust anchor"),
        (Trust(0, outdated=True), 9, "chain_outdated", ("serves a valid certificate, but one above"
         " it in the chain is outside of its validity")),
        (Trust(18, sent=1), 9, "self_signed",
         "serves a certificate that is signed by itself and is no trust anchor"),
        (Trust(20, sent=1), 9, "incomplete_chain",
         ("does not send the issuer of its certificate, CN=R, which is no trust anchor either:"
         " it must send its intermediates, unless this issuer is to be trusted")),
        (Trust(20, sent=2), 9, "untrusted_issuer",
         "serves a certificate of CN=R, whose chain leads to no trust anchor"),
        (Trust(20, sent=None), 9, "untrusted_issuer",
         "serves a certificate of CN=R, whose chain leads to no trust anchor"),
        (Trust(19, sent=2), 9, "untrusted_issuer",
         "serves a certificate of CN=R, whose chain leads to no trust anchor"),
        (Trust(7, "bad signature"), 9, "chain_invalid",
         "serves a chain that does not verify: bad signature"),
    ],
)  # fmt: skip
def test_trust_is_judged_apart(trust: Trust, end: float, word: str, told: str) -> None:
    made = described(now=NOW, begin=-9, end=end, issuer="CN=R")
    verdict = judge_trust("x", made, trust, now=NOW)
    assert (verdict.word, verdict.check.value) == (word, word)
    assert verdict.check.status is (Status.OK if word == "trusted" else Status.CRITICAL)
    assert verdict.check.summary == f"x {told}."
