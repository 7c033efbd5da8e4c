# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real nginx that balances between real servers, all on loopback addresses."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.acme import free_port
from tests.servers.tls_servers import Behave, serving
from tests.servers.web_servers import page, sending
from tests.stand_ins.compose_stand_in import container, project_engine

ADDRESSES = ("127.0.1.1", "127.0.1.2", "127.0.1.3")
_START_SECONDS = 10
_CONFIGURATION = """\
worker_processes 2;
pid nginx.pid;
error_log error.log;
events {}
http {
    access_log off;
    client_body_temp_path temp;
    proxy_temp_path temp;
    fastcgi_temp_path temp;
    uwsgi_temp_path temp;
    scgi_temp_path temp;
    include upstream.conf;
    include extra*.conf;
    server {
        listen 127.0.0.1:%d;
        add_header X-Served-By $upstream_addr always;
        location / { proxy_pass http://api; }
    }
}
"""


@dataclass(frozen=True)
class Balancer:
    """Where nginx is, and the port that its servers have in common."""

    home: Path
    port: int
    servers_port: int

    @property
    def command(self) -> list[str]:
        """The command that nginx is told with."""
        path = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or "nginx"
        return [path, "-p", str(self.home), "-e", "error.log", "-c", "nginx.conf"]

    @property
    def url(self) -> str:
        """What is asked."""
        return f"http://127.0.0.1:{self.port}/"

    def servers(self, *addresses: str) -> list[str]:
        """The addresses with the port."""
        return [f"{address}:{self.servers_port}" for address in addresses]

    def options(self, *addresses: str, **given: Any) -> dict[str, Any]:
        """The options of ``nginx_upstream`` that have it ask these addresses."""
        return {
            "path": str(self.home / "upstream.conf"),
            "upstream": "api",
            "servers": self.servers(*addresses),
            "test": [*self.command, "-t"],
            "reload": [*self.command, "-s", "reload"],
            **given,
        }


@contextlib.contextmanager
def balanced(home: Path) -> Iterator[Balancer]:
    """Run one server at each of ``ADDRESSES``, and an nginx that asks the first of them."""
    with contextlib.ExitStack() as stack:
        answer = sending(page("served"))
        port = stack.enter_context(serving(answer, address=ADDRESSES[0]))
        for address in ADDRESSES[1:]:
            stack.enter_context(serving(answer, address=address, port=port))
        made = Balancer(home, free_port(), port)
        (home / "nginx.conf").write_text(_CONFIGURATION % made.port, "utf-8")
        (home / "upstream.conf").write_text(
            f"upstream api {{ zone api 64k; server {made.servers(ADDRESSES[0])[0]}; }}\n", "utf-8"
        )
        running = subprocess.Popen([*made.command, "-g", "daemon off;"])
        stack.callback(running.wait)
        stack.callback(running.terminate)
        _wait_for(made.url)
        yield made


def replicas_engine(states: Mapping[str, str]) -> Behave:
    """An engine whose service ``api`` has a container in a state at each address."""
    containers = []
    for number, (address, state) in enumerate(states.items(), start=1):
        one = container("api", number=number, state={"Status": state})
        one["Config"]["Labels"]["com.docker.compose.container-number"] = str(number)
        one["NetworkSettings"] = {"Networks": {"shop": {"IPAddress": address}}}
        containers.append(one)
    return project_engine(containers)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not _answers(url):
        if time.monotonic() > deadline:
            raise TimeoutError("nginx does not answer")
        time.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):
            return True
    except urllib.error.URLError:
        return False
