# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the addresses of one host showed, as a table of cases."""

from __future__ import annotations

import dataclasses

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.judgement import (
    Certificate,
    Endpoint,
    Fault,
    Observation,
    Trust,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.visits import (
    Visit,
    judge_addresses,
    merge_visits,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Status

from tests.conftest import NOW
from tests.samples.certificates import described

ENDPOINT = Endpoint("a.example", 443, "a.example")
NEW = described("a.example", now=NOW)
OLD = dataclasses.replace(described("a.example", now=NOW, end=3), sha256="cd" * 32)
REFUSED = Fault("tls.reachable", "refused", "refuses the connection")
NO_ROUTE = Fault("tls.reachable", "unroutable", "has only addresses that this host ...")
PLAIN = Fault("tls.protocol", "not_tls", "answers, but not in TLS")


def visit(last: int, shown: Certificate | Fault, trust: Trust | None = None) -> Visit:
    seen = Observation(ENDPOINT.subject, ENDPOINT)
    if isinstance(shown, Fault):
        return Visit(f"10.0.0.{last}", dataclasses.replace(seen, fault=shown))
    seen = dataclasses.replace(seen, certificate=shown, trust=trust or Trust(0))
    return Visit(f"10.0.0.{last}", seen)


SAME = [visit(1, NEW), visit(2, NEW)]


@pytest.mark.parametrize(
    ("visits", "word", "status", "told"),
    [
        (SAME, "same", Status.OK, "serves the same at 2 of 2 addresses"),
        ([visit(1, NEW), visit(2, NO_ROUTE)], "partly_unroutable", Status.OK,
         "serves the same at 1 of 2 addresses; this host has no route to 10.0.0.2"),
        ([visit(1, NEW), visit(2, REFUSED)], "partly_unreachable", Status.WARNING,
         "does not answer at each address: 10.0.0.2 refuses the connection"),
        ([*SAME, visit(3, OLD)], "differing", Status.CRITICAL,
         ("does not serve the same at each address: 10.0.0.1, 10.0.0.2 serve abababababababab,"
          " which ends at 2026-05-01T04:00:00Z; 10.0.0.3 serves cdcdcdcdcdcdcdcd, which ends at"
          " 2026-02-03T04:00:00Z")),
        ([visit(1, NEW), visit(2, NEW, Trust(20))], "differing", Status.CRITICAL,
         ("does not serve the same at each address: 10.0.0.1 serves abababababababab, which ends at"
          " 2026-05-01T04:00:00Z (trust error 0); 10.0.0.2 serves abababababababab, which ends at"
          " 2026-05-01T04:00:00Z (trust error 20)")),
        ([visit(1, NEW), visit(2, PLAIN)], "differing", Status.CRITICAL,
         ("does not serve the same at each address: 10.0.0.1 serves abababababababab, which ends at"
          " 2026-05-01T04:00:00Z; 10.0.0.2 answers, but not in TLS")),
    ],
)  # fmt: skip
def test_addresses_are_compared(visits: list[Visit], word: str, status: Status, told: str) -> None:
    at_one = dataclasses.replace(ENDPOINT, address="10.0.0.1")
    verdict = judge_addresses(at_one, visits, NOW)
    assert (verdict.word, verdict.check.status) == (word, status)
    assert (verdict.check.id, verdict.check.subject) == ("tls.addresses", "a.example:443")
    assert verdict.check.summary == f"a.example:443 {told}."


def test_what_is_the_same_is_one_observation() -> None:
    (seen,) = merge_visits(ENDPOINT, SAME)
    assert (seen.subject, seen.certificate, seen.visits) == ("a.example:443", NEW, tuple(SAME))


@pytest.mark.parametrize("shown", [NEW, OLD], ids=["the same", "differing"])
def test_the_oldest_protocol_of_addresses_is_told(shown: Certificate) -> None:
    spoken = ["TLSv1.3", "TLSv1", "TLSv1.2"]
    visits = [
        Visit(one.address, dataclasses.replace(one.seen, protocol=protocol))
        for one, protocol in zip([*SAME, visit(3, shown)], spoken)
    ]
    assert merge_visits(ENDPOINT, visits)[0].protocol == "TLSv1"


def test_what_differs_is_an_observation_each() -> None:
    visits = [*SAME, visit(3, OLD), visit(4, REFUSED)]
    first, second = merge_visits(ENDPOINT, visits)
    assert (first.subject, first.certificate) == ("a.example:443 at 10.0.0.1", NEW)
    assert first.visits == tuple(visits)
    assert (second.subject, second.certificate) == ("a.example:443 at 10.0.0.3", OLD)
    assert second.endpoint is not None
    assert (second.endpoint.subject, second.visits) == (second.subject, ())


@pytest.mark.parametrize(
    ("faults", "told"),
    [
        ([NO_ROUTE, REFUSED, PLAIN], PLAIN),
        ([NO_ROUTE, REFUSED], REFUSED),
        ([NO_ROUTE, NO_ROUTE], NO_ROUTE),
    ],
)
def test_where_nothing_is_served_the_fault_that_tells_the_most_is_told(
    faults: list[Fault], told: Fault
) -> None:
    (seen,) = merge_visits(ENDPOINT, [visit(last, fault) for last, fault in enumerate(faults)])
    assert (seen.subject, seen.fault, seen.visits) == ("a.example:443", told, ())
