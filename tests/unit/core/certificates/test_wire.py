# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only a connection tells, each with a check that is there when it is wanted."""

from __future__ import annotations

import dataclasses

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.judgement import (
    Certificate,
    Endpoint,
    Observation,
    Trust,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.stapling import Stapling
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.visits import Visit
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.wire import (
    is_misordered,
    judge_wire,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Status

from tests.conftest import NOW
from tests.samples.certificates import described

SUBJECT = "a.example:443"
ENDPOINT = Endpoint("a.example", 443, "a.example")
PLAIN = Observation(SUBJECT, ENDPOINT, described(now=NOW), Trust(0))


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (PLAIN, []),
        (Observation("/a.pem"), []),
        (
            Observation(SUBJECT, ENDPOINT, visits=(Visit("10.0.0.1", PLAIN),)),
            [("tls.addresses", "same", Status.OK)],
        ),
        (
            Observation(SUBJECT, ENDPOINT, trust=Trust(0, misordered=True)),
            [("tls.chain_order", "out_of_order", Status.WARNING)],
        ),
        (dataclasses.replace(PLAIN, protocol="TLSv1.3"), []),
        (dataclasses.replace(PLAIN, protocol="TLSv1.2"), []),
        *(
            (
                dataclasses.replace(PLAIN, protocol=old),
                [("tls.protocol", "old_protocol", Status.WARNING)],
            )
            for old in ("SSLv3", "TLSv1", "TLSv1.1")
        ),
        (
            Observation(SUBJECT, ENDPOINT, stapling=Stapling("not_stapled")),
            [("tls.stapling", "not_stapled", Status.WARNING)],
        ),
    ],
)
def test_each_finding_has_its_check(
    found: Observation, told: list[tuple[str, str, Status]]
) -> None:
    verdicts = list(judge_wire(found, NOW))
    assert [(one.check.id, one.word, one.check.status) for one in verdicts] == told


def test_an_old_protocol_says_what_to_turn_on() -> None:
    (found,) = judge_wire(dataclasses.replace(PLAIN, protocol="TLSv1"), NOW)
    assert found.check.summary == (
        "a.example:443 speaks no newer TLS than TLSv1, which clients of today refuse: turn on TLS"
        " 1.2 and 1.3."
    )


LEAF = dataclasses.replace(described(now=NOW, issuer="CN=between"), subject="CN=leaf")
BETWEEN = dataclasses.replace(described(now=NOW, issuer="CN=root"), subject="CN=between")
ROOT = dataclasses.replace(described(now=NOW, issuer="CN=root"), subject="CN=root")


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ([], False),
        ([LEAF], False),
        ([LEAF, BETWEEN], False),
        ([LEAF, BETWEEN, ROOT], False),
        ([LEAF, ROOT, BETWEEN], True),
        ([LEAF, LEAF, BETWEEN], True),
    ],
)
def test_the_order_of_a_chain_is_seen(sent: list[Certificate], expected: bool) -> None:
    assert is_misordered(sent) is expected
