# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which table, and whether its migrations are all right."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Check
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.migrations.checks import (
    judge_absence,
    judge_migrations,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.migrations.history import (
    MigrationQuery,
    Migrations,
    read_migration_query,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.migrations.rows import (
    File,
    Found,
    Row,
    choose_table,
    read_found,
)

from tests.samples.health_rows import NOW

OPTIONS: dict[str, Any] = {
    "tool": "flyway", "schema": None, "table": None, "directory": None, "required": None,
    "limit": 2,
    "thresholds": {
        name: {"op": "ge", "warning": 1, "critical": 3} for name in ("pending", "altered", "order")
    },
}  # fmt: skip


def query(**given: Any) -> MigrationQuery:
    return read_migration_query({**OPTIONS, **given}, "shop@db", NOW)


def history(tool: str, *rows: Row, files: tuple[File, ...] = ()) -> Migrations:
    return Migrations(tool, "public.history", rows, files)


def judged(found: Migrations, **given: Any) -> dict[str, Check]:
    checks = judge_migrations(found, query(**given))
    return {check.id.replace("migrations.", ""): check for check in checks}


def row(version: str, **given: Any) -> Row:
    return Row(version, **{"kind": "SQL", **given})


FILES = tuple(File(str(n), f"V{n}__x.sql", checksums=("1",)) for n in range(1, 6))


def test_checks_depend_on_what_is_asked() -> None:
    assert list(judged(history("flyway"))) == ["history", "failed"]
    assert list(judged(history("rails"), directory="/m", required="1")) == [
        "history", "failed", "pending", "version",
    ]  # fmt: skip
    assert list(judged(history("prisma"), directory="/m")) == [
        "history", "failed", "pending", "altered",
    ]  # fmt: skip
    assert list(judged(history("flyway"), directory="/m")) == [
        "history", "failed", "pending", "altered", "order",
    ]  # fmt: skip


def test_all_is_well() -> None:
    rows = (row(file.version, checksum="1") for file in FILES)
    seen = judged(history("flyway", *rows, files=FILES), directory="/m", required="5")
    assert {name: (check.status.label, check.summary) for name, check in seen.items()} == {
        "history": ("ok", "flyway (public.history) is at 5, 5 migrations are applied."),
        "failed": ("ok", "No migration has failed."),
        "pending": ("ok", "All 5 migrations of /m are applied."),
        "altered": ("ok", "No file differs from what was applied."),
        "order": ("ok", "No pending migration lies below what is applied."),
        "version": ("ok", "The database is at 5, which has the required 5."),
    }


def test_nothing_is_well() -> None:
    rows = (row("3", checksum="2"), row("4", status="failed"), row("9"))
    files = (*FILES, File("10", "V10__ten.sql", "ten"))
    seen = judged(history("flyway", *rows, files=files), directory="/m", required="10")
    assert {name: (check.status.label, check.summary) for name, check in seen.items()} == {
        "history": ("ok", "flyway (public.history) is at 9, 2 migrations are applied."),
        "failed": (
            "critical",
            (
                "Migrations that began and did not end well: 4."
                " Mend them with the tool's own repair, never in its table."
            ),
        ),
        "pending": (
            "critical",
            (
                "5 migrations of /m are not applied: 1, 2, 4 and 2 more."
                " Applied and not in it, so the database is ahead: 9."
            ),
        ),
        "altered": ("warning", "Files that are not what was applied: 3."),
        "order": (
            "critical",
            (
                "Pending below 9, where Flyway leaves them out unless told outOfOrder:"
                " 1, 2, 4 and 1 more."
            ),
        ),
        "version": ("critical", "The database is at 9, which lacks the required 10."),
    }


def test_a_table_that_is_not_there_means_that_nothing_is_applied() -> None:
    seen = judged(replace(history("rails"), table=""), required="1")
    assert (seen["history"].status.label, seen["history"].summary) == (
        "critical", "The table of rails is not there: nothing was ever applied.",
    )  # fmt: skip
    assert seen["version"].summary == "The database is at nothing, which lacks the required 1."
    assert judged(history("rails"))["history"].summary == (
        "rails (public.history) is empty, 0 migrations are applied."
    )


def test_no_table_of_any_tool_is_unknown() -> None:
    (check,) = judge_absence(query(tool="auto"))
    assert (check.id, check.status.label, check.summary) == (
        "migrations.history",
        "unknown",
        "No migration tool that we know has a table here. Give tool when there should be one.",
    )


def test_a_directory_without_migrations_tells_nothing() -> None:
    seen = judged(history("flyway", row("1")), directory="/m")["pending"]
    assert (seen.status.label, seen.summary) == (
        "unknown", "/m holds no migration of flyway: cannot tell what waits.",
    )  # fmt: skip


def test_one_that_is_under_way_has_not_failed() -> None:
    seen = judged(history("prisma", Row("b", status="running")))["failed"]
    assert (seen.status.label, seen.summary) == (
        "ok", "No migration has failed. Under way now: b.",
    )  # fmt: skip


def test_alembic_without_files_cannot_tell_what_lies_before() -> None:
    seen = judged(history("alembic", Row("m")), required="b")["version"]
    assert (seen.status.label, seen.summary) == (
        "unknown",
        "The database is at m: only the migrations' own directory can tell whether that has b.",
    )


def test_facts_are_limited_and_counted() -> None:
    rows = [row(file.version, at="2026-01-01T00:00:00") for file in FILES[:3]]
    facts = history("flyway", *rows, files=FILES).as_facts(2)
    assert facts["counts"] == {
        "applied": 3, "failed": 0, "running": 0, "pending": 2, "altered": 0, "missing": 0,
        "skipped": 0, "late": 0,
    }  # fmt: skip
    assert [row["version"] for row in facts["migrations"]["applied"]] == ["3", "2"]
    assert facts["migrations"]["applied"][0] == {
        "version": "3", "name": "", "kind": "SQL", "at": "2026-01-01T00:00:00",
    }  # fmt: skip
    assert facts["migrations"]["pending"] == [
        {"version": "4", "name": "", "path": "V4__x.sql"},
        {"version": "5", "name": "", "path": "V5__x.sql"},
    ]
    assert (facts["tool"], facts["table"], facts["current"]) == ("flyway", "public.history", "3")
    nothing = replace(history("flyway"), table="").as_facts(2)
    assert (nothing["table"], nothing["current"]) == (None, None)


def found(table: str, schema: str = "public", **given: Any) -> Found:
    fields = {"quoted": f"{schema}.{table}", "columns": ["version"], "readable": True,
              "beside": False}  # fmt: skip
    (one,) = read_found([{"schema": schema, "table": table, **fields, **given}])
    return one


FLYWAY, RAILS = found("flyway_schema_history"), found("schema_migrations", beside=True)


@pytest.mark.parametrize(
    ("tables", "tool", "table", "chosen"),
    [
        ([], "auto", "", None),
        ([FLYWAY], "auto", "", ("flyway", FLYWAY)),
        ([FLYWAY], "prisma", "", None),
        ([FLYWAY, RAILS], "rails", "", ("rails", RAILS)),
        ([RAILS], "auto", "", ("rails", RAILS)),
        ([found("schema_migrations")], "auto", "", None),
        ([replace(RAILS, columns=("version", "dirty"))], "auto", "", None),
        ([found("schema_migrations")], "rails", "", ("rails", found("schema_migrations"))),
        ([FLYWAY, found("history")], "flyway", "history", ("flyway", found("history"))),
    ],
)
def test_the_table_that_fits(
    tables: list[Found], tool: str, table: str, chosen: tuple[str, Found] | None
) -> None:
    assert choose_table(tables, tool, table) == chosen


def test_two_tables_are_ambiguous() -> None:
    message = (
        "Cannot tell which migrations are meant: there are public.flyway_schema_history"
        r" \(flyway\), public.schema_migrations \(rails\). Give tool and schema."
    )
    with pytest.raises(OpsError, match=message):
        choose_table([FLYWAY, RAILS], "auto", "")


def test_a_table_that_we_may_not_read() -> None:
    with pytest.raises(OpsError) as caught:
        choose_table([replace(FLYWAY, readable=False)], "auto", "")
    assert (caught.value.code, caught.value.message) == (
        "permission_denied",
        (
            "Cannot read public.flyway_schema_history: the user that logs in may not."
            " Grant it SELECT on public.flyway_schema_history and USAGE on its schema."
        ),
    )


def test_a_table_needs_its_tool() -> None:
    with pytest.raises(OpsError, match="Cannot use table alone: each tool keeps other columns"):
        query(tool="auto", table="history")
    assert query(table="history").table == "history"
    with pytest.raises(OpsError, match="Cannot use limit 0"):
        query(limit=0)
