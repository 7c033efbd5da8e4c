# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Demo service of the lab's platforms, described by one JSON file.

usage: python3 -m demo.service CONFIG. CONFIG is an object of:
name (str), port (int);
routes: list of {path, kind, ...}; kind is one of
  static (body: object; the time is added), components (database and disk, 503 when one is down),
  ready (200, or 503 when the database does not answer), query (sql: rows as a list), metrics,
  page (title);
database, optional: {dsn, user_variable, password_variable, pool_size}, the variables being those
  of the environment that hold the credentials;
traffic, optional: {per_second, paths}: requests the service sends to itself, so that its metrics
  have samples and its database sessions are in use.

"""

from __future__ import annotations

import itertools
import json
import os
import queue
import shutil
import signal
import sys
import threading
import time
import urllib.request
import uuid
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

import psycopg2

from .metrics import Metrics

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection

POOL_WAIT = 2.0  # seconds a request waits for a connection
Answer = tuple[int, str, str]  # status, content type, body


def now() -> str:
    """The time, ISO 8601 in UTC."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def log(level: str, logger: str, message: str, trace: str = "-") -> None:
    """Write one structured line."""
    line = {
        "timestamp": now(),
        "level": level,
        "logger": logger,
        "message": message,
        "traceId": trace,
    }
    sys.stdout.write(json.dumps(line) + "\n")


class Pool:
    """A fixed number of database connections, used in turn and opened when first needed."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.size: int = settings["pool_size"]
        self._settings = settings
        self._free: queue.Queue[connection | None] = queue.Queue()
        for _ in range(self.size):
            self._free.put(None)

    @property
    def idle(self) -> int:
        """Connections nobody uses at the moment."""
        return self._free.qsize()

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """The rows of a statement. Raises psycopg2.Error, or queue.Empty when all are in use."""
        with self._borrowed() as session, session.cursor() as cursor:
            cursor.execute(sql)
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row)) for row in cursor.fetchall()]

    @contextmanager
    def _borrowed(self) -> Iterator[connection]:
        session = self._free.get(timeout=POOL_WAIT)
        try:
            if session is None or session.closed:
                session = self._connect()
            yield session
        finally:
            self._free.put(session)

    def _connect(self) -> connection:
        session = psycopg2.connect(
            self._settings["dsn"],
            user=os.environ[self._settings["user_variable"]],
            password=os.environ[self._settings["password_variable"]],
            connect_timeout=2,
            options="-c statement_timeout=5000",
        )
        session.autocommit = True
        return session


class Service:
    """Answers the routes of one configuration."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.name: str = config["name"]
        self.routes: dict[str, dict[str, Any]] = {r["path"]: r for r in config["routes"]}
        self.pool = Pool(config["database"]) if "database" in config else None
        self.metrics = Metrics()
        self._kinds: dict[str, Callable[[dict[str, Any]], Answer]] = {
            "static": lambda route: json_answer(200, {**route["body"], "timestamp": now()}),
            "components": lambda _: self._components(),
            "ready": lambda _: json_answer(*self._state()),
            "query": lambda route: json_answer(200, {"items": self._rows(route["sql"])}),
            "metrics": lambda _: (200, "text/plain; version=0.0.4", self._samples()),
            "page": page,
        }

    def answer(self, path: str) -> Answer:
        """The answer to a request; 503 when the database fails."""
        route = self.routes.get(path)
        if route is None:
            return json_answer(404, {"error": "Not Found", "path": path})
        try:
            return self._kinds[route["kind"]](route)
        except (psycopg2.Error, queue.Empty) as error:
            cause = str(error).strip() or "Connection pool exhausted"
            log("ERROR", f"{self.name}.database", cause, uuid.uuid4().hex)
            return json_answer(503, {"status": "DOWN", "error": "database"})

    def _rows(self, sql: str) -> list[dict[str, Any]]:
        return self.pool.rows(sql) if self.pool else []

    def _samples(self) -> str:
        pool = (self.pool.size, self.pool.idle) if self.pool else None
        return self.metrics.render(pool)

    def ready(self) -> bool:
        """Whether the database answers, or none is needed."""
        try:
            self._rows("SELECT 1")
        except (psycopg2.Error, queue.Empty):
            return False
        return True

    def _state(self) -> tuple[int, dict[str, Any]]:
        return (200, {"status": "UP"}) if self.ready() else (503, {"status": "DOWN"})

    def _components(self) -> Answer:
        disk = shutil.disk_usage("/")
        status, state = self._state()
        components = {
            "db": {**state, "details": {"database": "PostgreSQL"}},
            "diskSpace": {"status": "UP", "details": {"total": disk.total, "free": disk.free}},
        }
        return json_answer(status, {**state, "components": components})


def json_answer(status: int, body: dict[str, Any]) -> Answer:
    """An answer whose body is JSON."""
    return status, "application/json", json.dumps(body, default=str)


def page(route: dict[str, Any]) -> Answer:
    """A small web page."""
    head = f"<!doctype html><html lang=en><head><title>{route['title']}</title></head>"
    return 200, "text/html; charset=utf-8", f"{head}<body>{route['title']}</body></html>\n"


def handler(service: Service) -> type[BaseHTTPRequestHandler]:
    """The request handler class of a service."""

    class Handler(BaseHTTPRequestHandler):
        """Measures, answers and logs each request."""

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            begin = time.perf_counter()
            status, content_type, body = service.answer(path)
            uri = path if path in service.routes else "UNKNOWN"
            labels = f'method="GET",uri="{uri}",status="{status}"'
            service.metrics.observe(labels, time.perf_counter() - begin)
            log("INFO", f"{service.name}.request", f"GET {uri} {status}", uuid.uuid4().hex)
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_request(self, *_: Any) -> None:
            """Write nothing: do_GET wrote the log."""

    return Handler


def make_traffic(service: Service, port: int, traffic: dict[str, Any]) -> None:
    """Ask this service for its own pages, for ever, from the moment its database answers."""
    while not service.ready():
        time.sleep(0.5)
    for path in itertools.cycle(traffic["paths"]):
        time.sleep(1 / traffic["per_second"])
        with suppress(OSError):  # a failure is logged and counted where it was answered
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5).close()


def main() -> None:
    """Serve until told to stop."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    config: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    service = Service(config)
    server = ThreadingHTTPServer(("", config["port"]), handler(service))
    if "traffic" in config:
        arguments = (service, config["port"], config["traffic"])
        threading.Thread(target=make_traffic, args=arguments, daemon=True).start()
    version = os.environ.get("APP_VERSION", "unknown")
    log("INFO", service.name, f"Started {service.name} {version} on port {config['port']}")
    server.serve_forever()


if __name__ == "__main__":
    main()
