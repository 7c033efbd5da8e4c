# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""200 TLS endpoints: one task of cert_expiry against a loop of get_certificate, and against a ping.

All run through ``ansible-playbook -c local`` against the same servers on the loopback address,
each with a certificate of its own. The loop of ``community.crypto.get_certificate`` takes minutes,
so a sample of it is measured and scaled; what a playbook costs without a task is measured too and
taken off all. Measured besides: 20 endpoints that never answer, and the memory of 2000 endpoints.
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

from tests.samples.certificates import Issued, issue
from tests.servers.tls_servers import HOST, context_for, serving, silent

ENDPOINTS = 200
SAMPLE = 20
ROUNDS = 3
SILENT = 20
TIMEOUT = 2.0

LOOK = """
import json, resource, sys
from ansible_collections.runbook.ops.plugins.module_utils.adapters.tls.visits import read_served
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates import judgement
ports, anchors, times = json.load(sys.stdin)
endpoints = [
    judgement.Endpoint("127.0.0.1", port, f"n{n}.example") for n in range(times) for port in ports
]
seen = read_served(endpoints, anchors, seconds=60, at_once=32)
assert all(one.certificate for one in seen)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
"""Look at every port so many times in one process, and tell its greatest size in KiB."""


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


def task(ports: list[int], anchors: Path, **more: Any) -> dict[str, Any]:
    """A task that looks at every port."""
    endpoints = [{"host": HOST, "port": port} for port in ports]
    return {"runbook.ops.cert_expiry": {"endpoints": endpoints, "ca_file": str(anchors), **more}}


def against_a_loop(directory: Path, ports: list[int], anchors: Path, idle: float) -> dict[str, Any]:
    """One task for all endpoints, and one item of a loop for each."""
    ours_s = seconds_of(directory, [task(ports, anchors, fail_on="warning")]) - idle
    peer = {"host": HOST, "port": "{{ item }}", "ca_cert": str(anchors)}
    loop = [{"community.crypto.get_certificate": peer, "loop": ports[:SAMPLE]}]
    peer_s = (seconds_of(directory, loop) - idle) * ENDPOINTS / SAMPLE
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


def against_a_ping(directory: Path, ports: list[int], anchors: Path, idle: float) -> dict[str, Any]:
    """A run that looks at all endpoints, and a run that does nothing."""
    ours_s = seconds_of(directory, [task(ports, anchors)])
    ping_s = seconds_of(directory, [{"ansible.builtin.ping": {}}])
    alone = f"the tasks alone take {ours_s - idle:.2f} s and {ping_s - idle:.2f} s"
    return {
        "name": "cert_expiry, in pings",
        "ours_s": round(ours_s, 3),
        "peer_s": round(ping_s, 3),
        "ratio": round(ours_s / ping_s, 2),
        "limit": "at most 2",
        "unit": "pings",
        "note": f"whole playbooks, of {ENDPOINTS} endpoints and of a ping; {alone}",
    }


def against_a_timeout(directory: Path, anchors: Path, idle: float) -> dict[str, Any]:
    """Endpoints that never answer, in timeouts."""
    with contextlib.ExitStack() as stack:
        mute = [stack.enter_context(serving(silent)) for dummy in range(SILENT)]
        silent_s = seconds_of(directory, [task(mute, anchors, timeout=TIMEOUT)]) - idle
    one_s = seconds_of(directory, [task([1], anchors)]) - idle
    return {
        "name": "cert_expiry, silent endpoints",
        "ours_s": round(silent_s, 3),
        "peer_s": round(one_s, 3),
        "ratio": round((silent_s - one_s) / TIMEOUT, 2),
        "limit": "at most 1.5",
        "unit": "timeouts",
        "note": f"{SILENT} endpoints that never answer, with a timeout of {TIMEOUT:g} s, beyond one"
        " endpoint that refuses at once (the peer)",
    }


def memory(ports: list[int], anchors: Path) -> dict[str, Any]:
    """The size of the process with ten times as many endpoints."""
    few, few_s = size_of(ports, anchors, 1)
    many, many_s = size_of(ports, anchors, 10)
    return {
        "name": "cert_expiry, memory",
        "ours_s": round(many_s, 3),
        "peer_s": round(few_s, 3),
        "ratio": round(many / few, 2),
        "limit": "at most 1.5",
        "unit": "times the memory",
        "note": f"{len(ports) * 10} endpoints ({many} MiB) and {len(ports)} ({few} MiB)",
    }


def size_of(ports: list[int], anchors: Path, times: int) -> tuple[float, float]:
    """The greatest size in MiB of a process that looks at every port so many times; its seconds."""
    started = time.perf_counter()
    given = json.dumps([ports, str(anchors), times])
    environment = {**os.environ, "PYTHONPATH": str(ROOT / ".ansible/collections")}
    done = subprocess.run(
        [sys.executable, "-c", LOOK],
        input=given, env=environment, check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return round(int(done.stdout) / 1024, 1), time.perf_counter() - started


def measure() -> Iterator[dict[str, Any]]:
    """Every measurement, one after the other."""
    authority = issue(authority=True, title="benchmark authority")
    with tempfile.TemporaryDirectory() as name, endpoints(authority) as ports:
        directory = Path(name)
        anchors = directory / "ca.pem"
        anchors.write_bytes(authority.pem)
        idle = seconds_of(directory, [])
        yield against_a_ping(directory, ports, anchors, idle)
        yield against_a_timeout(directory, anchors, idle)
        yield memory(ports, anchors)
        yield against_a_loop(directory, ports, anchors, idle)


if __name__ == "__main__":
    for measured in measure():
        sys.stdout.write(json.dumps(measured) + "\n")
        sys.stdout.flush()
