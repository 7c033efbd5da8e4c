# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``pg_migrations`` on a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.runbook.ops.plugins.modules import pg_migrations

from tests.servers.postgres import Postgres

RunModule = Callable[..., dict[str, Any]]

FLYWAY = """
CREATE TABLE {schema}.flyway_schema_history (
  installed_rank integer, version varchar(50), description varchar(200), type varchar(20),
  script varchar(1000), checksum integer, installed_by varchar(100),
  installed_on timestamp DEFAULT '2026-01-01', execution_time integer, success boolean);
INSERT INTO {schema}.flyway_schema_history
  (installed_rank, version, description, type, checksum, success)
VALUES (1, '1', 'init', 'SQL', -2089219129, true), (2, '1.10', 'ten', 'SQL', NULL, true),
  (3, NULL, 'views', 'SQL', 1, true), (4, '1.11', 'broken', 'SQL', 1, false);
"""
PRISMA = """
CREATE TABLE {schema}._prisma_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64),
  finished_at timestamptz, migration_name varchar(255), logs text, rolled_back_at timestamptz,
  started_at timestamptz DEFAULT '2026-01-01 00:00Z', applied_steps_count integer);
INSERT INTO {schema}._prisma_migrations (id, checksum, finished_at, migration_name, logs,
  rolled_back_at)
VALUES ('1', 'x', '2026-01-02 00:00Z', '20260101_a', NULL, NULL),
  ('2', 'x', NULL, '20260102_b', 'password s3cret', '2026-01-02 00:00Z'),
  ('3', 'x', NULL, '20260102_b', 'password s3cret', NULL);
"""
ALEMBIC = """
CREATE TABLE {schema}.alembic_version (version_num varchar(32));
INSERT INTO {schema}.alembic_version VALUES ('b');
"""
DJANGO = """
CREATE TABLE {schema}.django_migrations (id bigint, app text, name text, applied timestamptz);
INSERT INTO {schema}.django_migrations VALUES (2, 'members', '0002_more', '2026-01-02 00:00Z'),
  (1, 'members', '0001_initial', '2026-01-01 00:00Z');
"""
RAILS = """
CREATE TABLE {schema}.schema_migrations (version varchar PRIMARY KEY);
CREATE TABLE {schema}.ar_internal_metadata (key varchar, value varchar);
INSERT INTO {schema}.schema_migrations VALUES ('9'), ('10');
"""
TABLES = {"flyway": FLYWAY, "prisma": PRISMA, "alembic": ALEMBIC, "django": DJANGO, "rails": RAILS}

Make = Callable[..., None]


@pytest.fixture
def make(any_postgres: Postgres) -> Iterator[Make]:
    """Make tables of tools in schemas that go after the test."""
    schemas = []

    def make_table(tool: str, schema: str = "history", *, grant: bool = True) -> None:
        schemas.append(schema)
        any_postgres.execute(f"CREATE SCHEMA {schema}; {TABLES[tool].format(schema=schema)}")
        if grant:
            any_postgres.execute(
                f"GRANT USAGE ON SCHEMA {schema} TO ops;"
                f" GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO ops"
            )

    yield make_table
    for schema in schemas:
        any_postgres.execute(f"DROP SCHEMA {schema} CASCADE")


def statuses(result: dict[str, Any]) -> dict[str, str]:
    return {check["id"].replace("migrations.", ""): check["status"] for check in result["checks"]}


def put(top: Path, *names: str) -> str:
    for name in names:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text("SELECT 1;\n", encoding="utf-8")
    return str(top)


def test_flyway(run_module: RunModule, any_postgres: Postgres, make: Make, tmp_path: Path) -> None:
    make("flyway")
    top = put(tmp_path, "V1__init.sql", "V1_9__nine.sql", "V1.10__ten.sql", "R__views.sql")
    result = run_module(
        pg_migrations, **any_postgres.options(directory=top, required="1.10.0", limit=1)
    )
    assert statuses(result) == {
        "history": "ok", "failed": "critical", "pending": "warning", "altered": "warning",
        "order": "warning", "version": "ok",
    }  # fmt: skip
    assert (result["tool"], result["table"], result["current"], result["changed"]) == (
        "flyway", "history.flyway_schema_history", "1.10", False,
    )  # fmt: skip
    assert result["counts"] == {
        "applied": 3, "failed": 1, "running": 0, "pending": 2, "altered": 1, "missing": 0,
        "skipped": 1, "late": 0,
    }  # fmt: skip
    assert result["migrations"]["applied"] == [
        {"version": "", "name": "views", "kind": "SQL", "at": "2026-01-01T00:00:00"}
    ]
    assert result["summary"].endswith(
        f"2 of 6 checks of shop@127.0.0.1:{any_postgres.port} are ok. Critical: Migrations that"
        " began and did not end well: 1.11 broken. Mend them with the tool's own repair, never in"
        " its table."
    )


def test_prisma(run_module: RunModule, any_postgres: Postgres, make: Make, tmp_path: Path) -> None:
    make("prisma")
    top = put(tmp_path, "20260101_a/migration.sql", "20260102_b/migration.sql")
    result = run_module(pg_migrations, **any_postgres.options(directory=top, required="20260102"))
    assert statuses(result) == {
        "history": "ok", "failed": "critical", "pending": "warning", "altered": "warning",
        "version": "critical",
    }  # fmt: skip
    assert result["migrations"]["failed"] == [
        {"version": "20260102_b", "name": "", "kind": "", "at": "2026-01-01T00:00:00Z"}
    ]
    assert "s3cret" not in str(result)


def test_prisma_at_work_has_not_failed(
    run_module: RunModule, any_postgres: Postgres, make: Make
) -> None:
    make("prisma")
    migrating = any_postgres.connect()
    migrating.cursor().execute("SELECT pg_advisory_lock(72707369)")
    result = run_module(pg_migrations, **any_postgres.options())
    migrating.close()
    assert (statuses(result)["failed"], result["counts"]["running"]) == ("ok", 1)


def test_alembic(run_module: RunModule, any_postgres: Postgres, make: Make, tmp_path: Path) -> None:
    make("alembic")
    for name, before in (("a", None), ("b", "a"), ("c", "b")):
        text = f"revision = {name!r}\ndown_revision = {before!r}\n"
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    options = any_postgres.options(required="a")
    assert statuses(run_module(pg_migrations, **options))["version"] == "unknown"
    result = run_module(pg_migrations, **options, directory=str(tmp_path))
    assert statuses(result) == {
        "history": "ok", "failed": "ok", "pending": "warning", "version": "ok",
    }  # fmt: skip
    assert [row["version"] for row in result["migrations"]["applied"]] == ["b", "a"]
    assert [row["version"] for row in result["migrations"]["pending"]] == ["c"]


def test_django(run_module: RunModule, any_postgres: Postgres, make: Make) -> None:
    make("django")
    result = run_module(pg_migrations, **any_postgres.options(required="members.0002"))
    assert (statuses(result)["version"], result["current"]) == ("ok", "members.0002_more")
    assert result["migrations"]["applied"][1]["at"] == "2026-01-01T00:00:00Z"


def test_rails(run_module: RunModule, any_postgres: Postgres, make: Make, tmp_path: Path) -> None:
    make("rails")
    top = put(tmp_path, "9_nine.rb", "10_ten.rb", "11_eleven.rb")
    result = run_module(pg_migrations, **any_postgres.options(directory=top, required="11"))
    assert statuses(result) == {
        "history": "ok", "failed": "ok", "pending": "warning", "version": "critical",
    }  # fmt: skip
    assert result["current"] == "10"


def test_two_tools_are_ambiguous(run_module: RunModule, any_postgres: Postgres, make: Make) -> None:
    make("flyway")
    make("django", "other_history")
    result = run_module(pg_migrations, **any_postgres.options())
    assert (result["failed"], result["code"], result["msg"]) == (
        True, "ambiguous",
        (
            "Cannot tell which migrations are meant: there are"
            " history.flyway_schema_history (flyway), other_history.django_migrations (django)."
            " Give tool and schema."
        ),
    )  # fmt: skip
    chosen = run_module(pg_migrations, **any_postgres.options(schema="other_history"))
    assert chosen["tool"] == "django"


def test_a_table_that_may_not_be_read(
    run_module: RunModule, any_postgres: Postgres, make: Make
) -> None:
    make("flyway", grant=False)
    result = run_module(pg_migrations, **any_postgres.options())
    assert (result["code"], result["msg"]) == (
        "permission_denied",
        (
            "Cannot read history.flyway_schema_history: the user that logs in may not."
            " Grant it SELECT on history.flyway_schema_history and USAGE on its schema."
        ),
    )


def test_a_table_of_another_name_in_a_schema_with_an_odd_one(
    run_module: RunModule, any_postgres: Postgres, make: Make
) -> None:
    make("rails", '"Odd % schema"')
    any_postgres.execute('ALTER TABLE "Odd % schema".schema_migrations RENAME TO "history of ours"')
    result = run_module(
        pg_migrations, **any_postgres.options(tool="rails", table="history of ours")
    )
    assert (result["table"], result["current"]) == ("Odd % schema.history of ours", "10")


def test_no_table(run_module: RunModule, any_postgres: Postgres) -> None:
    result = run_module(pg_migrations, **any_postgres.options())
    assert (statuses(result), "tool" in result) == ({"history": "unknown"}, False)
    named = run_module(pg_migrations, **any_postgres.options(tool="rails", fail_on="critical"))
    assert (statuses(named)["history"], named["code"]) == ("critical", "checks_failed")


def test_a_server_that_does_not_answer(run_module: RunModule, any_postgres: Postgres) -> None:
    result = run_module(pg_migrations, **any_postgres.options(login_password="wrong"))
    assert statuses(result) == {"postgres.reachable": "critical"}


def test_a_directory_that_is_not_there(
    run_module: RunModule, any_postgres: Postgres, make: Make
) -> None:
    make("flyway")
    result = run_module(pg_migrations, **any_postgres.options(directory="/nowhere"))
    assert (result["failed"], result["code"]) == (True, "not_readable")
