# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Prometheus on the loopback address, which scrapes a target of the test."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.servers.tls_servers import serving
from tests.servers.web_servers import page, sending

CONFIG = """
global: {{scrape_interval: 200ms, evaluation_interval: 200ms}}
rule_files: [{directory}/rules.yml]
scrape_configs:
  - job_name: backend
    static_configs: [{{targets: ["localhost:{target}"]}}]
  - job_name: gone
    static_configs: [{{targets: ["localhost:1"]}}]
"""
RULES = """
groups:
  - name: liyaqa
    rules:
      - {alert: ServiceDown, expr: up == 0, labels: {severity: critical}}
      - {alert: SlowResponseTime, expr: 'latency_seconds > 1', labels: {severity: high}}
      - {alert: Later, expr: up == 1, for: 1h, labels: {severity: critical}}
      - {alert: Watchdog, expr: vector(1), labels: {severity: none}}
"""
METRICS = """
http_requests_total{status="200",uri="/a"} 950
http_requests_total{status="500",uri="/a"} 50
latency_seconds{uri="/a"} 0.2
latency_seconds{uri="/b"} 3.5
"""


@contextlib.contextmanager
def running_prometheus(directory: Path) -> Iterator[str]:
    """Start the server of the distribution's package; gives its URL once everything was scraped."""
    program = shutil.which("prometheus")
    if program is None:
        raise RuntimeError("Cannot start Prometheus: it is not installed. Run make setup.")
    with serving(sending(page(METRICS, headers="Content-Type: text/plain\r\n"))) as target:
        (directory / "rules.yml").write_text(RULES)
        config = directory / "prometheus.yml"
        config.write_text(CONFIG.format(directory=directory, target=target))
        port = _free_port()
        command = [program, f"--config.file={config}", f"--storage.tsdb.path={directory}/data"]
        command += [f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
        server = subprocess.Popen(command)
        try:
            _wait(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait(url: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/api/v1/alerts") as answer:
            firing = [
                alert["labels"]["alertname"]
                for alert in json.load(answer)["data"]["alerts"]
                if alert["state"] == "firing"
            ]
            if {"ServiceDown", "SlowResponseTime"} <= set(firing):
                return
        time.sleep(0.1)
    raise RuntimeError(f"Cannot use Prometheus: nothing fired within {seconds:g} s.")
