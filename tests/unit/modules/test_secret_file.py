# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``secret_file`` with a real Secrets Manager server and real files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import boto3
import pytest
from ansible_collections.runbook.ops.plugins.modules import secret_file

from tests.servers.s3 import KEYS, Store, serve_s3

VALUE = "it's a $ecret"
WANTED = [
    {"name": "DATABASE_USER", "value": "liyaqa"},
    {"name": "JWT_SECRET", "id": "prod/jwt"},
    {"name": "DATABASE_PASSWORD", "id": "prod/database", "key": "password"},
    {"name": "DATABASE_PORT", "id": "prod/database", "key": "port"},
]


@pytest.fixture(scope="module")
def server() -> Iterator[Store]:
    """Give a server of AWS's interfaces, with three secrets."""
    with serve_s3() as store:
        client: Any = boto3.client(
            "secretsmanager",
            endpoint_url=store.endpoint,
            region_name="us-east-1",
            aws_access_key_id=KEYS["access_key"],
            aws_secret_access_key=KEYS["secret_key"],
        )
        document = json.dumps({"password": "p4ss", "port": 5432, "old": True, "list": [1]})
        client.create_secret(Name="prod/jwt", SecretString=VALUE)
        client.create_secret(Name="prod/database", SecretString=document)
        client.create_secret(Name="prod/binary", SecretBinary=b"\x00")
        client.create_secret(Name="prod/lines", SecretString="s3cr3t\nline")
        yield store


@pytest.fixture
def write(
    run_module: Callable[..., dict[str, Any]], server: Store, tmp_path: Path
) -> Callable[..., dict[str, Any]]:
    """Run the module."""

    def run(variables: Any = None, **more: Any) -> dict[str, Any]:
        options = {
            "path": str(tmp_path / ".env"),
            "variables": WANTED if variables is None else variables,
            "store": {"endpoint_url": server.endpoint, "region": "us-east-1", **KEYS},
            "journal_path": str(tmp_path / "j.jsonl"),
            "operator": "amal",
            **more,
        }
        return run_module(secret_file, **options)

    return run


def test_file_is_written_once_and_no_value_is_told(write: Any, tmp_path: Path) -> None:
    done = write()
    path = tmp_path / ".env"
    assert path.read_text("utf-8").splitlines() == [
        "DATABASE_USER=liyaqa",
        'JWT_SECRET="it\'s a \\$ecret"',
        "DATABASE_PASSWORD=p4ss",
        "DATABASE_PORT=5432",
    ]
    assert path.stat().st_mode & 0o777 == 0o600
    assert done["summary"] == f"Set 4 of 4 variables in {path}."
    told = json.dumps({**done, "invocation": None}) + (tmp_path / "j.jsonl").read_text("utf-8")
    assert 'ecret"' not in told
    assert "p4ss" not in told
    again = write()
    assert (again["changed"], again["entries"]) == (False, [])


def test_rehearsal_has_the_same_diff_and_writes_nothing(write: Any, tmp_path: Path) -> None:
    told = write(check_mode=True)
    assert list(tmp_path.iterdir()) == []
    assert told["diff"] == write()["diff"]


def test_open_file_is_closed_again(write: Any, tmp_path: Path) -> None:
    write()
    (tmp_path / ".env").chmod(0o644)
    done = write()
    assert done["diff"]["before"]["(mode)"] == "0644"
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600


def one(**secret: str) -> list[dict[str, str]]:
    return [{"name": "A", **secret}]


@pytest.mark.parametrize(
    ("variables", "code", "cause"),
    [
        (one(id="prod/none"), "no_secret", "Cannot read the secret prod/none"),
        (one(id="prod/binary"), "bad_secret", "it is binary"),
        (one(id="prod/jwt", key="a"), "bad_secret", "it is no JSON"),
        (one(id="prod/database", key="a"), "bad_secret", "it has no key a"),
        (one(id="prod/database", key="list"), "bad_secret", "list in it is no text"),
        (one(id="prod/database", key="old"), "bad_secret", "old in it is no text"),
        (one(id="prod/lines"), "bad_value", "a line end"),
        ([{"name": "A B", "value": "x"}], "bad_option", "no name of a variable"),
    ],
)
def test_what_cannot_be_written_is_an_error_without_the_value(
    write: Any, tmp_path: Path, variables: Any, code: str, cause: str
) -> None:
    failed = write(variables)
    assert failed["code"] == code
    assert cause in failed["msg"]
    for value in (VALUE, "p4ss", "s3cr3t"):
        assert value not in json.dumps({**failed, "invocation": None})
    assert not (tmp_path / ".env").exists()


@pytest.mark.parametrize(
    ("endpoint", "code"), [("http://127.0.0.1:9", "no_secret"), ("nonsense", "bad_option")]
)
def test_store_that_does_not_answer_is_an_error(write: Any, endpoint: str, code: str) -> None:
    failed = write(store={"endpoint_url": endpoint, "region": "us-east-1", **KEYS})
    assert failed["code"] == code


def test_no_store_is_asked_where_there_is_no_secret(write: Any, tmp_path: Path) -> None:
    assert write([{"name": "A", "value": "x"}], store={})["changed"] is True
    assert (tmp_path / ".env").read_text("utf-8") == "A=x\n"


def test_path_that_is_no_file_is_an_error(write: Any, tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    assert write()["code"] == "not_readable"


def test_directory_that_is_not_there_is_an_error(write: Any, tmp_path: Path) -> None:
    assert write(path=str(tmp_path / "none" / ".env"))["code"] == "disk_failed"
