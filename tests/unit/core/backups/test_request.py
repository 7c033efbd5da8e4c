# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the options of a backup ask for, and the command lines that come of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.dump_request import (
    dump_arguments,
    globals_arguments,
    login_environment,
    read_dump_request,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.request import (
    Encryption,
    Packing,
    read_request,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.login import Login

NOW = datetime(2026, 1, 31, 4, 0, tzinfo=timezone.utc)
LOGIN = Login("shop", "ops", 5432, 5, 10, host="db1", password="secret", ca_cert="/ca")
GIVEN: dict[str, Any] = {
    "directory": "/b/",
    "prefix": None,
    "compression": "gzip",
    "level": None,
    "encrypt": None,
    "s3": None,
    "unless_newer_than": 0,
    "timeout": 60,
    "release": None,
    "container": None,
    "databases": [],
    "globals": "never",
    "format": "plain",
    "contents": "all",
    "count_tables": [],
    "jobs": 1,
    "lock_timeout": 2.5,
    "run_on": None,
    "programs": None,
}
MARK = "0123456789ABCDEF0123456789abcdef01234567"
S3 = {"bucket": "b", "prefix": None}


def encrypt(age: tuple[str, ...] = (), gnupg: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"age_recipients": list(age), "gnupg_recipients": list(gnupg)}


@pytest.mark.parametrize(
    ("options", "packing"),
    [
        ({}, Packing("gzip", 6, None)),
        ({"compression": "zstd"}, Packing("zstd", 3, None)),
        ({"compression": "none"}, Packing("none", 0, None)),
        ({"level": 9}, Packing("gzip", 9, None)),
        ({"encrypt": encrypt(age=("a",))}, Packing("gzip", 6, Encryption("age", ("a",)))),
        (
            {"encrypt": encrypt(gnupg=(MARK, "/k"))},
            Packing("gzip", 6, Encryption("gnupg", (MARK, "/k"))),
        ),
    ],
)
def test_packing_is_read(options: dict[str, Any], packing: Packing) -> None:
    assert read_request({**GIVEN, **options}).packing == packing


@pytest.mark.parametrize(
    ("s3", "upload"),
    [(None, ""), (S3, "s3://b/"), ({**S3, "prefix": "/x/y/"}, "s3://b/x/y/")],
)
def test_upload_is_a_url(s3: dict[str, Any] | None, upload: str) -> None:
    assert read_request({**GIVEN, "s3": s3}).upload == upload


def test_directory_has_no_slash_at_its_end() -> None:
    assert read_request(GIVEN).directory == "/b"
    assert read_request({**GIVEN, "directory": "/"}).directory == "/"


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        ({"timeout": 0}, "use timeout 0"),
        ({"unless_newer_than": -1}, "use unless_newer_than -1"),
        ({"directory": "b"}, "no absolute path"),
        ({"level": 10}, "use level 10"),
        ({"level": 0}, "use level 0"),
        ({"encrypt": encrypt()}, "it names nobody"),
        ({"encrypt": encrypt(age=("a",), gnupg=(MARK,))}, "two kinds"),
        ({"encrypt": encrypt(gnupg=("ops@example.org",))}, "neither a whole fingerprint"),
        ({"lock_timeout": 0}, "use lock_timeout 0"),
        ({"jobs": 0}, "use jobs 0"),
        ({"databases": ["all", "shop"]}, "all stands beside names"),
        ({"run_on": "container"}, "no container is named"),
        ({"format": "custom", "compression": "zstd"}, "custom dumps have gzip inside"),
        ({"jobs": 2}, "only the directory format"),
        ({"format": "directory", "container": "db"}, "cannot be streamed"),
        ({"format": "directory", "s3": S3}, "neither encrypted nor copied"),
        ({"format": "directory", "encrypt": encrypt(age=("a",))}, "neither encrypted nor"),
    ],
)
def test_wrong_option_is_refused(options: dict[str, Any], cause: str) -> None:
    with pytest.raises(OpsError, match=cause) as caught:
        read_dump_request({**GIVEN, **options})
    assert caught.value.code == "bad_option"


@pytest.mark.parametrize(
    ("options", "inside"),
    [
        ({}, False),
        ({"container": "db"}, True),
        ({"container": "db", "run_on": "host"}, False),
        ({"container": "db", "run_on": "host", "format": "directory", "jobs": 2}, False),
    ],
)
def test_programs_of_the_container_are_run_where_there_is_one(
    options: dict[str, Any], inside: bool
) -> None:
    assert read_dump_request({**GIVEN, **options}).inside is inside


@pytest.mark.parametrize(
    ("options", "wanted", "series"),
    [
        ({}, ("shop",), ["shop"]),
        ({"prefix": "daily"}, ("shop",), ["daily"]),
        ({"globals": "whole"}, (), ["globals"]),
        ({"globals": "whole", "databases": ["a"]}, ("a",), ["globals", "a"]),
        ({"databases": ["a", "b", "a"], "prefix": "p"}, ("a", "b"), ["p_a", "p_b"]),
        ({"databases": ["all"]}, None, ["x", "y"]),
    ],
)
def test_each_database_has_a_series(
    options: dict[str, Any], wanted: tuple[str, ...] | None, series: list[str]
) -> None:
    request = read_dump_request({**GIVEN, **options})
    assert request.wanted(LOGIN) == wanted
    backups = request.backups(wanted if wanted is not None else ("x", "y"), LOGIN, NOW)
    assert [backup.series for backup in backups] == series
    assert all(backup.subject.endswith("@db1:5432") for backup in backups)


def test_arguments_of_the_programs() -> None:
    request = read_dump_request({**GIVEN, "format": "directory", "jobs": 3, "contents": "schema"})
    (backup,) = request.backups(["shop"], LOGIN, NOW)
    assert dump_arguments(backup, request, "0003-1") == [
        "--no-password",
        "--format=directory",
        "--lock-wait-timeout=2500",
        "--snapshot=0003-1",
        "--schema-only",
        "--compress=6",
        "--jobs=3",
    ]
    plain = replace(backup, what="plain", contents="data", packed_inside=False)
    assert "--data-only" in dump_arguments(plain, replace(request, jobs=1), "x")
    assert globals_arguments(request, LOGIN) == [
        "--no-password",
        "--globals-only",
        "--database=shop",
    ]
    hidden = replace(request, globals="without_passwords")
    assert globals_arguments(hidden, LOGIN)[-1] == "--no-role-passwords"


def test_password_is_in_the_environment_alone() -> None:
    outside, inside = login_environment(LOGIN, "db1"), login_environment(LOGIN, None)
    assert (outside["PGHOST"], outside["PGPASSWORD"]) == ("db1", "secret")
    assert outside["PGSSLROOTCERT"] == "/ca"
    assert not {"PGHOST", "PGSSLMODE", "PGSSLROOTCERT"} & set(inside)
    assert "secret" not in repr(LOGIN)
