# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``pg_maintain`` on real servers: what it does, what it proves, what it refuses."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.runbook.ops.plugins.modules import pg_maintain

from tests.samples.stock import (
    ROWS,
    break_index,
    change,
    indexes,
    maintenance_options,
    steps,
    stocked,
)
from tests.servers.postgres import Postgres

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def server(any_postgres: Postgres) -> Iterator[Postgres]:
    """Give each server the tables of ``stock``."""
    with stocked(any_postgres):
        yield any_postgres


@pytest.fixture
def run(run_module: Run, server: Postgres, tmp_path: Path) -> Run:
    """Run the module as ``app`` on the tables of ``stock``."""

    def with_options(**given: Any) -> dict[str, Any]:
        return run_module(pg_maintain, **maintenance_options(server, tmp_path, **given))

    return with_options


def test_check_mode_lists_the_steps_in_their_order_and_does_none(
    run: Run, server: Postgres, tmp_path: Path
) -> None:
    change(server, f"DELETE FROM stock.items WHERE id > {ROWS // 2}")
    break_index(server)
    planned = run(check_mode=True)
    assert [step["step"] for step in planned["steps"]] == [
        "drop_invalid stock.tags_item_idx", "vacuum_analyze stock.items",
    ]  # fmt: skip
    assert planned["summary"] == (
        "Would take 2 of 2 steps, about 2 s of work, and leave 0 to a later run."
    )
    assert (planned["changed"], planned["entries"]) == (True, [])
    assert "stock.items: 10000 dead rows of 20000" in planned["diff"]["before"]
    assert planned["checks"][0]["status"] == "ok"
    assert planned["diff"]["after"] == "stock.items: vacuumed and analyzed\n"
    assert not (tmp_path / "journal.jsonl").exists()
    assert indexes(server)["tags_item_idx"] is False

    done = run()
    assert done["diff"] == planned["diff"]
    assert steps(done) == [(step["step"], "done") for step in planned["steps"]]
    assert done["summary"] == "Took 2 of 2 steps, left none."
    assert done["dead_rows"] == {"before": 10000, "after": 0}
    assert "tags_item_idx" not in indexes(server)

    again = run()
    assert (again["changed"], again["summary"]) == (False, "Nothing needs maintenance.")
    assert (again["steps"], again["entries"]) == ([], [])
    assert [(check["id"], check["status"], check["value"]) for check in again["checks"]] == [
        ("maintenance.left", "ok", 0)
    ]


def test_the_journal_holds_each_step_and_teaches_the_next_run(
    run: Run, server: Postgres, tmp_path: Path
) -> None:
    change(server, "DELETE FROM stock.items WHERE id > 100")
    run(run_id="r1")
    lines = (tmp_path / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    started, done = (json.loads(line) for line in lines)
    assert [entry["outcome"] for entry in (started, done)] == ["started", "done"]
    (step,) = done["details"]["steps"]
    assert (done["details"]["done"], done["details"]["left"]) == (1, [])
    assert done["details"]["dead_rows_before"] > done["details"]["dead_rows_after"] == 0
    assert (step["step"], step["outcome"], step["dead_rows_after"]) == (
        "vacuum_analyze stock.items", "done", 0,
    )  # fmt: skip
    change(server, "DELETE FROM stock.items WHERE id > 50")
    (learnt,) = run(check_mode=True)["steps"]
    slowest = 1.2 * step["seconds"] * max(1.0, learnt["bytes"] / step["bytes"]) + 0.2
    assert learnt["expected_seconds"] == round(slowest, 1)


def test_a_bloated_index_is_rebuilt_and_a_wanted_one_is_built(run: Run, server: Postgres) -> None:
    change(server, "DELETE FROM stock.items WHERE id % 10 > 0")
    server.execute("VACUUM ANALYZE stock.items")
    wanted = {
        "name": 'items "new" idx',
        "table": "stock.items",
        "columns": ["state", "id"],
        "unique": True,
        "where": [
            {"column": "state", "op": "<>", "value": "it's old"},
            {"column": "name", "op": "is not null"},
        ],
    }
    given: dict[str, Any] = {"operations": ["reindex"], "indexes": [wanted], "parallel": 3}
    done = run(**given)
    assert sorted(steps(done)) == [
        ('create_index stock.items "new" idx', "done"),
        ("reindex stock.items_name_idx", "done"),
        ("reindex stock.items_pkey", "done"),
    ]
    assert all(indexes(server).values())
    assert done["bytes"]["after"] < done["bytes"]["before"] / 2
    ((definition,),) = server.rows(
        "SELECT indexdef FROM pg_indexes WHERE indexname = 'items \"new\" idx'"
    )
    assert definition == (
        'CREATE UNIQUE INDEX "items ""new"" idx" ON stock.items USING btree (state, id)'
        " WHERE ((state <> 'it''s old'::text) AND (name IS NOT NULL))"
    )
    assert run(**given)["changed"] is False


def test_an_index_that_cannot_be_built_fails_and_leaves_nothing(run: Run, server: Postgres) -> None:
    change(server, "DELETE FROM stock.items WHERE id > 100")
    wanted = {"name": "tags_item_idx", "table": "tags", "columns": ["item"], "unique": True}
    result = run(indexes=[wanted])
    assert (result["failed"], result["code"]) == (True, "not_proven")
    assert (
        ": 1 of 3 steps failed, the first is create_index stock.tags_item_idx: Cannot carry out a"
        f" step on shop@127.0.0.1:{server.port}: could not create unique index"
        ' "tags_item_idx". Look at the log of the server. Look at the subject'
    ) in result["msg"]
    assert sorted(steps(result["details"])) == [
        ("create_index stock.tags_item_idx", "failed"),
        ("drop_invalid stock.tags_item_idx", "done"),
        ("vacuum_analyze stock.items", "done"),
    ]
    assert "tags_item_idx" not in indexes(server)


def test_a_vacuum_whose_effect_is_not_to_be_seen_fails(run: Run, server: Postgres) -> None:
    change(server, "DELETE FROM stock.items WHERE id > 100")
    server.execute("ALTER ROLE app SET track_counts = off")
    try:
        result = run(operations=["vacuum"])
    finally:
        server.execute("ALTER ROLE app RESET track_counts")
    assert (
        ": 1 of 1 steps failed, the first is vacuum stock.items:"
        " it ended well, but its effect is not to be seen."
    ) in result["msg"]


def test_dead_rows_that_stay_are_told(run: Run, server: Postgres) -> None:
    with contextlib.closing(server.connect()) as reader:
        reader.set_session(isolation_level="REPEATABLE READ", autocommit=False)
        reader.cursor().execute("SELECT count(*) FROM stock.tags")
        change(server, f"DELETE FROM stock.items WHERE id > {ROWS // 2}")
        result = run()
    assert result["steps"][0]["warning"] == (
        "vacuum_analyze stock.items left 10000 dead rows: a transaction, replication slot or"
        " prepared transaction still holds them"
    )


def test_a_rewrite_needs_its_confirmation(run: Run, server: Postgres) -> None:
    change(server, "DELETE FROM stock.items WHERE id > 100")
    given: dict[str, Any] = {"operations": ["vacuum_full"], "tables": ["stock.items"]}
    for check_mode in (True, False):
        refused = run(**given, confirm="stock", check_mode=check_mode)
        assert (refused["failed"], refused["code"]) == (True, "not_confirmed")
    done = run(**given, confirm="shop")
    assert steps(done) == [("vacuum_full stock.items", "done")]
    assert done["bytes"]["after"] < done["bytes"]["before"] / 10


def test_pages_are_given_back_only_where_asked(run: Run, server: Postgres) -> None:
    change(server, "DELETE FROM stock.items WHERE id > 100")
    kept = run()["bytes"]
    assert kept["after"] >= kept["before"]
    given = run(truncate=True, min_dead_rows=0, tables=["stock.items"])["bytes"]
    assert given["after"] < given["before"]


def test_a_user_who_does_not_own_the_tables_is_refused(run: Run, server: Postgres) -> None:
    change(server, "DELETE FROM stock.items WHERE id > 100")
    for check_mode in (True, False):
        refused = run(login_user="watcher", check_mode=check_mode)
        assert refused["code"] == "not_permitted"
        assert refused["msg"] == (
            "Cannot maintain shop: watcher does not own 1 of its tables, the first is stock.items."
            " Log in as the owner or as a superuser, or leave them out with exclude."
        )


def test_the_owner_of_the_database_may_vacuum_what_others_own_and_not_rebuild_it(
    run: Run, server: Postgres
) -> None:
    server.execute(
        "ALTER TABLE stock.items OWNER TO watcher; GRANT USAGE ON SCHEMA stock TO watcher"
    )
    change(server, f"DELETE FROM stock.items WHERE id > {ROWS // 2}")
    assert steps(run(operations=["vacuum"])) == [("vacuum stock.items", "done")]
    refused = run(operations=["reindex"], min_bloat_percent=0)
    assert refused["code"] == "not_permitted"
    assert "app does not own 1 of its tables, the first is stock.items" in refused["msg"]
    done = run(operations=["reindex"], min_bloat_percent=0, login_user="watcher")
    assert {outcome for dummy, outcome in steps(done)} == {"done"}


def test_the_index_of_an_exclusion_constraint_is_left_alone_and_told(
    run: Run, server: Postgres
) -> None:
    server.execute(
        "ALTER TABLE stock.tags ADD COLUMN during int4range,"
        " ADD CONSTRAINT tags_during_excl EXCLUDE USING gist (during WITH &&)"
    )
    done = run(operations=["reindex"], min_bloat_percent=0, tables=["stock.tags"])
    assert (done["steps"], done["checks"][0]["status"]) == ([], "ok")
    assert done["skipped"] == [
        {
            "index": "stock.tags_during_excl",
            "reason": "the server rebuilds the index of an exclusion constraint only with a lock",
        }
    ]


def test_an_old_table_is_frozen_and_does_not_come_back(run: Run, server: Postgres) -> None:
    age = "SELECT age(relfrozenxid) FROM pg_class WHERE oid = 'stock.items'::regclass"
    with contextlib.closing(server.connect("app")) as client:
        for dummy in range(200):
            client.cursor().execute("SELECT txid_current()")
    given: dict[str, Any] = {
        "operations": ["vacuum"], "tables": ["stock.items"], "min_freeze_age": 150,
    }  # fmt: skip
    server.execute("VACUUM stock.items")
    assert server.rows(age)[0][0] >= 150
    assert steps(run(**given)) == [("vacuum_freeze stock.items", "done")]
    assert server.rows(age)[0][0] < 150
    assert run(**given)["changed"] is False


def test_a_table_that_an_old_transaction_keeps_from_being_frozen_fails(
    run: Run, server: Postgres
) -> None:
    server.execute("VACUUM FREEZE stock.items")
    with contextlib.closing(server.connect()) as old:
        old.autocommit = False
        old.cursor().execute("SELECT txid_current()")
        with contextlib.closing(server.connect("app")) as client:
            client.cursor().execute("SELECT txid_current()")
        result = run(operations=["vacuum"], tables=["stock.items"], min_freeze_age=1)
        old.rollback()
    assert (result["failed"], result["code"]) == (True, "not_proven")
    assert "vacuum_freeze stock.items: it ended well, but its effect is not to be" in result["msg"]


def test_one_run_at_a_time(run: Run, server: Postgres) -> None:
    change(server, "DELETE FROM stock.items WHERE id > 100")
    with contextlib.closing(server.connect()) as other:
        other.cursor().execute(
            "SELECT pg_advisory_lock(hashtext('runbook.ops'), hashtext('pg_maintain'))"
        )
        refused = run()
    assert (refused["code"], refused["msg"]) == (
        "already_running",
        (
            f"Cannot maintain shop@127.0.0.1:{server.port}: another run of pg_maintain works"
            " there. Wait until it has ended."
        ),
    )
