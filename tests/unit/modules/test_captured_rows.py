# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PostgreSQL modules on rows of servers of other major versions than those that run here."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.modules import pg_activity, pg_health, pg_maintain

from tests.conftest import RunModule
from tests.samples.captured_rows import MAJORS, Captured

LOGIN = {"login_host": "127.0.0.1", "login_db": "shop", "login_user": "postgres"}


@pytest.fixture(params=MAJORS)
def major(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Let the modules talk to what a server of this major version answered."""

    @contextlib.contextmanager
    def connect(*given: Any, **more: Any) -> Iterator[Captured]:
        del given, more
        yield Captured(request.param)

    for module in (pg_activity, pg_health, pg_maintain):
        monkeypatch.setattr(module, "connect", connect)
    return int(request.param)


def test_who_blocks_whom(run_module: RunModule, major: int) -> None:
    seen = run_module(pg_activity, **LOGIN, blocked_after=0)
    assert seen["server"]["version_num"] // 10000 == major
    statuses = {check["id"]: check["status"] for check in seen["checks"]}
    assert "unknown" not in statuses.values()
    assert statuses["postgres.blocked"] == "warning"
    (root,) = seen["blocking"]
    assert root["waiters"] == 1
    assert [slot["name"] for slot in seen["replication"]["slots"]] == ["standby"]


def test_every_area_is_judged(run_module: RunModule, major: int) -> None:
    seen = run_module(pg_health, **LOGIN, minimums={"index_bytes": 8192, "statistics_days": 0})
    assert seen["server"]["version_num"] // 10000 == major
    assert seen["unread"] == {}
    bad = {check["id"]: check["status"] for check in seen["checks"] if check["status"] != "ok"}
    assert "unknown" not in bad.values()
    assert bad["postgres.duplicate_indexes"] == "warning"
    assert seen["indexes"]["duplicate"][0]["name"] == "orders_customer_idx"
    assert seen["statements"]["by_time"][0]["total_ms"] > 0


@pytest.mark.usefixtures("major")
def test_what_is_needed_is_planned(run_module: RunModule, tmp_path: Path) -> None:
    seen = run_module(
        pg_maintain, check_mode=True, **LOGIN, journal_path=str(tmp_path / "journal.jsonl")
    )
    assert [step["step"] for step in seen["steps"]] == ["vacuum_analyze public.orders"]
    assert seen["diff"]["before"].startswith("public.orders: 5000 dead rows of 20000")


@pytest.mark.parametrize("major", MAJORS)
def test_a_document_answers_its_own_statement_alone(major: int) -> None:
    with pytest.raises(RuntimeError, match="the statement is another one by now"):
        Captured(major).read_document("SELECT new", {}, verb="read the sessions of")


@pytest.mark.parametrize(
    ("module", "verb", "rows"),
    [
        (pg_activity, "read the sessions of", lambda document: document["sessions"]),
        (pg_health, "read the statements of", lambda document: document),
        (pg_maintain, "look into", lambda document: document["tables"]),
    ],
)
def test_a_row_of_another_shape_is_noticed(
    run_module: RunModule, major: int, monkeypatch: pytest.MonkeyPatch,
    module: ModuleType, verb: str, rows: Callable[[Any], list[dict[str, Any]]],
) -> None:  # fmt: skip
    documents = Captured(major).documents
    for row in rows(documents[verb]):
        for name in list(row):
            row[f"new_{name}"] = row.pop(name)
    monkeypatch.setattr(Captured, "documents", documents)
    with pytest.raises((TypeError, KeyError)):
        run_module(module, check_mode=True, **LOGIN)
