# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module on the logs of containers, of an engine that is a stand-in."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.modules import log_scan

from tests.conftest import RunModule
from tests.samples.log_scans import ERRORS, statuses
from tests.servers.tls_servers import Behave, silent
from tests.servers.web_servers import dripping, page, serving_at
from tests.stand_ins.compose_stand_in import container, project_engine
from tests.stand_ins.engine_stand_in import (
    NO_LOG,
    NOT_FOUND,
    TWO_STREAMS,
    describing,
    endless_log,
    engine,
    frame,
    log,
    stalling_log,
    trickling_log,
)


def scan_container(
    run_module: RunModule, socket_path: str, name: str = "backend", **options: Any
) -> dict[str, Any]:
    given = {"patterns": [ERRORS], "docker_socket": socket_path, **options}
    return run_module(log_scan, sources=[{"name": "backend", "container": name}], **given)


def test_both_streams_of_a_container_are_scanned(run_module: RunModule, tmp_path: Path) -> None:
    with serving_at(tmp_path / "engine.sock", engine(log(TWO_STREAMS))) as socket_path:
        result = scan_container(run_module, socket_path)
    assert statuses(result) == {"logs.source": "ok", "logs.errors": "warning"}
    assert result["checks"][1]["summary"] == (
        "backend: 2 lines match logs.errors in the last 24 h."
    )


def test_containers_of_a_service_are_scanned_as_one_log(
    run_module: RunModule, tmp_path: Path
) -> None:
    there = [container("backend", number=number) for number in (2, 3, 4, 5)]
    pages = {
        "/containers/shop-backend-2/logs": log(frame(b"start\nERROR cut")),
        "/containers/shop-backend-3/logs": log(frame(b"ERROR one\n")),
        "/containers/shop-backend-4/logs": log(b""),
        "/containers/shop-backend-5/json": NOT_FOUND,
    }
    sources = [
        {"name": "backend", "service": "backend"},
        {"name": "gone", "container": "shop-backend-5"},
        {"name": "none", "service": "none"},
    ]
    behave = project_engine(there, pages=pages)
    with serving_at(tmp_path / "engine.sock", behave) as socket_path:
        given = {"project": "shop", "docker_socket": socket_path, "patterns": [ERRORS]}
        result = run_module(log_scan, sources=sources, **given)
    assert [check["summary"] for check in result["checks"]] == [
        "backend has 3 lines (0.0 MB) in the last 24 h.",
        "backend: 2 lines match logs.errors in the last 24 h.",
        "The log of gone cannot be read: No such container: nope.",
        "The log of none cannot be read: the project shop has no container of it.",
    ]
    assert result["sources"][0]["patterns"][0]["samples"] == ["ERROR cut", "ERROR one"]


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\nnonsense", "Expecting value"),
        (page([{"Names": []}]), "it describes the containers in another way"),
        (page({"message": "no such filter"}, 400), "no such filter"),
    ],
)
def test_service_that_the_engine_does_not_list_is_a_finding(
    run_module: RunModule, tmp_path: Path, answer: bytes, cause: str
) -> None:
    behave = project_engine([], pages={"/containers/json": answer})
    sources = [{"name": "backend", "service": "backend"}]
    with serving_at(tmp_path / "engine.sock", behave) as socket_path:
        given = {"project": "shop", "docker_socket": socket_path, "patterns": [ERRORS]}
        (check,) = run_module(log_scan, sources=sources, **given)["checks"]
    assert check["status"] == "critical"
    assert f"The log of backend cannot be read: {cause}" in check["summary"]


def test_log_of_a_service_that_is_no_text_is_a_finding(
    run_module: RunModule, tmp_path: Path
) -> None:
    pages = {"/containers/shop-backend-1/logs": log(frame(b"\x7fELF" + bytes(5000)))}
    behave = project_engine([container("backend")], pages=pages)
    with serving_at(tmp_path / "engine.sock", behave) as socket_path:
        given = {"project": "shop", "docker_socket": socket_path, "patterns": [ERRORS]}
        result = run_module(log_scan, sources=[{"name": "backend", "service": "backend"}], **given)
    assert statuses(result) == {"logs.source": "critical"}


@pytest.mark.parametrize(
    ("answer", "name", "summary"),
    [
        (b"", "nope", "The log of backend cannot be read: No such container: nope."),
        (
            NO_LOG,
            "backend",
            (
                "The log of backend cannot be read: configured logging driver does not support"
                " reading."
            ),
        ),
    ],
)
def test_container_without_a_log_is_critical(
    run_module: RunModule, tmp_path: Path, answer: bytes, name: str, summary: str
) -> None:
    with serving_at(tmp_path / "engine.sock", engine(answer)) as socket_path:
        result = scan_container(run_module, socket_path, name)
    (check,) = result["checks"]
    assert (check["id"], check["status"], check["summary"]) == ("logs.source", "critical", summary)


def test_log_that_breaks_off_is_unknown_and_counted(run_module: RunModule, tmp_path: Path) -> None:
    lines = b"ERROR\n" * 100_000
    behave = engine(log(frame(lines) + frame(lines)[:-9]))
    with serving_at(tmp_path / "engine.sock", behave) as socket_path:
        result = scan_container(run_module, socket_path)
    assert statuses(result) == {"logs.source": "unknown", "logs.errors": "critical"}
    assert result["checks"][0]["summary"].startswith(
        "The log of backend cannot be read whole: the stream ends inside of a frame, and only 19"
    )


def test_log_without_an_end_is_left_in_time(run_module: RunModule, tmp_path: Path) -> None:
    with serving_at(tmp_path / "engine.sock", describing(endless_log)) as socket_path:
        result = scan_container(run_module, socket_path, timeout=0.5)
    assert statuses(result) == {"logs.source": "unknown", "logs.errors": "critical"}
    assert "it did not end within 0.5 s, and only " in result["checks"][0]["summary"]


def three_logs(run_module: RunModule, socket_path: str, **options: Any) -> dict[str, Any]:
    sources = [{"name": name, "container": name} for name in ("api", "web", "nginx")]
    return run_module(
        log_scan, sources=sources, patterns=[ERRORS], docker_socket=socket_path, **options
    )


@pytest.mark.alone
@pytest.mark.parametrize(
    ("give", "told", "ids"),
    [
        (
            stalling_log(b"ERROR one\nERROR tw"),
            "cannot be read whole: it did not end within 1 s, and only 1 lines (0.0 MB)",
            ["logs.source", "logs.errors"],
        ),
        (
            trickling_log,
            "cannot be read whole: it did not end within 1 s, and only ",
            ["logs.source", "logs.errors"],
        ),
        (stalling_log(b""), "cannot be read: it did not end within 1 s.", ["logs.source"]),
    ],
    ids=["stalls", "trickles", "does not begin"],
)
def test_logs_that_are_late_are_late_at_the_same_time(
    run_module: RunModule, tmp_path: Path, give: Behave, told: str, ids: list[str]
) -> None:
    started = time.monotonic()
    with serving_at(tmp_path / "engine.sock", describing(give)) as socket_path:
        result = three_logs(run_module, socket_path, timeout=1)
    assert time.monotonic() - started < 2.5
    assert [check["id"] for check in result["checks"]] == ids * 3
    for check, name in zip(result["checks"][:: len(ids)], ("api", "web", "nginx")):
        assert check["summary"].startswith(f"The log of {name} {told}")


def test_log_that_stalls_keeps_no_other_from_being_read(
    run_module: RunModule, tmp_path: Path
) -> None:
    """More of them than are read at the same time, so that each has to give way to another."""
    for number in range(20):
        (tmp_path / f"{number}.log").write_text("ERROR\n" * number)
    files = [{"name": f"{n}", "path": str(tmp_path / f"{n}.log")} for n in range(20)]
    with serving_at(tmp_path / "engine.sock", describing(stalling_log(b"x\n"))) as socket_path:
        result = run_module(
            log_scan,
            sources=[{"name": "api", "container": "api"}, *files],
            patterns=[ERRORS],
            docker_socket=socket_path,
            timeout=0.5,
        )
    api, *others = result["sources"]
    assert (api["name"], api["failure"]) == ("api", "it did not end within 0.5 s")
    assert [one["name"] for one in others] == [f"{n}" for n in range(20)]
    assert [one["patterns"][0]["lines"] for one in others] == list(range(20))


def test_missing_engine_is_a_failure(run_module: RunModule, tmp_path: Path) -> None:
    result = scan_container(run_module, str(tmp_path / "none.sock"))
    assert (result["failed"], result["code"]) == (True, "no_engine")
    assert result["msg"] == (
        f"Cannot reach the Docker Engine at {tmp_path}/none.sock: No such file or directory."
        " Start the engine, or run as root or a member of the group docker."
    )


def test_engine_that_hangs_costs_no_more_than_its_first_answer(
    run_module: RunModule, tmp_path: Path
) -> None:
    started = time.monotonic()
    with serving_at(tmp_path / "engine.sock", silent) as socket_path:
        result = three_logs(run_module, socket_path, connect_timeout=0.3)
    assert (result["failed"], result["code"]) == (True, "no_engine")
    assert time.monotonic() - started < 5


def test_engine_that_answers_in_drops_costs_no_more_than_its_first_answer(
    run_module: RunModule, tmp_path: Path
) -> None:
    started = time.monotonic()
    with serving_at(tmp_path / "engine.sock", dripping) as socket_path:
        result = three_logs(run_module, socket_path, connect_timeout=0.3)
    assert {check["summary"].partition(": ")[2] for check in result["checks"]} == {"timed out."}
    assert time.monotonic() - started < 5
