# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificates above: their end and their order."""

from __future__ import annotations

import dataclasses

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.chain import (
    judge_chain_end,
    judge_order,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.expiry import Limits
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.judgement import (
    Certificate,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Status
from ansible_collections.runbook.ops.plugins.module_utils.core.thresholds import Threshold

from tests.conftest import NOW
from tests.samples.certificates import described

LIMITS = Limits(Threshold("lt", 30, 7))


def made(name: str, issuer: str, end: float = 90, *, authority: bool = True) -> Certificate:
    issued = described(now=NOW, begin=-400, end=end, issuer=f"CN={issuer}")
    return dataclasses.replace(issued, subject=f"CN={name}", authority=authority)


LEAF = made("leaf", "middle", authority=False)
MIDDLE = made("middle", "root", 900)
ROOT = made("root", "root", 3000)


@pytest.mark.parametrize(
    ("end", "word", "status", "told"),
    [
        (91, "outlasts", Status.OK, "ends in 91.0 days, at 2026-05-02T04:00:00Z."),
        (90, "outlasts", Status.OK, "ends in 90.0 days, at 2026-05-01T04:00:00Z."),
        (60, "ends_first", Status.WARNING,
         ("ends in 60.0 days, at 2026-04-01T04:00:00Z, before it: renew under another authority,"
          " and send its chain.")),
        (6, "ends_first", Status.CRITICAL,
         ("ends in 6.0 days, at 2026-02-06T04:00:00Z, before it: renew under another authority,"
          " and send its chain.")),
        (-2, "ends_first", Status.CRITICAL,
         ("ended 2.0 days ago, at 2026-01-29T04:00:00Z, before it: renew under another authority,"
          " and send its chain.")),
    ],
)  # fmt: skip
def test_the_first_end_above_the_leaf(end: float, word: str, status: Status, told: str) -> None:
    chain = (LEAF, ROOT, made("middle", "root", end))
    found = judge_chain_end("x", chain, LIMITS, now=NOW)
    assert found is not None
    assert (found.word, found.check.status, found.check.value) == (word, status, end)
    assert found.check.summary == f"The certificate CN=middle above that of x {told}"
    assert (found.check.id, found.check.unit) == ("tls.chain_expiry", "days")


def test_an_early_end_above_a_leaf_that_ends_sooner_is_its_own_affair() -> None:
    chain = (made("leaf", "middle", 2, authority=False), made("middle", "root", 3))
    found = judge_chain_end("x", chain, LIMITS, now=NOW)
    assert found is not None
    assert (found.word, found.check.status) == ("outlasts", Status.OK)


@pytest.mark.parametrize("chain", [(), (LEAF,)])
def test_without_anything_above_there_is_no_question(chain: tuple[Certificate, ...]) -> None:
    assert judge_chain_end("x", chain, LIMITS, now=NOW) is None
    assert judge_order("x", chain, NOW) is None


@pytest.mark.parametrize(
    ("chain", "word", "status", "told"),
    [
        ((LEAF, MIDDLE), "ordered", Status.OK, "x has its chain in order."),
        ((LEAF, MIDDLE, ROOT), "ordered", Status.OK, "x has its chain in order."),
        ((LEAF, ROOT, MIDDLE), "out_of_order", Status.WARNING,
         ("x has CN=root right behind CN=leaf, which CN=middle signed: sort the chain, and leave"
          " out what does not belong to it.")),
        ((MIDDLE, LEAF), "leaf_not_first", Status.CRITICAL,
         ("x begins with CN=middle, not with the certificate of the server: put CN=leaf first.")),
    ],
)  # fmt: skip
def test_each_certificate_stands_behind_the_one_that_it_signed(
    chain: tuple[Certificate, ...], word: str, status: Status, told: str
) -> None:
    found = judge_order("x", chain, NOW)
    assert found is not None
    assert (found.word, found.check.status, found.check.summary) == (word, status, told)
    assert found.check.id == "tls.chain_order"


@pytest.mark.parametrize("store", [(ROOT, MIDDLE), (LEAF, dataclasses.replace(LEAF, serial="2"))])
def test_a_store_of_certificates_has_no_order(store: tuple[Certificate, ...]) -> None:
    assert judge_order("x", store, NOW) is None
