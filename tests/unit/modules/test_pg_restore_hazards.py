# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong with a restore: the live database stays as it was, and nothing is left."""

from __future__ import annotations

import contextlib
import gzip
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.runbook.ops.plugins.modules import journal, pg_restore

from tests.samples.restores import (
    LIVE,
    MEMBERS,
    RESTORED,
    Club,
    dated,
    describe,
    insert_before_the_end,
    opened_club,
    start_module,
)
from tests.servers.postgres import Postgres, wait_until

Run = Callable[..., dict[str, Any]]
Spoil = Callable[[Club], Path]
SWITCH = {"operation": "switch", "confirm": LIVE}
NAME = "SELECT current_database()"
SLEEPING = "SELECT FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep' AND datname ~ '^club_'"
ENDED_WHEN_LIVE = (
    f"SELECT CASE current_database() WHEN '{LIVE}'"
    " THEN pg_terminate_backend(pg_backend_pid()) ELSE true END"
)


@pytest.fixture
def club(postgres: Postgres, tmp_path: Path) -> Iterator[Club]:
    """Give the live database."""
    with opened_club(postgres, tmp_path) as opened:
        yield opened


@pytest.fixture
def run(run_module: Run, club: Club) -> Run:
    """Run the module on the live database."""

    def with_options(**given: Any) -> dict[str, Any]:
        return run_module(pg_restore, **club.options(**given))

    return with_options


def cut_off(club: Club) -> Path:
    """A well-formed gzip file of a dump whose end is missing."""
    text = club.back_up().read_bytes()
    path = club.directory / "cut.sql.gz"
    path.write_bytes(gzip.compress(text[: len(text) // 2]))
    return path


def lied_about(**lies: Any) -> Spoil:
    def spoil(club: Club) -> Path:
        path = club.back_up()
        describe(path, **lies)
        return path

    return spoil


def dumped_with(option: str) -> Spoil:
    return lambda club: club.back_up("club.sql", option)


def with_another_sidecar(club: Club) -> Path:
    path = club.back_up()
    path.with_name("club.sql.sha256").write_text("0" * 64 + "  club.sql\n", encoding="utf-8")
    return path


def of_the_cluster(club: Club) -> Path:
    path = club.directory / "all.sql"
    subprocess.run(
        [club.server.programs / "pg_dumpall", f"--file={path}", "--username=postgres",
         "--host=127.0.0.1", f"--port={club.server.port}"],
        check=True, env={**os.environ, "PGPASSWORD": club.options()["login_password"]},
    )  # fmt: skip
    return path


def cut_archive(club: Club) -> Path:
    path = club.back_up("club.dump", "--format=custom")
    path.write_bytes(path.read_bytes()[:-2000])
    return path


def of_another(club: Club) -> Path:
    path = club.directory / "shop.dump"
    subprocess.run(
        [club.server.programs / "pg_dump", "--format=custom", f"--file={path}", "--host=127.0.0.1",
         f"--port={club.server.port}", "--username=postgres", "shop"],
        check=True, env={**os.environ, "PGPASSWORD": club.options()["login_password"]},
    )  # fmt: skip
    return path


@pytest.mark.parametrize(
    ("spoil", "code", "cause"),
    [
        (cut_off, "bad_backup", "the rows of table"),
        (cut_archive, "bad_backup", "pg_restore refuses it"),
        (lied_about(bytes=1), "bad_backup", "not the one in its manifest"),
        (lied_about(version=9), "bad_backup", "its version is 9"),
        (lied_about(database="shop"), "wrong_database", "it is of shop"),
        (lied_about(contents="schema"), "unsupported", "it holds the schema only"),
        (with_another_sidecar, "bad_backup", "not the one in"),
        (of_the_cluster, "unsupported", "it is of pg_dumpall"),
        (of_another, "wrong_database", "it is of shop"),
        (
            lambda club: club.back_up("c.sql", "--create"),
            "unsupported",
            "connect to club by itself",
        ),
        (lambda club: club.back_up("d.sql", "--data-only"), "unsupported", "holds the data only"),
        (lambda club: club.directory / "nope", "no_such_backup", "No such file"),
    ],
)
def test_a_bad_backup_is_refused_before_anything_is_made(
    run: Run, club: Club, spoil: Spoil, code: str, cause: str
) -> None:
    backup = spoil(club)
    for check_mode in (True, False):
        refused = run(backup=str(backup), check_mode=check_mode)
        assert (refused["code"], refused["entries"]) == (code, [])
        assert refused["msg"].startswith(f"Cannot restore {backup}: ")
        assert cause in refused["msg"]
    assert (club.databases(), club.members()) == ([LIVE], MEMBERS)


@pytest.mark.parametrize(
    ("proof", "cause"),
    [
        ({"assertions": [{"name": "n", "sql": NAME, "expect": "no"}]}, f"{RESTORED}, expected no"),
        ({"assertions": [{"name": "n", "sql": "SELECT 1/0", "max": 1}]}, "division by zero"),
        ({"assertions": [{"name": "n", "sql": "DELETE FROM members", "max": 1}]}, "read-only"),
        ({"tables": ["members", "nope"]}, "Table nope is missing"),
        ({"extensions": ["nope"]}, "Extension nope is missing"),
        ({"migration": "c3d4"}, "The newest migration is a1b2, expected c3d4"),
    ],
)
def test_a_restore_that_fails_its_proof_leaves_nothing(
    run: Run, club: Club, proof: dict[str, Any], cause: str
) -> None:
    failed = run(backup=str(club.back_up()), **proof)
    assert (failed["code"], cause in failed["msg"]) == ("not_proven", True)
    assert "the live database is as it was" in failed["msg"]
    assert [check["status"] for check in failed["details"]["checks"]] == ["critical"]
    assert (club.databases(), club.members()) == ([LIVE], MEMBERS)


def test_rows_that_the_manifest_does_not_count_leave_nothing(run: Run, club: Club) -> None:
    backup = club.back_up()
    describe(backup, tables={"members": 7, "bookings": 10})
    failed = run(backup=str(backup))
    assert "Table members has 2000 rows, the manifest counted 7" in failed["msg"]
    assert club.databases() == [LIVE]


def test_a_restore_that_fails_midway_leaves_nothing(run: Run, club: Club) -> None:
    backup = insert_before_the_end(club.back_up(), "INSERT INTO public.members VALUES (1, 'x');")
    failed = run(backup=str(backup))
    assert (failed["code"], club.databases()) == ("restore_failed", [LIVE])
    assert failed["msg"] == (
        f"Cannot restore club.sql into {RESTORED}: psql: duplicate key value violates unique"
        ' constraint "members_pkey". The live database is as it was; look at the log of the server.'
    )
    kept = run(backup=str(backup), keep_failed=True)
    assert (kept["code"], club.databases()) == ("restore_failed", [LIVE, RESTORED])
    assert run(**SWITCH)["code"] == "nothing_restored"
    backup = club.back_up()
    done = run(backup=str(backup))
    assert done["diff"]["before"] == {LIVE: "live", RESTORED: "half-made"}
    assert club.members(RESTORED) == MEMBERS


def test_a_restore_that_takes_too_long_leaves_nothing(run: Run, club: Club) -> None:
    backup = insert_before_the_end(club.back_up(), "SELECT pg_sleep(60);")
    begun = time.monotonic()
    failed = run(backup=str(backup), timeout=1)
    assert (failed["code"], club.databases()) == ("timed_out", [LIVE])
    assert time.monotonic() - begun < 30


def test_a_killed_restore_is_done_again(run: Run, club: Club) -> None:
    backup = insert_before_the_end(club.back_up(), "SELECT pg_sleep(60);")
    with start_module(club.options(backup=str(backup))) as process:
        wait_until(lambda: club.server.rows(SLEEPING), seconds=20)
        assert run(backup=str(backup))["code"] == "already_running"
        process.send_signal(signal.SIGKILL)
    assert club.databases() == [LIVE, RESTORED]
    backup = club.back_up()
    wait_until(lambda: not club.server.rows("SELECT FROM pg_locks WHERE locktype = 'advisory'"))
    done = run(backup=str(backup))
    assert done["diff"]["before"] == {LIVE: "live", RESTORED: "half-made"}
    assert (club.databases(), club.members(RESTORED)) == ([LIVE, RESTORED], MEMBERS)


def test_a_run_that_logs_in_elsewhere_is_kept_away_as_well(run: Run, club: Club) -> None:
    backup = insert_before_the_end(club.back_up(), "SELECT pg_sleep(60);")
    with start_module(club.options(backup=str(backup), login_db="shop")) as process:
        wait_until(lambda: club.server.rows(SLEEPING), seconds=20)
        for place in ("postgres", "template1", "shop"):
            assert run(backup=str(backup), login_db=place)["code"] == "already_running"
        process.send_signal(signal.SIGKILL)
    assert club.databases() == [LIVE, RESTORED]


def test_a_user_who_may_not_enter_postgres_restores_all_the_same(run: Run, club: Club) -> None:
    club.server.execute(
        "CREATE ROLE maker LOGIN CREATEDB PASSWORD 'm' IN ROLE app, pg_signal_backend;"
        "REVOKE CONNECT ON DATABASE postgres FROM PUBLIC"
    )
    try:
        given = {"login_user": "maker", "login_password": "m", "login_db": "shop"}
        result = run(backup=str(club.back_up()), check_mode=True, **given)
    finally:
        club.server.execute("GRANT CONNECT ON DATABASE postgres TO PUBLIC; DROP ROLE maker")
    assert result["changed"] is True, result


@pytest.mark.parametrize("delay", [0.0, 0.005, 0.03, 0.1])
def test_a_killed_switch_leaves_all_names_or_none(run: Run, club: Club, delay: float) -> None:
    run(backup=str(club.back_up()))
    club.execute("DELETE FROM bookings")
    story = club.directory / "journal.jsonl"
    entries = story.read_text(encoding="utf-8").count("\n")
    with start_module(club.options(**SWITCH)) as process:
        wait_until(lambda: story.read_text(encoding="utf-8").count("\n") > entries, seconds=20)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
    found = club.databases()
    assert LIVE in found
    assert len(found) == 2
    wait_until(lambda: not club.server.rows("SELECT FROM pg_locks WHERE locktype = 'advisory'"))
    again = run(**SWITCH)
    assert again["summary"].startswith(f"{LIVE} is the restore of club.sql"), again
    assert club.rows("SELECT count(*) FROM bookings") == [(10,)]


def test_a_database_that_was_only_just_created_is_made_again(run: Run, club: Club) -> None:
    backup = club.back_up()
    club.server.execute(f"CREATE DATABASE {RESTORED}")
    assert run(backup=str(backup))["changed"] is True
    assert club.members(RESTORED) == MEMBERS


def test_a_database_of_somebody_else_is_not_touched(run: Run, club: Club) -> None:
    backup = club.back_up()
    club.server.execute(f"CREATE DATABASE {RESTORED}")
    club.execute("CREATE SCHEMA mine; CREATE TABLE mine.own ()", RESTORED)
    assert run(backup=str(backup))["code"] == "name_taken"
    club.server.execute(f"ALTER DATABASE {RESTORED} ALLOW_CONNECTIONS false")
    assert run(backup=str(backup))["code"] == "name_taken"
    dropped = run(operation="drop", name=RESTORED, confirm=RESTORED)
    assert (dropped["code"], club.databases()) == ("not_ours", [LIVE, RESTORED])


def test_nothing_is_dropped_while_an_incident_is_open(
    run: Run, run_module: Run, club: Club
) -> None:
    run(backup=str(club.back_up()))
    given = {"journal_path": str(club.directory / "journal.jsonl"), "operator": "amal"}
    noted = {"subject": "INC-7", "outcome": "done", "operation": "append"}
    run_module(journal, action="incident_open", **noted, **given)
    drop = {"operation": "drop", "name": RESTORED, "confirm": RESTORED}
    assert run(**drop)["code"] == "incident_open"
    assert RESTORED in club.databases()
    run_module(journal, action="incident_closed", **noted, **given)
    assert run(**drop)["changed"] is True


def test_a_restore_goes_on_while_an_incident_is_open(run: Run, run_module: Run, club: Club) -> None:
    backup = insert_before_the_end(club.back_up(), "INSERT INTO public.members VALUES (1, 'x');")
    assert run(backup=str(backup), keep_failed=True)["code"] == "restore_failed"
    given = {"journal_path": str(club.directory / "journal.jsonl"), "operator": "amal"}
    noted = {"subject": "INC-7", "outcome": "done", "operation": "append"}
    run_module(journal, action="incident_open", **noted, **given)
    assert run(backup=str(club.back_up()))["changed"] is True
    assert club.members(RESTORED) == MEMBERS


def test_a_live_database_that_fails_its_proof_is_switched_back(run: Run, club: Club) -> None:
    run(backup=str(club.back_up()))
    club.execute("DELETE FROM bookings")
    gate = [{"name": "gate", "sql": NAME, "expect": RESTORED}]
    failed = run(**SWITCH, assertions=gate)
    assert failed["code"] == "not_proven"
    assert f"gate: {LIVE}, expected {RESTORED}; it was switched back" in failed["msg"]
    assert club.rows("SELECT count(*) FROM bookings") == [(0,)]
    live, aside = club.databases()
    assert (live, aside.startswith(f"{LIVE}_after_")) == (LIVE, True)
    assert run(**SWITCH)["code"] == "nothing_restored"


def test_a_live_database_that_does_not_answer_is_switched_back(run: Run, club: Club) -> None:
    run(backup=str(club.back_up()))
    gate = {"name": "gate", "sql": ENDED_WHEN_LIVE, "expect": "true"}
    failed = run(**SWITCH, assertions=[gate])
    assert "it was switched back" in failed["msg"]
    assert club.databases()[0] == LIVE


def test_a_restored_database_that_fails_its_proof_is_not_switched_to(run: Run, club: Club) -> None:
    run(backup=str(club.back_up()))
    failed = run(**SWITCH, tables=["nope"])
    assert "Table nope is missing; nothing was renamed" in failed["msg"]
    assert club.databases() == [LIVE, RESTORED]


def test_what_fails_its_proof_is_switched_back_to_all_the_same(run: Run, club: Club) -> None:
    run(backup=str(club.back_up()))
    club.execute("DELETE FROM bookings")
    asked: dict[str, Any] = {"tables": ["bookings"]}
    assert run(**SWITCH, **asked)["changed"] is True
    back = run(operation="back", confirm=LIVE, **asked)
    assert (back["changed"], back["checks"]) == (True, []), back
    assert club.rows("SELECT count(*) FROM bookings") == [(0,)]


def test_a_prepared_transaction_stops_the_switch(run: Run, club: Club) -> None:
    run(backup=str(club.back_up()))
    club.execute("BEGIN; DELETE FROM bookings; PREPARE TRANSACTION 'p'")
    failed = run(**SWITCH)
    club.execute("ROLLBACK PREPARED 'p'")
    assert 'database "club" is being accessed by other users' in failed["msg"]
    assert club.databases() == [LIVE, RESTORED]
    assert club.members() == MEMBERS


@pytest.mark.parametrize(
    ("given", "code", "cause"),
    [
        ({"operation": "switch"}, "not_confirmed", "Give confirm: club"),
        ({"operation": "back", "confirm": "x"}, "not_confirmed", "Give confirm: club"),
        ({"operation": "drop", "name": "club"}, "not_confirmed", "Give confirm: club"),
        ({"operation": "drop", "name": "club", "confirm": "club"}, "not_ours", "it bears no mark"),
        (SWITCH, "nothing_restored", "Restore a backup first"),
        ({**SWITCH, "name": "shop"}, "nothing_restored", "no proven database shop"),
        ({"backup": "/b", "login_db": LIVE}, "bad_option", "Give another login_db"),
        ({"backup": "/b", "run_on": "container"}, "bad_option", "no container is named"),
        ({"backup": "/b", "jobs": 0}, "bad_option", "from 1 to 64"),
        ({"backup": "/b", "timeout": 0}, "bad_option", "Correct timeout"),
        ({"backup": "/b", "database": "c" * 50}, "bad_option", "more than 63 bytes"),
        (
            {"backup": "/b", "assertions": [{"name": "n", "sql": "SELECT 1"}]},
            "bad_option",
            "nothing is expected of its value",
        ),
    ],
)
def test_a_wrong_option_is_refused(
    run: Run, club: Club, given: dict[str, Any], code: str, cause: str
) -> None:
    if "backup" in given:
        given = {**given, "backup": str(club.back_up())}
    for check_mode in (True, False):
        refused = run(**given, check_mode=check_mode)
        assert (refused["code"], cause in refused["msg"]) == (code, True), refused["msg"]
    assert club.databases() == [LIVE]


def test_a_user_who_may_not_is_refused(run: Run, club: Club) -> None:
    refused = run(backup=str(club.back_up()), login_user="app", check_mode=True)
    assert refused["code"] == "not_permitted"


def test_a_disk_that_is_too_small_is_refused(run: Run, club: Club) -> None:
    backup = club.back_up()
    describe(backup, database_bytes=10**18)
    refused = run(backup=str(backup), check_mode=True)
    assert refused["code"] == "no_space"
    assert "it takes about 1000000000000 MB" in refused["msg"]


def test_a_disk_that_cannot_be_seen_is_told(run: Run, club: Club) -> None:
    club.server.execute(
        "CREATE ROLE maker LOGIN CREATEDB PASSWORD 'm' IN ROLE app, pg_signal_backend"
    )
    try:
        given = {"login_user": "maker", "login_password": "m", "check_mode": True}
        result = run(backup=str(club.back_up()), **given)
    finally:
        club.server.execute("DROP ROLE maker")
    assert "could not be looked at" in str(result["warnings"])


def test_a_missing_program_is_told(run: Run, club: Club) -> None:
    failed = run(backup=str(club.back_up()), programs="/nowhere")
    assert (failed["code"], club.databases()) == ("missing_program", [LIVE])


@pytest.mark.parametrize("name", ["gz", "zst", "xz", "bz2"])
def test_packed_backups_are_restored(run: Run, club: Club, name: str) -> None:
    programs = {"gz": "gzip", "zst": "zstd", "xz": "xz", "bz2": "bzip2"}
    path = club.directory / f"club.sql.{name}"
    with club.back_up().open("rb") as plain, path.open("wb") as packed:
        subprocess.run([programs[name], "-c"], stdin=plain, stdout=packed, check=True)
    result = run(backup=str(dated(path)))
    assert result["changed"] is True, result
    assert club.members(RESTORED) == MEMBERS


@pytest.mark.parametrize("form", ["plain", "custom"])
def test_encrypted_backups_are_restored(run: Run, club: Club, form: str) -> None:
    identity = club.directory / "identity"
    subprocess.run(["age-keygen", "-o", identity], check=True, capture_output=True)
    told = subprocess.run(
        ["age-keygen", "-y", identity], check=True, capture_output=True, text=True
    )
    plain, path = club.back_up("club", f"--format={form}"), club.directory / "club.age"
    subprocess.run(["age", "-r", told.stdout.strip(), "-o", path, plain], check=True)
    dated(path)
    refused = run(backup=str(path))
    assert "no key was given" in refused["msg"]
    result = run(backup=str(path), decrypt={"age_identity": str(identity)}, jobs=2)
    assert result["changed"] is True, result
    assert club.members(RESTORED) == MEMBERS


def test_no_password_is_to_be_seen(club: Club) -> None:
    backup = insert_before_the_end(club.back_up(), "SELECT pg_sleep(2);")
    password = club.options()["login_password"]
    with start_module(club.options(backup=str(backup), login_password=password)) as process:
        seen = set()
        while process.poll() is None:
            for place in Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError):
                    seen.add(place.read_bytes().replace(b"\0", b" "))
    programs = [line for line in seen if b"psql" in line and b"import json" not in line]
    assert programs
    assert not any(password.encode() in line for line in programs)
    assert password not in (club.directory / "journal.jsonl").read_text(encoding="utf-8")
