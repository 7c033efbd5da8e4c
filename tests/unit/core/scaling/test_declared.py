# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the number of containers is declared, and what can have no second one."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.scaling.declared import (
    Declared,
    Wish,
    plan_replicas,
    read_replicas,
    read_stated,
    read_wish,
    set_variable,
    summarise_replicas,
)

READS = {"deploy": {"replicas": "${API_REPLICAS:-1}"}}


def wish(replicas: int = 3, **more: Any) -> Wish:
    return Wish("api", replicas, "API_REPLICAS", **more)


def document(**service: Any) -> dict[str, Any]:
    return {"services": {"api": {"image": "a", **READS, **service}, "web": {"image": "b"}}}


@pytest.mark.parametrize(
    ("service", "variable"),
    [("api", "API_REPLICAS"), ("backend-api", "BACKEND_API_REPLICAS"), ("w.1", "W_1_REPLICAS")],
)
def test_variable_is_called_like_the_service(service: str, variable: str) -> None:
    given = {"service": service, "replicas": 2, "variable": None, "override": None}
    assert read_wish(given) == Wish(service, 2, variable)
    assert read_wish({**given, "variable": "N"}).variable == "N"


@pytest.mark.parametrize(
    "wrong", [{"replicas": 0}, {"replicas": 101}, {"variable": "A B"}, {"variable": "1\nX"}]
)
def test_wrong_option_is_refused(wrong: dict[str, Any]) -> None:
    given = {"service": "api", "replicas": 2, "variable": None, "override": None, **wrong}
    with pytest.raises(OpsError) as caught:
        read_wish(given)
    assert caught.value.code == "bad_option"


@pytest.mark.parametrize(
    ("service", "environment", "replicas"),
    [
        ({}, "", 1),
        ({}, "API_REPLICAS=4\n", 4),
        ({}, "API_REPLICAS=4\nexport API_REPLICAS = '5' # now\n", 5),
        ({}, "# API_REPLICAS=4\nXAPI_REPLICAS=7\n", 1),
        ({}, "API_REPLICAS=many\n", None),
        ({"deploy": {"replicas": "${API_REPLICAS-2}"}}, "", 2),
        ({"deploy": {"replicas": "${API_REPLICAS}"}}, "", None),
        ({"deploy": {}, "scale": "$API_REPLICAS"}, "API_REPLICAS=2", 2),
        ({"deploy": None, "scale": "${API_REPLICAS:-3}"}, "", 3),
        ({"ports": ["3000", "8000-8002:3000/tcp", {"target": 3000}]}, "", 1),
        ({"ports": [{"target": 1, "published": "8000-8010"}], "network_mode": "bridge"}, "", 1),
    ],
)
def test_number_is_read(service: dict[str, Any], environment: str, replicas: int | None) -> None:
    assert read_replicas(document(**service), environment, wish()) == Declared(replicas)


@pytest.mark.parametrize(
    ("service", "code", "cause"),
    [
        ({"container_name": "shop-api"}, "not_scalable", "its container_name shop-api can be"),
        ({"network_mode": "host"}, "not_scalable", "would share the ports of the host"),
        ({"ports": ["3000:3000"]}, "not_scalable", "a port of the host (3000) can be"),
        ({"ports": ["127.0.0.1:80:3000"]}, "not_scalable", "a port of the host (80)"),
        ({"ports": ["8000-8001:3000"]}, "not_scalable", "a port of the host (8000-8001)"),
        ({"ports": [{"target": 1, "published": 80}]}, "not_scalable", "a port of the host (80)"),
        ({"deploy": {"replicas": 2}}, "not_declared", "the Compose file says 2 how many"),
        ({"deploy": {}}, "not_declared", "the Compose file does not say how many"),
        ({"deploy": {"replicas": "${WEB_REPLICAS:-1}"}}, "not_declared", "says ${WEB_REPLICAS"),
        ({"deploy": {"replicas": "${API_REPLICAS:?}"}}, "not_declared", "says ${API_REPLICAS:?}"),
    ],
)
def test_what_cannot_be_scaled_is_refused(service: dict[str, Any], code: str, cause: str) -> None:
    with pytest.raises(OpsError) as caught:
        read_replicas(document(**service), "", wish())
    assert caught.value.code == code
    assert caught.value.message.startswith("Cannot scale api: ")
    assert cause in caught.value.message


@pytest.mark.parametrize(
    ("stated", "environment", "number"),
    [
        (2, "", 2),
        ("2", "", 2),
        ("${API_REPLICAS:-1}", "", 1),
        ("${API_REPLICAS:-1}", "API_REPLICAS=\n", 1),
        ("${API_REPLICAS:-1}", "WEB_REPLICAS=3\nAPI_REPLICAS=4\n", 4),
        ("$API_REPLICAS", "API_REPLICAS=4\n", 4),
        ("${API_REPLICAS}", "", None),
        ("${API_REPLICAS:-1}", "API_REPLICAS=many\n", None),
        ("${API_REPLICAS:?}", "API_REPLICAS=4\n", None),
        (-1, "", None),
        (None, "", None),
    ],
)
def test_number_that_a_file_states_is_told_whoever_reads_it(
    stated: Any, environment: str, number: int | None
) -> None:
    assert read_stated(stated, environment) == number


def test_one_container_may_have_a_name_and_a_port() -> None:
    given = document(container_name="shop-api", ports=["3000:3000"])
    assert read_replicas(given, "", wish(1)) == Declared(1)


@pytest.mark.parametrize("given", [None, {}, {"services": []}, {"services": {"web": {}}}])
def test_unknown_service_is_refused(given: Any) -> None:
    with pytest.raises(OpsError) as caught:
        read_replicas(given, "", wish())
    assert caught.value.code == "no_such_service"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "N=3\n"),
        ("A=1", "A=1\nN=3\n"),
        ("A='x\n y'\n", "A='x\n y'\nN=3\n"),
        ("N=1\nA=1\n", "N=3\nA=1\n"),
        ("N=1\nexport N=2\n# N=9\n", "N=1\nN=3\n# N=9\n"),
        ("A=1\r\nN=1", "A=1\r\nN=3"),
    ],
)
def test_one_line_is_set_and_every_other_stays(before: str, after: str) -> None:
    assert set_variable(before, "N", 3) == after


@pytest.mark.parametrize(
    ("former", "number", "rehearsed", "told"),
    [
        (1, 3, False, "Declared 3 containers of api, where 1 stood."),
        (3, 1, True, "Would declare 1 container of api, where 3 stood."),
        (None, 2, False, "Declared 2 containers of api, where no number stood."),
        (2, 2, False, "api is declared with 2 containers already."),
    ],
)
def test_change_is_told(former: int | None, number: int, rehearsed: bool, told: str) -> None:
    plan = plan_replicas(Declared(former), wish(number), "/opt/x/.env")
    assert plan.changes is (former != number)
    assert summarise_replicas(plan, rehearsed=rehearsed) == told


def test_reason_of_an_override_is_in_the_plan() -> None:
    plan = plan_replicas(Declared(1), wish(override="an attack"), "/opt/x/.env")
    assert plan.details["override"] == "an attack"
    assert "override" not in plan_replicas(Declared(1), wish(), "/opt/x/.env").details
