# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever observers meet, each is one finding of its own, in bounded time and memory."""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from types import ModuleType
from typing import Any, Callable

import pytest
from ansible_collections.runbook.ops.plugins.modules import (
    compose_health,
    http_health,
    log_scan,
    metrics_health,
    redis_health,
)

from tests.conftest import RunModule
from tests.servers.tls_servers import HOST, Behave, answering, close, serving, silent
from tests.servers.web_servers import dripping, flooding, page, sending, serving_at
from tests.stand_ins.engine_stand_in import describing, endless_log, engine, frame, log

pytestmark = pytest.mark.alone
SECONDS = 5
MEMORY = 32 * 1024 * 1024
MEGABYTE = 1024 * 1024
NO_PASSWORD = b"-NOAUTH Authentication required.\r\n"
FATAL = {"id": "logs.fatal", "pattern": "FATAL"}
Options = dict[str, Any]
Told = tuple[ModuleType, Options]


def slow(connection: socket.socket, over: threading.Event) -> None:
    """Answer after a third of a second."""
    over.wait(0.35)
    sending(page({"status": "UP"}))(connection, over)


def answer(kind: str, *result: Any) -> bytes:
    """The answer of a Prometheus to any query."""
    data = {"resultType": kind, "result": result}
    return page({"status": "success", "data": data})


NAN = answer("vector", {"metric": {}, "value": [1, "NaN"]})
NOTHING = answer("vector")
ONE = answer("scalar", 1, "1")
CHECK = {"id": "app.rate", "summary": "The rate", "expr": "rate", "threshold": {"critical": 5}}


@contextlib.contextmanager
def site(behave: Behave, **more: Any) -> Iterator[Told]:
    with serving(behave) as port:
        endpoint = {"name": "app", "url": f"http://{HOST}:{port}/", "json": {"status": "UP"}}
        latency = {"op": "gt", "warning": 300}
        yield (
            http_health,
            {
                "endpoints": [{**endpoint, **more}],
                "timeout": 0.5,
                "thresholds": {"latency": latency},
            },
        )


@contextlib.contextmanager
def loop() -> Iterator[Told]:
    with site(sending(page("", 302, "Location: /again\r\n"))) as (module, options):
        (endpoint,) = options["endpoints"]
        goal = {"name": "app", "url": endpoint["url"], "redirect_to": "https://localhost/"}
        yield module, {**options, "endpoints": [goal]}


@contextlib.contextmanager
def project(path: Path, behave: Behave | None) -> Iterator[Told]:
    with serving_at(path, behave) if behave else contextlib.nullcontext(str(path)) as address:
        yield compose_health, {"project": "shop", "docker_socket": address, "timeout": 0.5}


@contextlib.contextmanager
def cache(behave: Behave) -> Iterator[Told]:
    with serving(behave) as port:
        yield redis_health, {"login_host": HOST, "login_port": port, "timeout": 0.5}


@contextlib.contextmanager
def file(path: Path, *content: bytes) -> Iterator[Told]:
    with path.open("wb") as stream:
        stream.writelines(content)
    yield log_scan, {"sources": [{"name": "app", "path": str(path)}], "patterns": [FATAL]}


@contextlib.contextmanager
def container(path: Path, behave: Behave) -> Iterator[Told]:
    with serving_at(path, behave) as address:
        yield (
            log_scan,
            {
                "sources": [{"name": "app", "container": "backend"}],
                "patterns": [FATAL],
                "docker_socket": address,
                "timeout": 0.5,
            },
        )


@contextlib.contextmanager
def prometheus(behave: Behave, **more: Any) -> Iterator[Told]:
    with serving(behave) as port:
        yield (
            metrics_health,
            {
                "prometheus_url": f"http://{HOST}:{port}",
                "queries": [CHECK],
                "alerts": False,
                "timeout": 0.5,
                **more,
            },
        )


LONG_LINE = (*(b"x" * MEGABYTE for dummy in range(50)), b"\n")
BINARY = b"\x7fELF" + bytes(9000)
FUTURE = b"2999-01-01T00:00:00Z up\n"
Make = Callable[[Path], AbstractContextManager[Told]]
CASES: dict[str, tuple[Make, str, str, str]] = {
    "hangs": (
        lambda dummy: site(silent),
        "http.health", "critical", "no whole answer within 0.5 s",
    ),
    "drips": (
        lambda dummy: site(dripping),
        "http.health", "critical", "no whole answer within 0.5 s",
    ),
    "answers slowly": (lambda dummy: site(slow), "http.latency", "warning", "app answers in "),
    "answers 200 with a wrong body": (
        lambda dummy: site(sending(page({"status": "DOWN"}))),
        "http.health", "critical", "status",
    ),
    "answers 200 with no JSON": (
        lambda dummy: site(sending(page("<html>"))),
        "http.health", "critical", "JSON",
    ),
    "redirects in a loop": (lambda dummy: loop(), "http.redirect", "critical", "again"),
    "sends without an end": (
        lambda dummy: site(flooding),
        "http.health", "critical", "with a body that is too large to be read",
    ),
    "closes at once": (
        lambda dummy: site(close),
        "http.health", "critical", "the connection was closed without an answer",
    ),
    "closes early": (
        lambda dummy: site(sending(page({"status": "UP"})[:-5])),
        "http.health", "critical", "the connection was closed in the middle of the body",
    ),
    "engine is down": (
        lambda path: project(path, None),
        "compose.engine", "critical", "Cannot reach the Docker Engine",
    ),
    "engine hangs": (
        lambda path: project(path, silent),
        "compose.engine", "critical", "Cannot reach the Docker Engine",
    ),
    "Redis hangs": (
        lambda dummy: cache(silent),
        "redis.reachable", "critical", "no whole answer within 0.5 s",
    ),
    "Redis wants a password": (
        lambda dummy: cache(answering(NO_PASSWORD)),
        "redis.auth", "critical", "it wants a password",
    ),
    "line of 50 MB": (
        lambda path: file(path, *LONG_LINE),
        "logs.source", "warning", "52.4 MB more in lines that are too long to be lines",
    ),
    "line of 50 MB of a container": (
        lambda path: container(path, engine(log(frame(b"".join(LONG_LINE))))),
        "logs.source", "warning", "52.4 MB more in lines that are too long to be lines",
    ),
    "binary log": (
        lambda path: file(path, BINARY),
        "logs.source", "critical", "it is binary and holds no lines of text",
    ),
    "binary log in gzip": (
        lambda path: file(path, gzip.compress(BINARY)),
        "logs.source", "critical", "it is binary and holds no lines of text",
    ),
    "binary log of a container": (
        lambda path: container(path, engine(log(frame(BINARY)))),
        "logs.source", "critical", "it is binary and holds no lines of text",
    ),
    "log without an end": (
        lambda path: container(path, describing(endless_log)),
        "logs.source", "unknown", "it did not end within 0.5 s",
    ),
    "log from another time": (
        lambda path: file(path, FUTURE),
        "logs.clock", "warning", "after the clock of this host",
    ),
    "Prometheus answers NaN": (
        lambda dummy: prometheus(sending(NAN)),
        "app.rate", "unknown", "the query gives no number",
    ),
    "Prometheus answers nothing": (
        lambda dummy: prometheus(sending(NOTHING)),
        "app.rate", "unknown", "the query gives no number",
    ),
    "Prometheus hangs": (
        lambda dummy: prometheus(silent),
        "metrics.reachable", "critical", "no whole answer within 0.5 s",
    ),
    "Prometheus of another time": (
        lambda dummy: prometheus(sending(ONE), queries=[], clock=True),
        "metrics.clock", "warning", "behind that of this host",
    ),
}  # fmt: skip


HEALTHY: dict[str, Make] = {
    "site": lambda dummy: site(sending(page({"status": "UP"}))),
    "log file": lambda path: file(path, b"2020-01-01T00:00:00Z up\n"),
    "log of a container": lambda path: container(path, engine(log(frame(b"up\n")))),
    "Prometheus": lambda dummy: prometheus(sending(ONE)),
}


@pytest.mark.parametrize(("make", "check_id", "status", "cause"), CASES.values(), ids=CASES)
def test_one_finding_in_bounded_time_and_memory(
    run_module: RunModule, tmp_path: Path, make: Make, check_id: str, status: str, cause: str
) -> None:
    with make(tmp_path / "it") as (module, options):
        tracemalloc.start()
        started = time.monotonic()
        try:
            result = run_module(module, **options)
            memory = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        took = time.monotonic() - started
    findings = [check for check in result["checks"] if check["status"] != "ok"]
    assert [(check["id"], check["status"]) for check in findings] == [(check_id, status)]
    assert cause in findings[0]["summary"]
    assert took < SECONDS
    assert memory < MEMORY


@pytest.mark.parametrize("make", HEALTHY.values(), ids=HEALTHY)
def test_the_same_in_good_health_is_no_finding(
    run_module: RunModule, tmp_path: Path, make: Make
) -> None:
    with make(tmp_path / "it") as (module, options):
        result = run_module(module, **options)
    assert {check["status"] for check in result["checks"]} == {"ok"}
