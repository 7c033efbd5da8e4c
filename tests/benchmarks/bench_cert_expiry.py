# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""200 TLS endpoints: one task of cert_expiry against a loop of community.crypto.get_certificate.

Both run through ``ansible-playbook -c local`` against the same servers on the loopback address,
each with a certificate of its own. The loop takes minutes, so a sample of it is measured and
scaled; what a playbook costs without a task is measured too and taken off both.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / ".ansible/collections")]

from tests.certificates import Issued, issue
from tests.tls_servers import HOST, context_for

ENDPOINTS = 200
SAMPLE = 20
ROUNDS = 3


async def leave(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """End a connection once its handshake is done."""
    writer.close()


async def serve_all(authority: Issued, ports: Connection) -> None:
    """Serve ``ENDPOINTS`` certificates, each on a port of its own, and tell the ports."""
    servers = [
        await asyncio.start_server(
            leave, HOST, 0, ssl=context_for(issue("localhost", HOST, by=authority)), backlog=16
        )
        for dummy in range(ENDPOINTS)
    ]
    ports.send([server.sockets[0].getsockname()[1] for server in servers])
    await asyncio.Event().wait()


def start(authority: Issued, ports: Connection) -> None:
    """Serve in a process of its own, so that the clients have their cores for themselves."""
    asyncio.run(serve_all(authority, ports))


@contextlib.contextmanager
def endpoints(authority: Issued) -> Iterator[list[int]]:
    """The ports of the servers, for as long as the block lasts."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("fork").Process(target=start, args=(authority, theirs))
    server.start()
    try:
        yield ours.recv()
    finally:
        server.terminate()
        server.join()


def seconds_of(directory: Path, tasks: list[dict[str, Any]]) -> float:
    """The shortest of ``ROUNDS`` runs of a playbook with ``tasks``."""
    playbook = directory / "playbook.json"
    playbook.write_text(
        json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]),
        encoding="utf-8",
    )
    collections = (ROOT / ".ansible/collections", *(Path(path) for path in sys.path))
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(str(path) for path in collections),
    }
    command = [
        str(Path(sys.executable).with_name("ansible-playbook")),
        "--connection=local",
        "--inventory=localhost,",
        f"--extra-vars=ansible_python_interpreter={sys.executable}",
        str(playbook),
    ]
    return min(timed(command, environment) for dummy in range(ROUNDS))


def timed(command: list[str], environment: dict[str, str]) -> float:
    """Run ``command``, which must succeed, and give its seconds."""
    started = time.perf_counter()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def measure() -> dict[str, Any]:
    """Run both and compare."""
    authority = issue(authority=True, title="benchmark authority")
    with tempfile.TemporaryDirectory() as name, endpoints(authority) as ports:
        directory = Path(name)
        (directory / "ca.pem").write_bytes(authority.pem)
        ours = {
            "endpoints": [{"host": HOST, "port": port} for port in ports],
            "ca_file": str(directory / "ca.pem"),
            "fail_on": "warning",
        }
        peer = {"host": HOST, "port": "{{ item }}", "ca_cert": str(directory / "ca.pem")}
        idle = seconds_of(directory, [])
        ours_s = seconds_of(directory, [{"runbook.ops.cert_expiry": ours}]) - idle
        sample_s = (
            seconds_of(
                directory,
                [{"community.crypto.get_certificate": peer, "loop": ports[:SAMPLE]}],
            )
            - idle
        )
    peer_s = sample_s * ENDPOINTS / SAMPLE
    return {
        "name": "cert_expiry",
        "ours_s": round(ours_s, 3),
        "peer_s": round(peer_s, 3),
        "ratio": round(peer_s / ours_s, 1),
        "limit": "at least 50",
        "unit": "times as fast",
        "note": f"{ENDPOINTS} endpoints on the loopback address; the loop of"
        f" community.crypto.get_certificate ran over {SAMPLE} of them and was scaled",
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure()) + "\n")
