# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters as Ansible loads and calls them, and the sentences of their errors."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Callable

import pytest
import yaml
from ansible.errors import AnsibleFilterError

PLUGINS = "ansible_collections.runbook.ops.plugins.filter"
FOLDER = Path(__file__).parents[3] / "plugins" / "filter"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py"))
FACTS = {"checks": [{"id": "x", "status": "warning", "subject": "s", "summary": "Seen."}]}


def load(name: str) -> Callable[..., Any]:
    """The one filter of a file, which has the file's name."""
    filters = importlib.import_module(f"{PLUGINS}.{name}").FilterModule().filters()
    assert list(filters) == [name]
    loaded: Callable[..., Any] = filters[name]
    return loaded


def report(*hosts: str, **more: Any) -> Any:
    return load("report")(
        {"a-1": {"report_seen": FACTS}}, hosts, title="Daily", operator="amal", **more
    )


@pytest.mark.parametrize("name", NAMES)
def test_filter_is_documented(name: str) -> None:
    told = yaml.safe_load((FOLDER / f"{name}.yml").read_text("utf-8"))
    assert told["DOCUMENTATION"]["name"] == name
    assert f"runbook.ops.{name}" in told["EXAMPLES"]
    for task in yaml.safe_load(told["EXAMPLES"]):
        assert task["name"][0].isupper()
    assert load(name).__doc__


def test_as_checks_gives_checks_and_stamps_a_failure_with_the_time() -> None:
    as_checks = load("as_checks")
    assert as_checks({"checks": [{"id": "x"}]}, "pg_activity", "db") == [{"id": "x"}]
    (found,) = as_checks({"failed": True, "msg": "Cannot."}, "pg_activity", "db")
    assert (found["id"], found["subject"]) == ("observer.pg_activity", "db")
    assert found["observed_at"].endswith("Z")


def test_as_checks_refuses_what_is_no_result() -> None:
    with pytest.raises(AnsibleFilterError, match="Cannot read the checks of pg_activity: a list"):
        load("as_checks")([], "pg_activity", "db")


def test_objectives_gives_both_checks() -> None:
    found = load("objectives")({"seconds": 3, "age_hours": 25}, "liyaqa", rpo_hours=24)
    assert [(one["id"], one["status"]) for one in found] == [
        ("restore.rto", "ok"),
        ("restore.rpo", "critical"),
    ]


def test_objectives_refuses_what_is_no_number() -> None:
    with pytest.raises(AnsibleFilterError, match="Cannot judge seconds"):
        load("objectives")({"seconds": "long"}, "liyaqa")


def test_runbook_review_judges_as_of_now() -> None:
    (found,) = load("runbook_review")({"next_review": "2020-01-01"}, "liyaqa")
    assert (found["id"], found["subject"], found["status"]) == (
        "runbook.review",
        "liyaqa",
        "warning",
    )
    assert load("runbook_review")({}, "liyaqa") == []


def test_pool_room_judges_the_sum_and_refuses_what_has_no_pool() -> None:
    activity = {
        "connections": {"used": 30, "usable": 97},
        "counts": {"by_client": {"10.0.0.1": 20}},
        "server": {"pooled": False},
    }
    scaling = [{"service": "api", "replicas": 1, "pool_size": 20}]
    seen = [{"service": "api", "replicas": [{"addresses": ["10.0.0.1"]}]}]
    room = load("pool_room")
    (fits,) = room(activity, scaling, seen, service="api", replicas="4", reserved="5")
    (full,) = room(activity, scaling, seen, service="api", replicas=5, reserved=5)
    assert (fits["status"], full["status"]) == ("ok", "critical")
    with pytest.raises(AnsibleFilterError, match="Cannot judge the pool of web"):
        room(activity, scaling, seen, service="web", replicas=1)


def test_report_holds_every_host_also_one_that_is_not_in_the_inventory() -> None:
    made = report("a-1", "b-1", rehearsal=True, fail_on="warning", dropped=["a-1"])
    assert [finding["host"] for finding in made["findings"]] == ["a-1", "b-1", "a-1"]
    assert made["rehearsal"] is True
    assert "x on a-1 is warning" in made["refusal"]


def test_report_refuses_a_run_without_hosts() -> None:
    with pytest.raises(AnsibleFilterError, match="Cannot report on the run: it has no hosts"):
        report()


def test_report_can_be_shown_as_table_and_as_page() -> None:
    assert load("report_table")(report("a-1"))[-1].startswith(" 1 warning on 1 host")
    assert load("report_page")(report("a-1"))["headline"] == "Warning: 1 of 1 check is not ok"


@pytest.mark.parametrize(
    ("form", "start"),
    [
        ("markdown", "# Daily: warning\n"),
        ("junit", '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="Daily" tests="1"'),
        ("metrics", "# HELP runbook_check_status "),
        ("textfile_name", "runbook_daily.prom"),
    ],
)
def test_report_can_be_shown_to_other_programs(form: str, start: str) -> None:
    assert load("report_as")(report("a-1"), form).startswith(start)


def test_report_can_be_handed_to_what_follows() -> None:
    assert load("report_as")(report("a-1"), "stats")["counts"]["warning"] == 1


def test_format_that_we_do_not_have_is_refused() -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        load("report_as")(report("a-1"), "pdf")
    assert str(caught.value) == (
        "Cannot show a report as pdf: there is no such format. Use one of junit, markdown, metrics,"
        " stats, textfile_name."
    )
