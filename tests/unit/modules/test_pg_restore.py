# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``pg_restore`` on real servers: restore beside, switch, switch back, drop."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.runbook.ops.plugins.modules import pg_restore

from tests.samples.restores import LIVE, MEMBERS, RESTORED, Club, Writer, describe, opened_club
from tests.servers.postgres import Postgres

Run = Callable[..., dict[str, Any]]
COUNT = {"name": "members", "sql": "SELECT count(*) FROM members WHERE name LIKE '%m%'"}


@pytest.fixture
def club(any_postgres: Postgres, tmp_path: Path) -> Iterator[Club]:
    """Give the live database on each server."""
    with opened_club(any_postgres, tmp_path) as opened:
        yield opened


@pytest.fixture
def run(run_module: Run, club: Club) -> Run:
    """Run the module on the live database."""

    def with_options(**given: Any) -> dict[str, Any]:
        return run_module(pg_restore, **club.options(**given))

    return with_options


def words(result: dict[str, Any]) -> dict[str, str]:
    """The status of each check."""
    return {check["id"].removeprefix("restore."): check["status"] for check in result["checks"]}


def test_a_backup_is_restored_beside_and_proven(run: Run, club: Club) -> None:
    backup = club.back_up()
    describe(backup)
    club.execute("DELETE FROM bookings; DELETE FROM members")
    given: dict[str, Any] = {
        "backup": str(backup),
        "tables": ["public.members"],
        "extensions": ["plpgsql"],
        "assertions": [{**COUNT, "expect": str(MEMBERS)}, {**COUNT, "name": "min", "min": 1}],
    }
    planned = run(**given, check_mode=True)
    assert (planned["changed"], planned["entries"], planned["checks"]) == (True, [], [])
    assert planned["summary"].startswith("Would restore club.sql, ")
    assert club.databases() == [LIVE]

    done = run(**given)
    assert done["diff"] == planned["diff"] == {
        "before": {LIVE: "live"},
        "after": {LIVE: "live", RESTORED: "restored from club.sql"},
    }  # fmt: skip
    assert words(done) == dict.fromkeys(
        ("rows", "tables", "extensions", "migration", "assertion"), "ok"
    )
    assert (done["restored_database"], done["backup"]) == (RESTORED, "club.sql")
    assert done["rows"] == MEMBERS + 11
    assert done["seconds"] > 0
    assert done["age_hours"] > 0
    assert [entry["outcome"] for entry in done["entries"]] == ["started", "done"]
    assert (club.members(), club.members(RESTORED)) == (0, MEMBERS)

    again = run(**given)
    assert (again["changed"], again["entries"]) == (False, [])
    assert again["summary"] == f"club.sql is restored as {RESTORED} already."
    assert (again["rows"], again["seconds"]) == (done["rows"], done["seconds"])


def test_the_names_are_switched_and_switched_back(run: Run, club: Club) -> None:
    club.execute(f"COMMENT ON DATABASE {LIVE} IS 'Members of all clubs'")
    run(backup=str(club.back_up()))
    club.execute("INSERT INTO members VALUES (0, 'late')")
    switch = {"operation": "switch", "confirm": LIVE, "assertions": [{**COUNT, "min": 1}]}
    planned = run(**switch, check_mode=True)
    assert club.databases() == [LIVE, RESTORED]
    switched = run(**switch)
    former = switched["former_database"]
    assert planned["diff"]["before"] == switched["diff"]["before"]
    assert list(switched["diff"]["after"].values()) == ["live, restored from club.sql", "set aside"]
    assert switched["summary"].endswith(f"; the former one is kept as {former}.")
    assert words(switched) == {"assertion": "ok"}
    assert club.databases() == [LIVE, former]
    assert (club.members(), club.members(former)) == (MEMBERS, MEMBERS + 1)
    assert run(**switch)["changed"] is False

    club.execute("INSERT INTO members VALUES (-1, 'after')")
    back = run(operation="back", confirm=LIVE)
    assert back["summary"] == f"{LIVE} is again what it was before the switch."
    (after,) = [name for name in club.databases() if name.startswith(f"{LIVE}_after_")]
    assert (club.members(), club.members(after)) == (MEMBERS + 1, MEMBERS + 1)
    assert run(operation="back", confirm=LIVE)["changed"] is False
    ((comment,),) = club.rows(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'club'"
    )
    assert comment == "Members of all clubs"

    refused = run(operation="drop", name=after, confirm=LIVE)
    assert (refused["code"], after in club.databases()) == ("not_confirmed", True)
    drop = {"operation": "drop", "name": after, "confirm": after}
    assert run(**drop)["summary"] == f"Dropped {after}."
    assert club.databases() == [LIVE]
    assert run(**drop)["changed"] is False


def test_what_is_live_is_restored_once_more_only_with_its_name(run: Run, club: Club) -> None:
    backup = str(club.back_up())
    run(backup=backup)
    run(operation="switch", confirm=LIVE, name=RESTORED)
    club.execute("INSERT INTO members VALUES (-1, 'since the switch')")
    standing = club.databases()
    for check_mode in (True, False):
        again = run(backup=backup, check_mode=check_mode)
        assert (again["changed"], again["restored_database"]) == (False, None)
        assert again["summary"].endswith(f"already; give confirm: {LIVE} to restore it once more.")
        switched = run(operation="switch", confirm=LIVE, name=RESTORED, check_mode=check_mode)
        assert switched["changed"] is False
    assert (club.databases(), club.members()) == (standing, MEMBERS + 1)

    assert run(backup=backup, confirm=LIVE)["restored_database"] == RESTORED
    assert run(operation="switch", confirm=LIVE)["changed"] is False
    assert run(operation="switch", confirm=LIVE, name=RESTORED)["changed"] is True
    assert club.members() == MEMBERS


def test_no_row_is_lost_under_a_writing_client(run: Run, club: Club) -> None:
    with Writer(club.server) as writer:
        backup = club.back_up()
        in_backup = len(writer.committed)
        run(backup=str(backup))
        switched = run(operation="switch", confirm=LIVE)
        assert switched["changed"] is True, switched
        reached = len(writer.committed)
    former = switched["former_database"]
    rows = {
        name: {number for (number,) in club.rows("SELECT id FROM members", name)}
        for name in (LIVE, former)
    }
    assert reached > in_backup
    assert set(writer.committed) <= rows[LIVE] | rows[former]
    assert set(range(1, MEMBERS + 1)) <= rows[LIVE]


def test_a_database_that_does_not_exist_is_restored(run: Run, club: Club) -> None:
    backup = club.back_up()
    club.server.execute(f"DROP DATABASE {LIVE}")
    run(backup=str(backup))
    switched = run(operation="switch", confirm=LIVE)
    assert (switched["former_database"], club.databases()) == (None, [LIVE])
    assert club.members() == MEMBERS
    refused = run(operation="back", confirm=LIVE)
    assert refused["code"] == "no_such_database"


def test_the_restored_database_has_the_properties_of_the_live_one(run: Run, club: Club) -> None:
    club.server.execute(
        f"REVOKE ALL ON DATABASE {LIVE} FROM PUBLIC; GRANT CONNECT ON DATABASE {LIVE} TO app, ops;"
        f"ALTER DATABASE {LIVE} CONNECTION LIMIT 40;"
        f"ALTER DATABASE {LIVE} SET default_transaction_read_only = on;"
        f"""ALTER DATABASE {LIVE} SET search_path = "$user", public, 'odd, one';"""
        f"ALTER DATABASE {LIVE} SET runbook.colour = 'it''s red';"
        f"ALTER ROLE app IN DATABASE {LIVE} SET work_mem = '7MB'"
    )
    result = run(backup=str(club.back_up()))
    assert result["restored_database"] == RESTORED, result
    properties = (
        "SELECT to_jsonb(d) - '{oid,datname,datfrozenxid,datminmxid}'::text[]"
        " || jsonb_build_object('datacl', (SELECT array_agg(a::text ORDER BY a::text)"
        " FROM unnest(datacl) AS a)),"
        " (SELECT jsonb_agg(jsonb_build_array(setrole, setconfig) ORDER BY setrole)"
        " FROM pg_db_role_setting WHERE setdatabase = d.oid)"
        " FROM pg_database d WHERE datname = '{}'"
    )
    live, restored = (
        club.rows(properties.replace("'{}'", f"'{name}'")) for name in (LIVE, RESTORED)
    )
    assert live == restored
    assert len(live[0][1]) == 2


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("form", ["custom", "directory", "tar"])
def test_every_format_is_restored(run: Run, club: Club, form: str, jobs: int) -> None:
    backup = club.back_up("club.dump", f"--format={form}")
    result = run(backup=str(backup), jobs=jobs if form != "tar" else 1)
    assert result["changed"] is True, result
    assert club.members(RESTORED) == MEMBERS


def test_the_journal_tells_the_story(run: Run, club: Club) -> None:
    run(backup=str(club.back_up()), run_id="r1")
    run(operation="switch", confirm=LIVE, run_id="r1")
    lines = (club.directory / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    told = [(entry["action"], entry["outcome"]) for entry in map(json.loads, lines)]
    assert told == [
        ("pg_restore", "started"), ("pg_restore", "done"),
        ("pg_restore_switch", "started"), ("pg_restore_switch", "done"),
    ]  # fmt: skip
