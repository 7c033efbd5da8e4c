# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every actor in check mode, with a gate that stays shut: a write on any way would raise."""

from __future__ import annotations

import hashlib
import importlib
import os
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable, NoReturn

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters import writing
from ansible_collections.runbook.ops.plugins.module_utils.adapters.journal.file import Journal
from ansible_collections.runbook.ops.plugins.module_utils.core.journal.chain import Event
from ansible_collections.runbook.ops.plugins.module_utils.core.plan import Effect, Plan
from ansible_collections.runbook.ops.plugins.module_utils.entry import acting

from tests.samples.backup_tools import captured, stand_in
from tests.samples.certificates import issue
from tests.samples.dumps import ORDINARY, write_gzip
from tests.samples.stock import stocked
from tests.servers.acme import keep_lineage
from tests.servers.postgres import Postgres
from tests.servers.redis import RedisServer
from tests.servers.s3 import BUCKET, serve_s3
from tests.stand_ins.engine_host import FakeEngine, fake_engine

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 1, 31, tzinfo=timezone.utc)
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
RunModule = Callable[..., dict[str, Any]]
Client = Callable[..., Any]

# What would change something, for each actor; a new actor without a case fails the test below.
CASES: dict[str, dict[str, Any]] = {
    "cert_renew": {"reload": {"test": ["true"], "command": ["false"]}, "fail_on": "never"},
    "backup_verify": {
        "directory": "/nonexistent",
        "pattern": "*",
        "record": True,
        "textfile": "/nonexistent/backup.prom",
        "ping_url": "http://127.0.0.1:9/secret",
    },
    "backup_fetch": {"pattern": "*.gz"},
    "secret_file": {"variables": [{"name": "A", "value": "b"}]},
    "journal": {"operation": "append", "action": "a", "subject": "s", "outcome": "done"},
    "pg_kill_idle": {"older_than": 1},
    "pg_maintain": {"operations": ["analyze"], "min_changed_rows": 0, "login_user": "app"},
    "pg_restore": {"database": "shop", "login_db": "postgres", "login_user": "postgres"},
    "pgbackrest": {"operation": "backup", "stanza": "main", "user": ""},
    "pg_backup": {"login_user": "postgres"},
    "volume_backup": {"volume": "uploads"},
    "compose_replicas": {"service": "api", "replicas": 2},
    "nginx_upstream": {"upstream": "api", "servers": ["api:3000"]},
    "redis_evict": {"prefix": "cache:"},
    "backup_prune": {"pattern": "*.gz", "keep_newest": 1, "keep_days": 0, "min_verified": 1},
}


def a_backup(directory: Path) -> dict[str, Any]:
    """A dump to restore."""
    return {"backup": str(write_gzip(directory / "shop.sql.gz", ORDINARY))}


def two_backups(directory: Path) -> dict[str, Any]:
    """An old backup, and a newer one that was verified."""
    old, new = (write_gzip(directory / name, ORDINARY) for name in ("1.gz", "2.gz"))
    os.utime(old, (0, 0))
    os.utime(new, (86400, 86400))
    digest = hashlib.sha256(new.read_bytes()).hexdigest()
    details = {"sha256": digest, "bytes": new.stat().st_size, "status": "ok"}
    with writing.writing():
        event = Event("h", "amal", "", "backup_verify", str(new), "done", details)
        Journal(str(directory / "j.jsonl")).append(event, NOW)
    place = str(directory)
    return {"directory": place, "confirm": place, "journal_path": f"{place}/j.jsonl"}


def a_place(directory: Path) -> dict[str, Any]:
    """An empty directory for backups."""
    return {"directory": str(directory)}


def a_stanza(directory: Path) -> dict[str, Any]:
    """A pgBackRest that knows a stanza with backups."""
    return {"program": stand_in(directory, {"info": captured("pgbackrest")}, noted=False)}


def a_project(directory: Path) -> dict[str, Any]:
    """A Compose file that takes the number of containers from its environment file."""
    compose = directory / "compose.yml"
    text = '{services: {api: {image: a, scale: "${API_REPLICAS:-1}"}}}'
    compose.write_text(text, encoding="utf-8")
    return {"compose_file": str(compose), "env_file": str(directory / ".env")}


# What has to lie on the disk for a case, and the options that name it.
PREPARED: dict[str, Callable[[Path], dict[str, Any]]] = {
    "pg_backup": a_place,
    "pgbackrest": a_stanza,
    "volume_backup": a_place,
    "pg_restore": a_backup,
    "backup_prune": two_backups,
    "backup_fetch": a_place,
    "compose_replicas": a_project,
    "nginx_upstream": lambda directory: {"path": str(directory / "upstream.conf")},
    "secret_file": lambda directory: {"path": str(directory / ".env")},
}


def module(name: str) -> Any:
    return importlib.import_module(f"ansible_collections.runbook.ops.plugins.modules.{name}")


@pytest.fixture
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeEngine]:
    """Give a Docker Engine with a volume that a container writes to."""
    directory = tmp_path_factory.mktemp("engine")
    (directory / "photo").touch()
    with fake_engine(directory) as made:
        made.volumes["uploads"] = str(directory)
        made.add_container("web", "uploads")
        yield made


def test_every_actor_has_a_case() -> None:
    actors = {name for name in MODULES if "journal_path" in module(name).ARGUMENT_SPEC}
    assert actors == set(CASES)


@pytest.fixture
def gate_that_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the gate never open: not even ``Task.apply`` gets through it."""

    def shut() -> NoReturn:
        raise writing.WriteOutsideApplyError("check mode came to a write")

    monkeypatch.setattr(acting, "writing", shut)


@pytest.fixture
def due(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the directory of a certbot with a lineage that is due; its server does not answer."""
    home = tmp_path_factory.mktemp("certbot")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "letsencrypt-user"))
    soon = issue("liyaqa.example", begin=-80, end=10)
    return keep_lineage(home, soon, server="https://127.0.0.1:9/dir")


@pytest.mark.usefixtures("gate_that_raises")
@pytest.mark.parametrize("name", sorted(CASES))
def test_actor_rehearses_without_a_write(
    name: str,
    run_module: RunModule,
    postgres: Postgres,
    client: Client,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    engine: FakeEngine,
    due: Path,
    redis: RedisServer,
) -> None:
    client(user="app")
    redis.fill("cache:", 3)
    time.sleep(1.1)  # a session must have been quiet for a second to be a victim
    made = tmp_path_factory.mktemp("made")
    prepared = PREPARED[name](made) if name in PREPARED else {}
    lies = sorted((path.name, path.read_bytes()) for path in made.iterdir())
    options = {"journal_path": str(tmp_path / "j.jsonl"), "operator": "amal", **CASES[name]}
    options.update(prepared)
    login = postgres.options() if "login_db" in module(name).ARGUMENT_SPEC else {}
    docker = {"docker_socket": engine.socket} if name == "volume_backup" else {}
    certbot = {"config_dir": str(due)} if name == "cert_renew" else {}
    login = redis.options() if name == "redis_evict" else login
    with stocked(postgres), serve_s3() as store:
        store.client.put_object(Bucket=BUCKET, Key="shop.gz", Body=b"dump")
        given = {"s3": store.options()} if name == "backup_fetch" else {}
        result = run_module(
            module(name), check_mode=True, **{**login, **options, **docker, **certbot, **given}
        )
    assert result.get("failed") is None, result
    assert result["changed"] is True
    assert engine.calls == []
    assert list(tmp_path.iterdir()) == []
    assert sorted((path.name, path.read_bytes()) for path in made.iterdir()) == lies
    assert redis.ask("DBSIZE") == 3


@pytest.mark.usefixtures("gate_that_raises")
def test_the_gate_of_these_tests_raises(tmp_path: Path) -> None:
    params = {"journal_path": str(tmp_path / "j.jsonl"), "operator": "amal", "run_id": ""}
    plan = Plan("switch", "lamp", before=["off"], after=["on"])
    with pytest.raises(writing.WriteOutsideApplyError):
        acting.Task(params, check_mode=False, now=NOW).apply(Effect, plan)
