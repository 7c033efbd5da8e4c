# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The address of a container, asked of a stand-in for the Docker Engine.

A real engine cannot be had wherever the unit tests run. The answers have the fields that Docker
20.10.24 gives; the lab asks a real one.
"""

from __future__ import annotations

import http.server
import json
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.engine.addresses import (
    read_address,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import (
    OpsError,
    UnreachableError,
)

Engine = Callable[[int, bytes], str]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Start an engine that gives one answer to everything; returns its socket."""
    servers = []

    def start(status: int, body: bytes) -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            def address_string(self) -> str:
                return "unix"

            def log_message(self, *dummy: Any) -> None:
                """Keep quiet."""

            def do_GET(self) -> None:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body if "/containers/shop%2Fdb/json" in self.path else b"wrong")

        path = str(tmp_path / "engine.sock")
        server = socketserver.UnixStreamServer(path, Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return path

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def inspected(
    networks: dict[str, Any] | None, *, mode: str = "bridge", state: str = "running"
) -> bytes:
    document = {
        "State": {"Status": state},
        "HostConfig": {"NetworkMode": mode},
        "NetworkSettings": {"Networks": networks},
    }
    return json.dumps(document).encode()


def ask(path: str) -> str:
    return read_address("shop/db", seconds=2, socket_path=path)


V4 = {"IPAddress": "172.18.0.2", "GlobalIPv6Address": "fd00::2"}
V6 = {"IPAddress": "", "GlobalIPv6Address": "fd00::3"}
NONE = {"IPAddress": "", "GlobalIPv6Address": ""}


@pytest.mark.parametrize(
    ("networks", "mode", "address"),
    [
        ({"shop": V4}, "shop", "172.18.0.2"),
        ({"b": V4, "a": V6}, "a", "fd00::3"),
        ({"a": NONE, "b": V4}, "a", "172.18.0.2"),
        ({"host": NONE}, "host", "127.0.0.1"),
    ],
)
def test_the_first_address_by_name_of_the_network(
    engine: Engine, networks: dict[str, Any], mode: str, address: str
) -> None:
    assert ask(engine(200, inspected(networks, mode=mode))) == address


@pytest.mark.parametrize("networks", [{"none": NONE}, {}, None])
def test_no_address(engine: Engine, networks: dict[str, Any] | None) -> None:
    with pytest.raises(OpsError) as caught:
        ask(engine(200, inspected(networks, mode="none")))
    assert (caught.value.code, caught.value.message) == (
        "no_address",
        (
            "Cannot reach container shop/db: it has no address on any network."
            " Connect it to a network that the host can reach."
        ),
    )


def test_a_container_that_is_not_running_does_not_answer(engine: Engine) -> None:
    with pytest.raises(UnreachableError) as caught:
        ask(engine(200, inspected({"shop": NONE}, state="exited")))
    assert (caught.value.code, caught.value.message) == (
        "container_not_running",
        "Cannot reach container shop/db: it is exited. Start container shop/db.",
    )


def test_no_such_container(engine: Engine) -> None:
    with pytest.raises(OpsError) as caught:
        ask(engine(404, b'{"message":"No such container: shop/db"}'))
    assert (caught.value.code, caught.value.message) == (
        "no_such_container",
        (
            "Cannot find container shop/db: the Docker Engine has no container of this name."
            " Correct its name; docker ps --all lists the names."
        ),
    )


def test_no_engine(tmp_path: Path) -> None:
    with pytest.raises(OpsError) as caught:
        ask(str(tmp_path / "absent.sock"))
    assert caught.value.code == "no_engine"
    assert caught.value.message == (
        f"Cannot reach the Docker Engine at {tmp_path}/absent.sock: No such file or directory."
        " Start the engine, or run as root or a member of the group docker."
    )


def test_what_is_no_json_is_a_failure(engine: Engine) -> None:
    with pytest.raises(OpsError) as caught:
        ask(engine(200, b"<html>"))
    assert caught.value.code == "engine_failed"
    assert caught.value.message.startswith(
        "Cannot read what the Docker Engine says: Expecting value"
    )


def test_another_refusal_of_the_engine_is_passed_on(engine: Engine) -> None:
    with pytest.raises(OpsError) as caught:
        ask(engine(500, b'{"message":"out of memory"}'))
    assert caught.value.code == "engine_refused"
