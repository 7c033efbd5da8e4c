# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole module: what it makes is restored, and what fails leaves nothing behind."""

from __future__ import annotations

import contextlib
import gzip
import json
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.modules import pg_backup

from tests.conftest import RunModule
from tests.samples.backups import (
    OPTIONS,
    ROWS,
    assert_whole,
    crm,
    manifest_of,
    only_backup,
    original,
    outcomes,
    restore,
    unfinished,
    visible,
)
from tests.servers.postgres import PASSWORD, Postgres
from tests.servers.s3 import BUCKET, serve_s3
from tests.stand_ins.engine_host import fake_engine

COUNTED = ["crm.members", 'crm."Notes"']


@pytest.fixture
def given(postgres: Postgres, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """Give the options of a backup of ``shop``, and its tables."""
    (tmp_path / "backups").mkdir()
    with crm(postgres):
        yield postgres.options(
            **OPTIONS,
            directory=str(tmp_path / "backups"),
            journal_path=str(tmp_path / "journal" / "j.jsonl"),
            operator="amal",
        )


@pytest.fixture
def place(given: dict[str, Any]) -> Path:
    """Give the directory of the backups."""
    return Path(given["directory"])


def test_plain_backup_is_restored(
    run_module: RunModule, postgres: Postgres, given: dict[str, Any], place: Path
) -> None:
    result = run_module(pg_backup, **given, count_tables=COUNTED, release="v7")
    path = only_backup(place)
    assert_whole(path)
    assert result["backups"][0]["path"] == str(path)
    assert result["summary"].startswith("Made 1 backup of ")
    manifest = manifest_of(path)
    assert manifest == result["backups"][0]["manifest"]
    assert manifest["tables"] == {"crm.members": ROWS, 'crm."Notes"': 2}
    assert (manifest["release"], manifest["database"]) == ("v7", "shop")
    assert manifest["wal_lsn"]
    assert manifest["database_bytes"] > 0
    assert outcomes(given) == ["started", "done"]
    psql = ["psql", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname=again"]
    assert restore(postgres, psql, gzip.decompress(path.read_bytes())) == original(postgres)


@pytest.mark.parametrize("form", ["custom", "directory"])
def test_archive_is_restored(
    run_module: RunModule, postgres: Postgres, given: dict[str, Any], place: Path, form: str
) -> None:
    jobs = 2 if form == "directory" else 1
    run_module(pg_backup, **given, format=form, jobs=jobs)
    path = only_backup(place)
    command = ["pg_restore", "--exit-on-error", "--dbname=again", str(path)]
    assert restore(postgres, command) == original(postgres)
    assert manifest_of(path)["compression"] == "none"
    again = run_module(pg_backup, **given, format=form, unless_newer_than=1)
    assert again["changed"] is False


def test_zstd_and_no_compression(
    run_module: RunModule, postgres: Postgres, given: dict[str, Any], place: Path
) -> None:
    run_module(pg_backup, **given, compression="zstd", prefix="a")
    run_module(pg_backup, **given, compression="none", prefix="b")
    packed = next(place.glob("a_*.sql.zst"))
    plain = next(place.glob("b_*.sql"))
    for path in (packed, plain):
        assert_whole(path)
    psql = ["psql", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname=again"]
    text = subprocess.run(["zstd", "-dc", str(packed)], check=True, capture_output=True).stdout
    for dumped in (text, plain.read_bytes()):
        assert restore(postgres, psql, dumped) == original(postgres)


@pytest.mark.parametrize(("contents", "has"), [("schema", (True, False)), ("data", (False, True))])
def test_part_of_a_database(
    run_module: RunModule,
    given: dict[str, Any],
    place: Path,
    contents: str,
    has: tuple[bool, bool],
) -> None:
    run_module(pg_backup, **given, contents=contents)
    text = gzip.decompress(only_backup(place).read_bytes())
    assert (b"CREATE TABLE" in text, b"COPY crm.members" in text) == has


def test_every_database_and_the_globals(
    run_module: RunModule, postgres: Postgres, given: dict[str, Any], place: Path
) -> None:
    postgres.execute('CREATE DATABASE "odd =/name"')
    try:
        result = run_module(pg_backup, **given, databases=["all"], globals="whole")
    finally:
        postgres.execute('DROP DATABASE "odd =/name"')
    made = {one["manifest"]["database"]: Path(one["path"]) for one in result["backups"]}
    assert {None, "shop", "other", "postgres", "odd =/name"} <= set(made)
    assert made["odd =/name"].name.startswith("odd%20%3D%2Fname_")
    text = gzip.decompress(made[None].read_bytes())
    assert b"CREATE ROLE app" in text
    assert b"SCRAM-SHA-256" in text
    assert unfinished(place) == []


def test_globals_without_passwords(
    run_module: RunModule, given: dict[str, Any], place: Path
) -> None:
    result = run_module(pg_backup, **given, globals="without_passwords")
    assert len(result["backups"]) == 1
    assert b"SCRAM" not in gzip.decompress(only_backup(place).read_bytes())


def test_check_mode_has_the_same_diff(
    run_module: RunModule, given: dict[str, Any], place: Path
) -> None:
    def shape(result: dict[str, Any]) -> list[Any]:
        return [*result["diff"]["after"].values(), result["diff"]["before"], result["changed"]]

    rehearsed = run_module(pg_backup, check_mode=True, **given)
    assert list(place.iterdir()) == []
    assert rehearsed["summary"] == "1 backup would be made."
    assert shape(rehearsed) == shape(run_module(pg_backup, **given))


def test_new_enough_backup_is_kept(
    run_module: RunModule, given: dict[str, Any], place: Path
) -> None:
    run_module(pg_backup, **given)
    path = only_backup(place)
    kept = run_module(pg_backup, **given, unless_newer_than=1)
    assert (kept["changed"], kept["kept"]) == (False, [str(path)])
    assert kept["summary"] == "Nothing to do: 1 backup new enough."
    path.write_bytes(path.read_bytes()[:-1])
    assert run_module(pg_backup, check_mode=True, **given, unless_newer_than=1)["changed"] is True


def test_one_that_fails_does_not_hold_up_the_others(
    run_module: RunModule, given: dict[str, Any], place: Path
) -> None:
    names = ["other", "shop"]
    result = run_module(pg_backup, **given, databases=names, count_tables=["crm.members"])
    assert result["code"] == "backups_failed"
    assert result["msg"].startswith("Cannot make 1 of 2 backups: Cannot count the rows of crm.")
    assert only_backup(place).name.startswith("shop_")
    assert outcomes(given) == ["started", "failed", "started", "done"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"login_password": "no"}, "password_refused"),
        ({"login_db": "nope"}, "no_such_database"),
        ({"databases": ["nope"]}, "no_such_database"),
        ({"directory": "/nonexistent"}, "no_directory"),
        ({"programs": "/nonexistent"}, "missing_program"),
        ({"count_tables": ["crm.nope"]}, "no_such_table"),
        ({"encrypt": {"age_recipients": ["age1nonsense"]}}, "program_failed"),
    ],
)
def test_what_is_wrong_leaves_nothing(
    run_module: RunModule, given: dict[str, Any], place: Path, options: dict[str, Any], code: str
) -> None:
    result = run_module(pg_backup, **{**given, **options})
    assert result["code"] == code, result
    assert visible(place) == unfinished(place) == []
    assert PASSWORD not in json.dumps({**result, "invocation": None})


def test_user_without_rights_gets_the_reason(
    run_module: RunModule, given: dict[str, Any], place: Path
) -> None:
    result = run_module(pg_backup, **{**given, "login_user": "blind"})
    assert result["code"] == "program_failed"
    assert "permission denied for" in result["msg"]
    assert visible(place) == unfinished(place) == []


def test_locked_table_fails_the_backup(
    run_module: RunModule, postgres: Postgres, given: dict[str, Any], place: Path
) -> None:
    with contextlib.closing(postgres.connect("app")) as client:
        client.cursor().execute("BEGIN; LOCK TABLE crm.members IN ACCESS EXCLUSIVE MODE")
        result = run_module(pg_backup, **given, lock_timeout=0.2)
    assert "canceling statement due to statement timeout" in result["msg"]
    assert visible(place) == unfinished(place) == []


def test_program_in_the_container(
    run_module: RunModule, postgres: Postgres, given: dict[str, Any], place: Path, tmp_path: Path
) -> None:
    inside = {"PGHOST": "127.0.0.1", "PATH": f"{postgres.programs}:/usr/bin"}
    with fake_engine(tmp_path, inside) as engine:
        engine.add_container("db")
        options = {**given, "container": "db", "docker_socket": engine.socket}
        del options["login_host"]
        result = run_module(pg_backup, **options, globals="whole", databases=["shop"])
        assert "msg" not in result, result
        argv = [word for made in engine.execs for word in made["Cmd"]]
        assert "pg_dump" in argv
        assert not any("battery" in word for word in argv)
        refused = run_module(pg_backup, **{**options, "login_user": "blind"}, prefix="r")
        assert "permission denied for" in refused["msg"]
        engine.execs.clear()
        run_module(pg_backup, **options, run_on="host", format="custom")
        assert engine.execs == []
    texts = [gzip.decompress(path.read_bytes()) for path in place.glob("*.sql.gz")]
    assert len(texts) == 2
    assert len(list(place.glob("*.dump"))) == 1


def test_copy_in_s3_is_proven(run_module: RunModule, given: dict[str, Any], place: Path) -> None:
    with serve_s3() as store:
        s3 = store.options(prefix="daily")
        result = run_module(pg_backup, **given, s3=s3)
        path = only_backup(place)
        url = f"s3://{BUCKET}/daily/{path.name}"
        assert result["backups"][0]["url"] == url
        assert next(iter(result["diff"]["after"].values()))["upload"] == url
        for name in visible(place):
            body = store.client.get_object(Bucket=BUCKET, Key=f"daily/{name}")["Body"].read()
            assert body == (place / name).read_bytes()
        failed = run_module(pg_backup, **given, prefix="b", s3={**s3, "bucket": "nope"})
    assert failed["code"] == "upload_failed"
    assert failed["msg"].startswith("Cannot copy ")
    assert len(list(place.glob("b_*.sql.gz"))) == 1


def test_a_copy_that_failed_is_made_good(
    run_module: RunModule, given: dict[str, Any], place: Path
) -> None:
    with serve_s3() as store:
        s3 = store.options(prefix="daily")
        lost = run_module(pg_backup, **given, s3={**s3, "bucket": "nope"})
        assert lost["code"] == "upload_failed"
        path = only_backup(place)
        again: dict[str, Any] = {**given, "s3": s3, "unless_newer_than": 1}
        key, url = f"daily/{path.name}", f"s3://{BUCKET}/daily/{path.name}"

        def spoil(body: bytes, **more: str) -> None:
            store.client.put_object(Bucket=BUCKET, Key=key, Body=body, **more)

        content = path.read_bytes()
        disturbances: list[Callable[[], None]] = [
            lambda: None,
            lambda: spoil(content[:-1]),
            lambda: spoil(content[:-1] + bytes([content[-1] ^ 1])),
            lambda: spoil(content[:-1] + bytes([content[-1] ^ 1]), ChecksumAlgorithm="SHA256"),
        ]
        for disturb in disturbances:
            disturb()
            rehearsed = run_module(pg_backup, check_mode=True, **again)
            assert (rehearsed["changed"], rehearsed["copied"]) == (True, [])
            done = run_module(pg_backup, **again)
            assert done["diff"] == rehearsed["diff"]
            assert (done["copied"], done["kept"], done["backups"]) == ([url], [str(path)], [])
            assert [one["outcome"] for one in done["entries"]] == ["started", "done"]
            for name in visible(place):
                body = store.client.get_object(Bucket=BUCKET, Key=f"daily/{name}")["Body"].read()
                assert body == (place / name).read_bytes()
            kept = run_module(pg_backup, **again)
            assert (kept["changed"], kept["copied"]) == (False, [])
        spoil(content)  # of the same, S3 knows only the MD5
        assert run_module(pg_backup, **again)["changed"] is False
    assert only_backup(place) == path


def test_a_backup_that_rotted_is_not_copied(
    run_module: RunModule, given: dict[str, Any], place: Path
) -> None:
    run_module(pg_backup, **given)
    path = only_backup(place)
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with serve_s3() as store:
        failed = run_module(pg_backup, **given, s3=store.options(), unless_newer_than=1)
        assert failed["code"] == "not_proven"
        assert "is not what its manifest says, and is not copied" in failed["msg"]
        assert "Contents" not in store.client.list_objects_v2(Bucket=BUCKET)


def test_age_gives_back_what_was_dumped(
    run_module: RunModule, given: dict[str, Any], place: Path, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    made = subprocess.run(
        ["age-keygen", "-o", str(key)], check=True, capture_output=True, text=True
    )
    recipient = made.stderr.split()[-1]
    run_module(pg_backup, **given, encrypt={"age_recipients": [recipient]})
    path = only_backup(place)
    assert path.name.endswith(".sql.gz.age")
    assert_whole(path)
    told = subprocess.run(
        ["age", "--decrypt", "--identity", str(key), str(path)], check=True, capture_output=True
    )
    assert b"COPY crm.members" in gzip.decompress(told.stdout)


def test_gnupg_gives_back_what_was_dumped(
    run_module: RunModule,
    given: dict[str, Any],
    place: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = tmp_path / "g"
    home.mkdir(mode=stat.S_IRWXU)
    monkeypatch.setenv("GNUPGHOME", str(home))
    gpg = ["gpg", "--batch", "--quiet", "--passphrase", "", "--pinentry-mode", "loopback"]
    subprocess.run([*gpg, "--quick-gen-key", "ops", "default", "default", "never"], check=True)
    listed = subprocess.run(
        [*gpg, "--with-colons", "--fingerprint"], check=True, capture_output=True, text=True
    )
    mark = next(line for line in listed.stdout.splitlines() if line.startswith("fpr:"))
    public = tmp_path / "ops.asc"
    subprocess.run([*gpg, "--output", str(public), "--export"], check=True)
    try:
        for prefix, recipient in (("a", mark.split(":")[9]), ("b", str(public))):
            encrypt = {"gnupg_recipients": [recipient]}
            result = run_module(pg_backup, **given, prefix=prefix, encrypt=encrypt)
            path = Path(result["backups"][0]["path"])
            assert path.name.endswith(".sql.gz.gpg")
            told = subprocess.run([*gpg, "--decrypt", str(path)], check=True, capture_output=True)
            assert b"COPY crm.members" in gzip.decompress(told.stdout)
    finally:
        subprocess.run(["gpgconf", "--kill", "all"], check=True)
    assert len(visible(place)) == 6
