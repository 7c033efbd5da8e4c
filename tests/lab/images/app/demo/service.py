# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Demo service of the lab's platforms, described by one JSON file.

usage: python3 -m demo.service CONFIG. CONFIG is an object of:
name (str), port (int), log (json or plain), metrics (spring or node);
routes: list of {path, kind, ...}; kind is one of
  static (body: object; the time is added where "time" is true),
  health (up, down: the words for it; one for each part, 503 when one is down),
  components (database and disk, 503 when one is down),
  ready (200, or 503 when the database does not answer), query (sql: rows as a list),
  cached (sql, key, seconds: as query, kept in Redis), metrics, page (title);
database, optional: {dsn or dsn_variable, user_variable, password_variable, application_name,
  pool_size}, the variables being those of the environment that hold the value;
cache, optional: {url_variable, keys}: a Redis server, and what is to be in it, as a list of
  {prefix, count, seconds, bytes};
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
import socket
import sys
import threading
import time
import urllib.request
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable

import psycopg2

from .cache import Cache
from .log import Log, Request, now
from .metrics import Metrics
from .pool import Pool

REFILL = 3600  # seconds between two fillings of the cache
Answer = tuple[int, str, str]  # status, content type, body


class Service:
    """Answers the routes of one configuration."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.routes: dict[str, dict[str, Any]] = {r["path"]: r for r in config["routes"]}
        self.log = Log(config["name"], config.get("log", "json"))
        self.pool = Pool(config["database"]) if "database" in config else None
        self.cache = Cache(config["cache"]) if "cache" in config else None
        self.metrics = Metrics(config.get("metrics", "spring"))
        self._kinds: dict[str, Callable[[dict[str, Any]], Answer]] = {
            "static": static,
            "health": self._health,
            "components": lambda _: self._components(),
            "ready": lambda _: json_answer(*self._state()),
            "query": lambda route: json_answer(200, {"items": self._rows(route["sql"])}),
            "cached": self._cached,
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
            self.log.write("ERROR", cause, "database")
            return json_answer(503, {"status": "DOWN", "error": "database"})

    def _rows(self, sql: str) -> list[dict[str, Any]]:
        return self.pool.rows(sql) if self.pool else []

    def _cached(self, route: dict[str, Any]) -> Answer:
        kept = None
        try:
            kept = self.cache.ask("GET", route["key"]) if self.cache else None
        except OSError as error:
            self.log.write("WARN", f"Redis does not answer: {error}", "cache")
        if kept is not None:
            return 200, "application/json", kept
        answer = json_answer(200, {"items": self._rows(route["sql"])})
        with suppress(OSError):  # it was logged when the key was asked for
            if self.cache:
                self.cache.ask("SET", route["key"], answer[2], "EX", str(route["seconds"]))
        return answer

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

    def _cache_answers(self) -> bool:
        try:
            return self.cache is None or self.cache.ask("PING") == "PONG"
        except OSError:
            return False

    def _health(self, route: dict[str, Any]) -> Answer:
        parts = {"database": self.ready(), "redis": self._cache_answers()}
        words = {part: "up" if up else "down" for part, up in parts.items()}
        well = all(parts.values())
        body = {"status": route["up"] if well else route["down"], "services": words}
        return json_answer(200 if well else 503, body)

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


def static(route: dict[str, Any]) -> Answer:
    """The body that the route names, with the time where it asks for that."""
    return json_answer(
        200, {**route["body"], **({"timestamp": now()} if route.get("time") else {})}
    )


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
            service.metrics.observe(uri, status, time.perf_counter() - begin)
            data = body.encode()
            client = self.headers.get("X-Forwarded-For") or self.client_address[0]
            service.log.request(Request(client, uri, status, len(data)))
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("X-Instance", socket.gethostname())
            self.end_headers()
            self.wfile.write(data)

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


def keep_filled(cache: Cache) -> None:
    """Fill the cache now and then, for ever; a server that is not there yet is tried again soon."""
    while True:
        pause = 1
        with suppress(OSError):
            cache.fill()
            pause = REFILL
        time.sleep(pause)


def main() -> None:
    """Serve until told to stop."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    config: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    service = Service(config)
    server = ThreadingHTTPServer(("", config["port"]), handler(service))
    if service.cache:
        threading.Thread(target=keep_filled, args=(service.cache,), daemon=True).start()
    if "traffic" in config:
        arguments = (service, config["port"], config["traffic"])
        threading.Thread(target=make_traffic, args=arguments, daemon=True).start()
    version = os.environ.get("APP_VERSION", "unknown")
    service.log.write("INFO", f"Started {config['name']} {version} on port {config['port']}")
    server.serve_forever()


if __name__ == "__main__":
    main()
