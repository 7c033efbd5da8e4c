# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every inventory keeps the contract of the role platform, and says where its numbers are from."""

from __future__ import annotations

import copy
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.runbook.ops.plugins.module_utils.core.report.remedies import REMEDIES

from tests.contract.inventories import (
    Facts,
    level_violations,
    pattern_violations,
    remedies,
    silent_limits,
    spec_violations,
    thresholds,
    unknown_names,
    untraced,
)

ROOT = Path(__file__).parents[2]
INVENTORIES = ROOT / "inventories"
GROUPS = sorted(path for path in INVENTORIES.glob("*/group_vars/*") if path.is_dir())
PLATFORMS = sorted(path for path in INVENTORIES.iterdir() if path.is_dir() and path.name != "lab")
SPEC = ROOT / "roles" / "platform" / "meta" / "argument_specs.yml"
OPTIONS = yaml.safe_load(SPEC.read_text(encoding="utf-8"))["argument_specs"]["main"]["options"]


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@cache
def facts_of(group: Path) -> Facts:
    """The variables of a group, as Ansible merges its files and those of all groups beside it."""
    paths = [*sorted(group.parent.glob("*.yml")), *sorted(group.glob("*.yml"))]
    return {name: value for path in paths for name, value in load(path).items()}


def name_of(path: Path) -> str:
    return path.relative_to(INVENTORIES).as_posix()


@pytest.mark.parametrize("group", GROUPS, ids=name_of)
def test_inventory_keeps_the_contract(group: Path) -> None:
    facts = facts_of(group)
    assert spec_violations(OPTIONS, facts) == []
    assert level_violations(facts) == []
    assert pattern_violations(facts) == []
    assert list(thresholds(facts)) != []


@pytest.mark.parametrize("place", PLATFORMS, ids=name_of)
def test_inventory_is_whole(place: Path) -> None:
    facts = facts_of(place / "group_vars" / place.name)
    assert unknown_names(facts) == []
    needed = {"ops_runbook", "ops_services", "ops_endpoints", "ops_postgres", "ops_backups"}
    assert needed <= set(facts)
    hosts = load(place / "hosts.yml")
    assert set(hosts) == {"ops_platforms", "ops_recovery", place.name}
    assert set(hosts["ops_platforms"]["children"]) <= set(hosts[place.name]["children"])


def test_the_platforms_of_the_lab_are_described() -> None:
    described = {path.name for path in PLATFORMS}
    assert {path.name for path in GROUPS if path.parts[-3] == "lab"} <= described
    assert described == {"ecommerce", "equipment", "liyaqa", "spilltea", "spotex"}


@pytest.mark.parametrize("place", PLATFORMS, ids=name_of)
def test_every_limit_says_where_it_is_from(place: Path) -> None:
    text = (place / "group_vars" / place.name / "watch.yml").read_text(encoding="utf-8")
    assert "{op: " in text
    assert untraced(text) == []


@pytest.mark.parametrize("place", PLATFORMS, ids=name_of)
def test_every_remedy_of_an_inventory_is_one_of_the_report(place: Path) -> None:
    named = set(remedies(facts_of(place / "group_vars" / place.name)).values())
    assert {"high_error_rate", "authentication_failures"} <= named
    assert named - set(REMEDIES) == set()


def test_an_inventory_may_name_every_remedy_of_the_report() -> None:
    logs, monitoring = (OPTIONS[name]["options"] for name in ("ops_logs", "ops_monitoring"))
    for given in (logs["patterns"], logs["groups"], monitoring["queries"]):
        assert given["options"]["remedy"]["choices"] == sorted(REMEDIES)


TASKS = {
    path.name: path.read_text(encoding="utf-8")
    for path in (ROOT / "roles" / "health" / "tasks").glob("*.yml")
}


@pytest.mark.parametrize("place", PLATFORMS, ids=name_of)
def test_every_limit_of_health_stands_in_the_inventory(place: Path) -> None:
    assert silent_limits(TASKS, facts_of(place / "group_vars" / place.name)) == []


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, []),
        ({"ops_redis": {}}, ["redis_memory_percent"]),
        ({"ops_redis": {}, "ops_thresholds": {"redis_memory_percent": {}}}, []),
    ],
)
def test_a_limit_that_nobody_sees_is_found(given: Facts, found: list[str]) -> None:
    text = "when: health_redis | length > 0\n  x: health_thresholds.redis_memory_percent"
    assert silent_limits({"redis.yml": text}, given) == found


FACTS = facts_of(INVENTORIES / "liyaqa" / "group_vars" / "liyaqa")


def changed(path: str, value: object) -> Facts:
    """The variables of Liyaqa with one of them changed."""
    facts: Any = copy.deepcopy(FACTS)
    *folders, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place = facts
    for folder in folders:
        place = place[folder]
    place[last] = value
    return dict(facts)


@pytest.mark.parametrize(
    ("path", "value", "cause"),
    [
        ("ops_postgress", {}, "ops_postgress is not part of the contract"),
        ("ops_ports", ["https"], "https"),
        ("ops_services.0.prt", 8080, "prt"),
        ("ops_mail.0.tls", "ssl", "ssl"),
        ("ops_postgres", {"user": "liyaqa"}, "database"),
        ("ops_thresholds.disk_used", {"op": "ge", "warning": 80}, "disk_used"),
        ("ops_logs.groups.0.kind", "name", "name"),
        ("ops_logs.patterns.0.remedy", "errors", "errors"),
        ("ops_logs.groups.0.remedy", "attack", "attack"),
        ("ops_monitoring.queries.0.remedy", "slow", "slow"),
    ],
)
def test_a_wrong_variable_is_found(path: str, value: object, cause: str) -> None:
    (found,) = spec_violations(OPTIONS, changed(path, value))
    assert cause in found


@pytest.mark.parametrize(
    ("path", "value", "cause"),
    [
        ("ops_thresholds.disk_used_percent", {"op": ">", "warning": 80}, "disk_used_percent"),
        ("ops_thresholds.disk_used_percent", {"op": "ge", "warn": 80}, "has ['op', 'warn']"),
        ("ops_thresholds.disk_used_percent", {"op": "ge"}, "has ['op']"),
        ("ops_thresholds.disk_used_percent.critical", 70, "critical 70 is reached before"),
        ("ops_monitoring.queries.0.threshold.op", "lt", "app.error_rate"),
        ("ops_logs.patterns.0.threshold.critical", 1, "logs.errors"),
    ],
)
def test_a_wrong_level_is_found(path: str, value: object, cause: str) -> None:
    assert any(cause in found for found in level_violations(changed(path, value)))


@pytest.mark.parametrize(
    ("path", "value", "cause"),
    [
        ("ops_logs.patterns.0.pattern", "(", "logs.errors"),
        ("ops_logs.groups.0.pattern", "failed", "auth.failures_by_account has no group"),
    ],
)
def test_a_wrong_pattern_is_found(path: str, value: object, cause: str) -> None:
    (found,) = pattern_violations(changed(path, value))
    assert cause in found


@pytest.mark.parametrize("key", ["container", "service"])
def test_a_name_of_no_service_is_found(key: str) -> None:
    assert unknown_names(changed(f"ops_logs.sources.0.{key}", "liyaqa")) == ["liyaqa"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ops_thresholds:\n  # Why.\n  a: {op: ge, warning: 1}\n", []),
        ("ops_thresholds:\n  a: {op: ge, warning: 1}\n", ["a: {op: ge, warning: 1}"]),
        ("ops_thresholds:\n  # Why.\n  a: {op: ge}\n  b: {op: ge}\n", ["b: {op: ge}"]),
        ("ops_logs:\n  patterns:\n    # Why.\n    - {x: {op: ge}}\n    - {y: {op: ge}}\n", []),
        ("ops_logs:\n  # Why.\n  patterns:\n    - {x: {op: ge}}\n", ["- {x: {op: ge}}"]),
    ],
)
def test_a_limit_from_nowhere_is_found(text: str, found: list[str]) -> None:
    assert untraced(text) == found


FAILED = '{"level":"WARN","message":"Authentication failed for amal@a.sa from 203.0.113.9"}'
ACCESS = '203.0.113.9 - - [21/Nov/2026:10:00:00 +0000] "GET /login HTTP/1.1" %s 153 "-" "curl"'


@pytest.mark.parametrize(
    ("platform", "check", "line", "key"),
    [
        ("liyaqa", "auth.failures_by_account", FAILED, "amal@a.sa"),
        ("liyaqa", "auth.failures_by_address", FAILED, "203.0.113.9"),
        (
            "liyaqa",
            "auth.failures_by_address",
            "Authentication failed ip=2001:db8::7",
            "2001:db8::7",
        ),
        ("liyaqa", "auth.failures_by_address", "Authentication failed at 10:00:00", None),
        ("liyaqa", "logs.mail", "MailSendException: Mail server connection failed", ""),
        ("liyaqa", "logs.mail", "SMTPSendFailedException: 535 5.7.3", ""),
        ("liyaqa", "logs.mail", "Mail sent in 120 ms", None),
        ("liyaqa", "logs.mail", "Login of amal@gmail.com failed", None),
        ("ecommerce", "auth.failures_by_account", FAILED.lower(), "amal@a.sa"),
        ("ecommerce", "auth.failures_by_address", FAILED.lower(), "203.0.113.9"),
        ("ecommerce", "logs.authentication", FAILED, ""),
        ("spilltea", "auth.failures_by_account", "Unauthorized: amal@a.sa", "amal@a.sa"),
        ("spilltea", "auth.failures_by_account", "Welcome amal@a.sa", None),
        ("spilltea", "auth.failures_by_address", 'Invalid login "ip":"203.0.113.9"', "203.0.113.9"),
        ("spilltea", "logs.top_clients", ACCESS % 200, "203.0.113.9"),
        ("spilltea", "logs.database_connection", "Prisma: can't reach the server", ""),
        ("spilltea", "logs.database_connection", "Prisma schema loaded from the database", None),
        ("spilltea", "logs.storage", "AWS: AccessDenied", ""),
        ("spilltea", "logs.storage", "Uploaded to S3", None),
        ("spilltea", "logs.mail", "nodemailer: connection refused", ""),
        ("spilltea", "logs.mail", "email sent", None),
        ("spilltea", "logs.cors", "CORS error: origin", ""),
        ("spilltea", "logs.cors", "CORS is on", None),
        ("spotex", "auth.failures_by_address", ACCESS % 401, "203.0.113.9"),
        ("spotex", "auth.failures_by_address", ACCESS % 200, None),
        ("spotex", "logs.error_rate", ACCESS % 502, ""),
        ("spotex", "logs.error_rate", ACCESS % 200, None),
        ("spotex", "logs.unauthorized", ACCESS % 403, ""),
        ("spotex", "logs.unauthorized", "sent 403 bytes", None),
        ("spotex", "logs.database_connection", "FATAL: sorry, too many clients already", ""),
        ("equipment", "auth.failures_by_address", ACCESS % 403, "203.0.113.9"),
        ("equipment", "logs.database_connection", "Connection established", None),
        ("equipment", "logs.database_connection", "Connection timed out", ""),
    ],
)
def test_pattern_finds_its_line(platform: str, check: str, line: str, key: str | None) -> None:
    logs = facts_of(INVENTORIES / platform / "group_vars" / platform)["ops_logs"]
    (one,) = [one for one in [*logs["patterns"], *logs["groups"]] if one["id"] == check]
    match = re.search(one["pattern"].encode(), line.encode())
    assert (match is None) == (key is None)
    if match and key:
        assert match.group("key").decode() == key
