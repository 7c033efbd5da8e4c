# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which containers there are, and who of them answers."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Status
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.http.exchange import Answer
from ansible_collections.runbook.ops.plugins.module_utils.core.scaling.replicas import (
    Replica,
    among,
    how_often,
    is_settled,
    judge_asked,
    judge_replicas,
    read_replicas,
)

NOW = datetime(2026, 1, 31, 4, 0, 0, tzinfo=timezone.utc)
IDENTITY = "0123456789abcdef" * 4


def replica(number: int, **given: Any) -> Replica:
    made = {
        "name": f"shop-api-{number}",
        "identity": f"{number}{IDENTITY}"[:64],
        "hostname": f"{number}{IDENTITY}"[:12],
        "addresses": (f"10.0.0.{number}", f"fd00::{number}"),
        "number": number,
        "state": "running",
        "health": "healthy",
    }
    return Replica(**{**made, **given})


ONE, TWO = replica(1), replica(2)


def served(*values: str, status: int = 200) -> list[Answer]:
    return [Answer(status, headers={"x-served-by": value}) for value in values]


def inspected(number: str, service: str = "api", **given: Any) -> dict[str, Any]:
    labels = {"com.docker.compose.service": service, "com.docker.compose.container-number": number}
    networks = {"b": {"IPAddress": "10.0.0.9"}, "a": {"IPAddress": "10.0.0.8"}, "c": {}}
    return {
        "Name": f"/shop-{service}-{number}",
        "Id": IDENTITY,
        "State": {"Status": "running", "Health": {"Status": "none"}},
        "Config": {"Labels": labels, "Hostname": "h"},
        "NetworkSettings": {"Networks": networks},
        **given,
    }


def test_containers_of_the_service_are_read_by_their_numbers() -> None:
    once = inspected("3")
    once["Config"]["Labels"] = {**once["Config"]["Labels"], "com.docker.compose.oneoff": "True"}
    bare = {"Name": "/x", "Config": {"Labels": {"com.docker.compose.service": "api"}}}
    found = read_replicas(
        [inspected("10"), inspected("2"), inspected("1", "web"), once, bare], "api"
    )
    assert [one.name for one in found] == ["x", "shop-api-2", "shop-api-10"]
    assert found[1].as_dict() == {
        "name": "shop-api-2",
        "address": "10.0.0.8",
        "addresses": ["10.0.0.8", "10.0.0.9"],
        "state": "running",
        "health": None,
    }
    assert found[0].as_dict()["address"] is None
    assert (found[0].state, found[0].serves) == ("unknown", False)


@pytest.mark.parametrize(
    ("replicas", "wanted", "status", "told"),
    [
        ([ONE, TWO], 2, Status.OK, "2 of 2 containers of api run and are healthy."),
        ([ONE, TWO], None, Status.OK, "2 of 2 containers of api run and are healthy."),
        ([ONE], 2, Status.CRITICAL, "1 of 2 containers of api run and are healthy."),
        ([ONE, TWO], 1, Status.CRITICAL, "2 of 1 containers of api run and are healthy."),
        ([], None, Status.CRITICAL, "0 of 1 containers of api run and are healthy."),
        (
            [ONE, replica(2, state="exited")],
            1,
            Status.CRITICAL,
            "1 of 1 containers of api run and are healthy; shop-api-2 is exited.",
        ),
        (
            [replica(1, health="starting")],
            1,
            Status.CRITICAL,
            "0 of 1 containers of api run and are healthy; shop-api-1 is starting.",
        ),
    ],
)
def test_number_is_judged(
    replicas: list[Replica], wanted: int | None, status: Status, told: str
) -> None:
    check = judge_replicas(replicas, wanted, "api", NOW)
    assert (check.status, check.summary) == (status, told)


@pytest.mark.parametrize(
    ("value", "known"),
    [
        ("10.0.0.1", True),
        ("10.0.0.1:3000", True),
        ("[fd00::1]:3000", True),
        ("shop-api-1", True),
        (f"1{IDENTITY}"[:12], True),
        (f"1{IDENTITY}"[:20], True),
        (f"1{IDENTITY}"[:6], False),
        ("10.0.0.11:3000", False),
        ("shop-api-10", False),
        (":3000", False),
        ("", False),
    ],
)
def test_container_is_known_by_what_a_header_can_say(value: str, known: bool) -> None:
    assert replica(1).is_named(value) is known
    assert not replica(1, hostname="", addresses=()).is_named("")


@pytest.mark.parametrize(
    ("answers", "faults"),
    [
        (served("10.0.0.1:3000", "10.0.0.2:3000"), ""),
        (served("10.0.0.1:3000"), "shop-api-2 is not asked"),
        (
            served("10.0.0.1:3000", "10.0.0.2:3000", "10.0.0.3:3000"),
            "10.0.0.3:3000 is asked and should not be",
        ),
        (
            served("10.0.0.1:3000", "10.0.0.3:3000, 10.0.0.2:3000"),
            "10.0.0.3:3000 is asked and should not be",
        ),
        (
            served("10.0.0.1:3000", "10.0.0.9:1 : 10.0.0.2:3000"),
            "10.0.0.9:1 is asked and should not be",
        ),
        ([Answer(200)], "no answer has the header X-Served-By, which tells whose it is"),
        (
            [*served("10.0.0.1", "10.0.0.2"), Answer(failure="connection refused")],
            "1 of 3 requests fail (connection refused)",
        ),
        (
            [*served("10.0.0.1"), *served("10.0.0.2", status=502)],
            "1 of 2 requests fail (it answers 502); shop-api-2 is not asked",
        ),
        (
            [Answer(failure="timeout")],
            "1 of 1 requests fail (timeout); shop-api-1 is not asked; shop-api-2 is not asked",
        ),
    ],
)
def test_who_answers_is_judged(answers: list[Answer], faults: str) -> None:
    check = judge_asked([ONE, TWO], answers, "X-Served-By", service="api", now=NOW)
    well = "The load balancer asks all 2 containers of api, and no other."
    assert check.summary == (f"The load balancer of api is wrong: {faults}." if faults else well)
    assert check.status is (Status.CRITICAL if faults else Status.OK)
    assert is_settled([ONE, TWO], answers, "X-Served-By") is (faults == "")


def test_some_can_be_meant_by_name() -> None:
    assert among([ONE, TWO], []) == (ONE, TWO)
    assert among([ONE, TWO], ["shop-api-2"]) == (TWO,)
    with pytest.raises(OpsError, match="Cannot ask for shop-api-3"):
        among([ONE, TWO], ["shop-api-3"])


def test_more_containers_are_asked_more_often() -> None:
    assert [how_often([ONE] * number) for number in (0, 1, 3, 10)] == [12, 12, 12, 40]
