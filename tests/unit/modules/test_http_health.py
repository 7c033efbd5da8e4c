# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module: options in, checks out."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.modules import http_health

from tests.conftest import RunModule
from tests.servers.tls_servers import serving, silent
from tests.servers.web_servers import flooding, page, sending


def asked(good: int, bad: int, quiet: int) -> list[tuple[str, int, dict[str, Any]]]:
    return [
        ("backend", good, {"json": {"status": "UP"}}),
        ("frontend", bad, {}),
        ("maintenance", bad, {"status": 503}),
        ("nginx", quiet, {}),
    ]


def test_each_endpoint_is_judged_on_its_own(run_module: RunModule) -> None:
    up, down = page({"status": "UP"}), page({"status": "DOWN"}, 503)
    with serving(sending(up)) as good, serving(sending(down)) as bad, serving(silent) as quiet:
        endpoints: list[dict[str, Any]] = [
            {"name": name, "url": f"http://localhost:{port}/api/health?key=hunter2", **expected}
            for name, port, expected in asked(good, bad, quiet)
        ]
        result = run_module(http_health, endpoints=endpoints, timeout=0.5)
    statuses = {(check["id"], check["subject"]): check["status"] for check in result["checks"]}
    assert statuses == {
        ("http.health", "backend"): "ok",
        ("http.latency", "backend"): "ok",
        ("http.health", "frontend"): "critical",
        ("http.latency", "frontend"): "ok",
        ("http.health", "maintenance"): "ok",
        ("http.latency", "maintenance"): "ok",
        ("http.health", "nginx"): "critical",
    }
    assert result["summary"] == "2 of 4 endpoints are healthy."
    assert (result["status"], result["changed"]) == ("critical", False)
    assert [one["status"] for one in result["endpoints"]] == [200, 503, 503, None]
    assert result["endpoints"][0]["url"] == f"http://localhost:{good}/api/health"
    assert "hunter2" not in str({key: result[key] for key in result if key != "invocation"})


def test_latency_has_its_own_limits(run_module: RunModule) -> None:
    with serving(sending(page("ok"))) as port:
        result = run_module(
            http_health,
            endpoints=[{"name": "site", "url": f"http://localhost:{port}/"}],
            thresholds={"latency": {"op": "gt", "warning": 0}},
            fail_on="warning",
        )
    assert result["failed"] is True
    assert result["checks"][1]["status"] == "warning"


def test_body_of_a_gigabyte_is_a_finding(run_module: RunModule) -> None:
    with serving(flooding) as port:
        url = f"http://localhost:{port}/"
        result = run_module(http_health, endpoints=[{"name": "site", "url": url}])
    assert result["checks"][0]["summary"] == (
        f"site answers 200 with a body that is too large to be read ({url})."
    )


def test_samples_give_median_and_percentile(run_module: RunModule) -> None:
    with serving(sending(page("ok"))) as port:
        result = run_module(
            http_health,
            endpoints=[{"name": "site", "url": f"http://localhost:{port}/"}],
            samples=5,
            thresholds={"latency_p95": {"op": "gt", "warning": 0}},
        )
    assert [(check["id"], check["status"]) for check in result["checks"]] == [
        ("http.health", "ok"),
        ("http.latency", "ok"),
        ("http.latency_p95", "warning"),
    ]
    (endpoint,) = result["endpoints"]
    assert 0 < endpoint["milliseconds"] <= endpoint["milliseconds_p95"]


def test_one_bad_sample_is_a_finding(run_module: RunModule) -> None:
    turns = iter([page("ok"), page("oh", 502), page("ok")])

    def behave(connection: socket.socket, over: threading.Event) -> None:
        sending(next(turns))(connection, over)

    with serving(behave) as port:
        url = f"http://localhost:{port}/"
        result = run_module(http_health, endpoints=[{"name": "site", "url": url}], samples=3)
    assert result["checks"][0]["summary"] == (
        f"site answers 502 where 200 is expected in 1 of 3 samples ({url})."
    )


def test_what_hangs_is_not_asked_again(run_module: RunModule) -> None:
    started = time.monotonic()
    with serving(silent) as quiet, serving(sending(page("ok"))) as good:
        endpoints = [
            {"name": str(port), "url": f"http://localhost:{port}/"} for port in (quiet, good)
        ]
        result = run_module(http_health, endpoints=endpoints, samples=20, timeout=0.3)
    assert time.monotonic() - started < 2
    assert [(check["id"], check["status"]) for check in result["checks"]] == [
        ("http.health", "critical"),
        ("http.health", "ok"),
        ("http.latency", "ok"),
        ("http.latency_p95", "ok"),
    ]


@pytest.mark.parametrize("more", [{}, {"redirect_to": "https://localhost/"}])
def test_many_that_hang_cost_one_timeout(run_module: RunModule, more: dict[str, str]) -> None:
    started = time.monotonic()
    with serving(silent) as quiet:
        url = f"http://localhost:{quiet}/"
        endpoints = [{"name": str(number), "url": url, **more} for number in range(20)]
        result = run_module(http_health, endpoints=endpoints, timeout=2)
    assert time.monotonic() - started < 3.9
    assert {check["status"] for check in result["checks"]} == {"critical"}
    assert len(result["checks"]) == 20


def test_redirect_is_followed_where_it_is_asked_for(run_module: RunModule) -> None:
    with serving(sending(page("ok"))) as goal:
        there = f"http://localhost:{goal}/"
        moved = page("", 301, f"Location: {there}login\r\n")
        again = page("", 302, "Location: /again\r\n")
        with serving(sending(moved)) as good, serving(sending(again)) as bad:
            endpoints = [
                {"name": name, "url": f"http://localhost:{port}/", "redirect_to": there}
                for name, port in (("plain", good), ("loop", bad))
            ]
            result = run_module(http_health, endpoints=endpoints)
    found = {(check["id"], check["subject"]): check["status"] for check in result["checks"]}
    assert found == {
        ("http.redirect", "plain"): "ok",
        ("http.latency", "plain"): "ok",
        ("http.redirect", "loop"): "critical",
        ("http.latency", "loop"): "ok",
    }
    assert result["summary"] == "1 of 2 endpoints are healthy."


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"endpoints": [{"name": "db", "url": "http://u:hunter2@db/"}]},
            (
                "Cannot use the URL of db: it holds a user name or a password."
                " Give http(s)://host[:port]/path, percent-encoded."
            ),
        ),
        (
            {"endpoints": [], "timeout": -1},
            (
                "Cannot wait -1 seconds for an answer: a timeout is more than 0 and at most an"
                " hour. Give timeout in seconds, such as 5."
            ),
        ),
        (
            {"endpoints": [], "thresholds": {"latency": {"warning": "soon"}}},
            (
                "Cannot use the threshold latency: could not convert string to float: 'soon'."
                " Give op (gt, ge, lt, le) and numbers, with warning reached before critical."
            ),
        ),
        (
            {"endpoints": [], "samples": 0},
            "Cannot take 0 samples: it is not 1 to 100. Correct samples.",
        ),
        ({"endpoints": [{"name": "db"}]}, "missing required arguments: url found in endpoints"),
        ({}, "missing required arguments: endpoints"),
    ],
)
def test_bad_option_is_refused(
    run_module: RunModule, options: dict[str, Any], message: str
) -> None:
    result = run_module(http_health, **options)
    assert (result["failed"], result["msg"]) == (True, message)
