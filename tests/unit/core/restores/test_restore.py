# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a restore decides: names, marks, moves, refusals, proofs and sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.dump_content import Content
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.files import (
    BackupFile,
    ManifestFile,
    Sidecar,
    Stream,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.manifest import Manifest
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.postgres.login import Login
from ansible_collections.runbook.ops.plugins.module_utils.core.restores.commands import (
    require_success,
    restore_command,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.restores.marks import (
    ASIDE,
    LIVE,
    PROVEN,
    RESTORING,
    Found,
    Mark,
    comment_of,
    is_beside,
    name_beside,
    read_found,
    restored_as,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.restores.plan import (
    Move,
    plan_step,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.restores.proof import (
    Answers,
    Proof,
    judge_proof,
    read_proof,
    shortfall_of,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.restores.results import (
    conclude_restore,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.restores.wish import (
    Seen,
    Source,
    Wish,
    judge_source,
    read_wish,
    require_room,
)

NOW = datetime(2026, 1, 31, 4, tzinfo=timezone.utc)
TAKEN = datetime(2026, 1, 31, 2, tzinfo=timezone.utc)
RESTORED = "shop_restore_20260131_020000"
BEFORE = "shop_before_20260131_040000"
AFTER = "shop_after_20260131_040000"
LOGIN = Login("postgres", "postgres", 5432, 5, 10, host="db1")
OPTIONS: dict[str, Any] = {
    "operation": "restore", "database": "shop", "backup": "/b/a.sql", "name": None,
    "confirm": None, "assertions": [], "tables": [], "extensions": [], "migration": None,
    "jobs": 1, "timeout": 60, "keep_failed": False, "run_id": None, "container": None,
    "run_on": None, "programs": None,
}  # fmt: skip
SOURCE = Source("/b/a.sql", "a.sql", "ab", "plain", TAKEN, 3_000_000)
PROVEN_MARK = Mark(PROVEN, "a.sql", "ab", "2026-01-31T02:00:00Z", "r1", rows=7, seconds=1.5)
LIVE_MARK = replace(PROVEN_MARK, stage=LIVE, former=BEFORE)
OLDER = "shop_restore_20260101_000000"
OLDER_MARK = replace(PROVEN_MARK, backup="old.sql", sha256="cd", taken_at="2026-01-01T00:00:00Z")
OLDER_LIVE = replace(OLDER_MARK, stage=LIVE, former=BEFORE)


def wish(**given: Any) -> Wish:
    """The wish for the database ``shop``, with all confirmed that has to be."""
    words = {None: None, "drop": given.get("name")}
    confirm = words.get(given.get("operation"), "shop")
    return read_wish({**OPTIONS, "confirm": confirm, **given}, LOGIN)


def databases(**marks: Mark | None) -> dict[str, Found]:
    """The databases of these names and marks."""
    return {name: Found(name, "", mark) for name, mark in marks.items()}


def refusal(call: Any, *given: Any, **more: Any) -> tuple[str, str]:
    """Code and message of the error of a call."""
    with pytest.raises(OpsError) as caught:
        call(*given, **more)
    return caught.value.code, caught.value.message


def test_names_tell_what_and_when() -> None:
    assert name_beside("shop", "restore", TAKEN) == RESTORED
    assert is_beside(RESTORED, "shop")
    assert not is_beside("shop_restore_x", "shop")
    assert not is_beside("shop", "shop")
    assert restored_as("shop", Found("shop", "", LIVE_MARK)) == RESTORED
    assert not is_beside(restored_as("shop", Found("shop")), "shop")
    code, message = refusal(name_beside, "é" * 20, "restore", TAKEN)
    assert (code, "more than 63 bytes" in message) == ("bad_option", True)


@pytest.mark.parametrize("note", ["", "Members [of all] clubs", "[runbook.ops {}]"])
@pytest.mark.parametrize("mark", [None, PROVEN_MARK])
def test_a_mark_stands_behind_the_comment_of_a_person(note: str, mark: Mark | None) -> None:
    comment = comment_of(note, mark)
    found = read_found([{"name": "shop", "comment": comment, "oid": 5}])
    assert found == {"shop": Found("shop", note, mark, oid=5)}


@pytest.mark.parametrize(
    "comment", ['[runbook.ops {"stage":1}]', "[runbook.ops {oops}]", "[runbook.ops nothing]"]
)
def test_a_mark_that_somebody_changed_is_none(comment: str) -> None:
    (found,) = read_found([{"name": "shop", "comment": comment, "oid": 5}]).values()
    assert (found.note, found.mark, found.stage) == (comment, None, "")


def test_a_restore_makes_a_database_beside() -> None:
    half = "shop_restore_20260130_020000"
    found = databases(shop=None, shopping=None, **{half: Mark(RESTORING), AFTER: Mark(ASIDE)})
    step = plan_step(wish(), found, SOURCE, NOW)
    assert (step.target, step.leftovers) == (RESTORED, (half,))
    assert step.plan.before == {"shop": "live", half: "half-made", AFTER: "set aside"}
    assert step.plan.after == {
        "shop": "live", AFTER: "set aside", RESTORED: "restored from a.sql",
    }  # fmt: skip
    assert (step.plan.action, step.plan.subject) == ("pg_restore", "shop@db1:5432")


def test_a_restore_is_not_done_twice() -> None:
    step = plan_step(wish(), databases(**{RESTORED: PROVEN_MARK}), SOURCE, NOW)
    assert (step.plan.changes, step.mark) == (False, PROVEN_MARK)


@pytest.mark.parametrize(
    ("live", "confirm", "changes"),
    [
        (LIVE_MARK, None, False),
        (LIVE_MARK, "shopping", False),
        (LIVE_MARK, "shop", True),
        (replace(LIVE_MARK, sha256="cd"), None, True),
        (replace(LIVE_MARK, stage=ASIDE), None, True),
        (None, None, True),
    ],
)
def test_what_is_live_is_restored_again_only_when_somebody_says_so(
    live: Mark | None, confirm: str | None, changes: bool
) -> None:
    found = databases(shop=live, **{BEFORE: Mark(ASIDE)})
    step = plan_step(wish(confirm=confirm), found, SOURCE, NOW)
    assert (step.plan.changes, step.target) == (changes, RESTORED if changes else "shop")


@pytest.mark.parametrize(("confirm", "target"), [(None, "shop"), ("shop", RESTORED)])
def test_what_is_live_and_stands_beside_as_well(confirm: str | None, target: str) -> None:
    found = databases(shop=LIVE_MARK, **{RESTORED: PROVEN_MARK})
    step = plan_step(wish(confirm=confirm), found, SOURCE, NOW)
    outcome = conclude_restore(wish(confirm=confirm), step, now=NOW).as_result()
    assert (step.plan.changes, step.target) == (False, target)
    assert outcome["restored_database"] == (None if target == "shop" else RESTORED)
    assert outcome["age_hours"] == 2


@pytest.mark.parametrize(
    ("there", "leftovers"),
    [
        (Found(RESTORED, bare=True), (RESTORED,)),
        (Found(RESTORED), None),
        (Found(RESTORED, mark=replace(PROVEN_MARK, sha256="cd")), None),
    ],
)
def test_a_name_that_is_taken(there: Found, leftovers: tuple[str, ...] | None) -> None:
    found = {RESTORED: there}
    if leftovers is None:
        assert refusal(plan_step, wish(), found, SOURCE, NOW)[0] == "name_taken"
    else:
        assert plan_step(wish(), found, SOURCE, NOW).leftovers == leftovers


def test_a_switch_exchanges_names_and_can_be_undone() -> None:
    found = databases(shop=None, **{RESTORED: PROVEN_MARK, "shop_restore_20260101_000000": None})
    found["shop"] = replace(found["shop"], note="Members")
    step = plan_step(wish(operation="switch"), found, None, NOW)
    live = replace(PROVEN_MARK, stage=LIVE, former=BEFORE)
    assert step.moves == (
        Move("shop", BEFORE, comment_of("Members", Mark(ASIDE))),
        Move(RESTORED, "shop", comment_of("Members", live)),
    )
    assert step.undo == (
        Move("shop", AFTER, comment_of("", replace(live, stage=ASIDE))),
        Move(BEFORE, "shop", "Members"),
    )
    assert step.plan.after == {
        "shop": "live, restored from a.sql", BEFORE: "set aside",
        "shop_restore_20260101_000000": "not marked",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("live", "name", "target"),
    [
        (None, None, RESTORED),
        (None, OLDER, OLDER),
        (OLDER_LIVE, None, RESTORED),
        (LIVE_MARK, None, "shop"),
        (LIVE_MARK, RESTORED, RESTORED),
        (LIVE_MARK, OLDER, OLDER),
        (replace(LIVE_MARK, taken_at="2026-02-01T00:00:00Z"), None, "shop"),
        (replace(LIVE_MARK, taken_at=""), None, RESTORED),
        (replace(LIVE_MARK, stage=ASIDE), None, RESTORED),
    ],
)
def test_a_switch_takes_the_named_or_one_that_is_newer(
    live: Mark | None, name: str | None, target: str
) -> None:
    found = databases(shop=live, **{RESTORED: PROVEN_MARK, OLDER: OLDER_MARK})
    step = plan_step(wish(operation="switch", name=name), found, None, NOW)
    assert (step.target, step.plan.changes) == (target, target != "shop")


def test_a_switch_that_was_done_does_not_go_on_to_an_older_one() -> None:
    found = databases(shop=LIVE_MARK, **{OLDER: OLDER_MARK})
    for name in (None, RESTORED):
        again = plan_step(wish(operation="switch", name=name), found, None, NOW)
        assert (again.plan.changes, again.mark) == (False, LIVE_MARK)
    assert plan_step(wish(operation="switch", name=OLDER), found, None, NOW).target == OLDER


def test_two_switches_in_one_second_set_aside_under_two_names() -> None:
    taken = {BEFORE: Mark(ASIDE), AFTER: Mark(ASIDE)}
    step = plan_step(
        wish(operation="switch"),
        databases(shop=None, **{RESTORED: PROVEN_MARK}, **taken),
        None,
        NOW,
    )
    later = [name[:-1] + "1" for name in (BEFORE, AFTER)]
    assert [step.moves[0].to, step.undo[0].to] == later


def test_a_switch_without_a_live_database() -> None:
    step = plan_step(wish(operation="switch"), databases(**{RESTORED: PROVEN_MARK}), None, NOW)
    assert [move.to for move in step.moves] == ["shop"]
    assert [move.to for move in step.undo] == [AFTER]


def test_a_switch_that_was_done_and_one_that_cannot_be() -> None:
    done = plan_step(wish(operation="switch"), databases(shop=LIVE_MARK), None, NOW)
    assert (done.plan.changes, done.mark) == (False, LIVE_MARK)
    for given, found in (
        ({}, databases(shop=None)),
        ({"name": "x"}, databases(shop=LIVE_MARK)),
        ({"name": OLDER}, databases(shop=LIVE_MARK)),
        ({"name": RESTORED}, databases(shop=replace(LIVE_MARK, stage=ASIDE))),
        ({}, {}),
    ):
        code, dummy = refusal(plan_step, wish(operation="switch", **given), found, None, NOW)
        assert code == "nothing_restored"


@pytest.mark.parametrize(
    ("former", "comment"),
    [
        (None, None),
        (Mark(ASIDE), None),
        (replace(LIVE_MARK, stage=ASIDE), comment_of("", LIVE_MARK)),
    ],
)
def test_back_gives_the_former_its_name(former: Mark | None, comment: str | None) -> None:
    found = databases(shop=LIVE_MARK, **{BEFORE: former})
    step = plan_step(wish(operation="back"), found, None, NOW)
    assert step.moves == (
        Move("shop", AFTER, comment_of("", replace(LIVE_MARK, stage=ASIDE))),
        Move(BEFORE, "shop", comment),
    )


def test_back_without_a_switch_and_without_a_former() -> None:
    for found in ({}, databases(shop=None), databases(shop=Mark(ASIDE))):
        assert not plan_step(wish(operation="back"), found, None, NOW).plan.changes
    found = databases(shop=LIVE_MARK)
    assert refusal(plan_step, wish(operation="back"), found, None, NOW)[0] == "no_such_database"


@pytest.mark.parametrize(
    ("name", "mark", "changes"),
    [
        (RESTORED, PROVEN_MARK, True),
        (BEFORE, Mark(ASIDE), True),
        (RESTORED, None, None),
        ("shop", LIVE_MARK, None),
        ("other", Mark(ASIDE), None),
    ],
)
def test_only_what_is_ours_is_dropped(name: str, mark: Mark | None, changes: bool | None) -> None:
    found = databases(**{name: mark})
    wanted = wish(operation="drop", name=name)
    if changes is None:
        assert refusal(plan_step, wanted, found, None, NOW)[0] == "not_ours"
    else:
        step = plan_step(wanted, found, None, NOW)
        assert (step.plan.changes, step.leftovers) == (changes, (name,))
    gone = plan_step(wanted, {}, None, NOW)
    assert (gone.plan.changes, gone.leftovers) == (False, ())


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"database": "postgres"}, "bad_option"),
        ({"operation": "switch", "confirm": None}, "not_confirmed"),
        ({"operation": "drop", "name": "x", "confirm": "shop"}, "not_confirmed"),
        ({"run_on": "container"}, "bad_option"),
    ],
)
def test_a_wish_that_is_refused(given: dict[str, Any], code: str) -> None:
    assert refusal(read_wish, {**OPTIONS, **given}, LOGIN)[0] == code


def test_where_the_programs_run() -> None:
    inside = Login("postgres", "postgres", 5432, 5, 10, container="pg")
    assert read_wish({**OPTIONS, "container": "pg"}, inside).inside is True
    assert read_wish({**OPTIONS, "container": "pg"}, inside).subject == "shop@pg"
    assert read_wish({**OPTIONS, "container": "pg", "run_on": "host"}, inside).inside is False
    assert wish().inside is False
    assert wish(programs="/opt/pg/").programs == wish(programs="/opt/pg").programs == "/opt/pg/"


FILE = BackupFile("/b/a.sql", 1000, TAKEN)
STREAM = Stream("none", {"sha256": "ab"}, 1000, content=Content("plain"))
MANIFEST = Manifest(
    "a.sql", 1000, "ab", "plain", "2026-01-30T02:00:00Z", "x", "db1", database="shop",
    database_bytes=9000, tables={"members": 7}, migration="3",
)  # fmt: skip


def seen(manifest: Manifest | None = None, *, fault: str = "", **stream: Any) -> Seen:
    """A good backup with these things wrong."""
    beside = ManifestFile("/b/a.sql.manifest.json", exists=True, manifest=manifest, fault=fault)
    return Seen(FILE, replace(STREAM, **stream), Sidecar("/b/a.sql.sha256", exists=False), beside)


def test_a_good_backup_may_be_restored() -> None:
    plain = judge_source(wish(), seen())
    assert (plain.taken_at, plain.needs_bytes, plain.counts) == (TAKEN, 1500, {})
    told = judge_source(wish(), seen(MANIFEST))
    assert (told.taken_at.day, told.needs_bytes, told.migration) == (30, 9000, "3")
    odd = judge_source(wish(), seen(replace(MANIFEST, started_at="yesterday")))
    assert odd.taken_at == TAKEN
    packed = judge_source(wish(), seen(content=Content("custom", databases=("shop",))))
    assert (packed.format, packed.needs_bytes) == ("custom", 8000)


@pytest.mark.parametrize(
    ("spoilt", "code", "cause"),
    [
        (seen(damage="it is cut off"), "bad_backup", "it is cut off"),
        (seen(hindrance="no key"), "bad_backup", "no key"),
        (seen(fault="it is no JSON"), "bad_backup", "manifest.json: it is no JSON"),
        (seen(content=Content("plain", faults=("it ends",))), "bad_backup", "it ends"),
        (seen(replace(MANIFEST, sha256="cd")), "bad_backup", "not the one in its manifest"),
        (seen(replace(MANIFEST, database="x")), "wrong_database", "it is of x"),
        (seen(replace(MANIFEST, contents="data")), "unsupported", "it holds the data only"),
        (seen(content=Content("custom", databases=("x",))), "wrong_database", "it is of x"),
        (seen(content=Content("plain", databases=("x",))), "unsupported", "connect to x by itself"),
        (seen(content=Content("plain", part="schema")), "unsupported", "the schema only"),
        (seen(content=Content("cluster")), "unsupported", "it is of pg_dumpall"),
        (seen(content=Content("files")), "unsupported", "it is no dump of a database"),
        (seen(content=None), "unsupported", "it is no dump of a database"),
        (
            replace(seen(), sidecar=Sidecar("/b/s", exists=True, fault="it holds 2 digests")),
            "bad_backup",
            "it holds 2 digests",
        ),
        (
            replace(seen(), sidecar=Sidecar("/b/s", exists=True, sha256="cd")),
            "bad_backup",
            "not the one in /b/s",
        ),
    ],
)
def test_a_backup_that_is_refused(spoilt: Seen, code: str, cause: str) -> None:
    found, message = refusal(judge_source, wish(), spoilt)
    assert (found, cause in message) == (code, True), message


def test_room_is_required_where_it_can_be_seen() -> None:
    require_room(wish(), SOURCE, None)
    require_room(wish(), SOURCE, 3_000_000)
    code, message = refusal(require_room, wish(), SOURCE, 2_999_999)
    assert (code, "it takes about 3 MB and 2 MB are free" in message) == ("no_space", True)


def test_command_lines() -> None:
    assert restore_command(wish(), SOURCE, "it's", None)[-1] == "--dbname=dbname='it\\'s'"
    custom = replace(SOURCE, format="custom")
    assert restore_command(wish(jobs=3), custom, "x", "/b/a")[-2:] == ["--jobs=3", "/b/a"]
    assert restore_command(wish(programs="/p"), custom, "x", None)[0] == "/p/pg_restore"


@pytest.mark.parametrize(
    ("complaints", "cause"),
    [
        ("psql:<stdin>:9: ERROR:  relation exists\nx", "psql: relation exists."),
        ("pg_restore: error: could not read: eof", "psql: could not read: eof."),
        ("", "psql: it ended with code 3 and gave no reason."),
    ],
)
def test_what_a_program_complained_about(complaints: str, cause: str) -> None:
    require_success(SOURCE, "x", "psql", code=0, complaints=complaints)
    code, message = refusal(require_success, SOURCE, "x", "/p/psql", code=3, complaints=complaints)
    assert (code, cause in message) == ("restore_failed", True)


def assertion(**given: Any) -> dict[str, Any]:
    return {"name": "n", "sql": "SELECT 1", "expect": None, "min": None, "max": None, **given}


def told(options: Mapping[str, Any], answers: Answers) -> list[tuple[str, str]]:
    """Status and summary of each check."""
    proof = read_proof({**OPTIONS, **options})
    return [
        (check.status.label, check.summary) for check in judge_proof("shop", proof, answers, NOW)
    ]


@pytest.mark.parametrize(
    ("given", "value", "fault"),
    [
        ({"expect": "7"}, "7", ""),
        ({"expect": "7"}, "8", "8, expected 7"),
        ({"expect": "7"}, None, "no value, expected 7"),
        ({"min": 7.0, "max": 9.0}, "7", ""),
        ({"min": 7.0}, "6.9", "6.9, expected at least 7"),
        ({"max": 9.0}, "10", "10, expected at most 9"),
        ({"max": 9.0}, "9", ""),
        ({"max": 9.0}, "nan", "nan, expected at most 9"),
        ({"max": 9.0}, "much", "much, expected a number"),
    ],
)
def test_an_assertion_is_judged(given: dict[str, Any], value: str | None, fault: str) -> None:
    found = told({"assertions": [assertion(**given)]}, Answers(values={"n": value}))
    expected = ("critical", f"Assertion n: {fault}.") if fault else ("ok", "Assertion n holds.")
    assert found == [expected]


def test_an_assertion_that_fails_is_critical() -> None:
    answers = Answers(faults={"n": "Cannot ask n"})
    found = told({"assertions": [assertion(expect="7")]}, answers)
    assert found == [("critical", "Assertion n: Cannot ask n.")]


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ([assertion()], "nothing is expected of its value"),
        ([assertion(expect="1", max=2)], "expect excludes min and max"),
        ([assertion(expect="1"), assertion(expect="2")], "another one has its name"),
    ],
)
def test_an_assertion_that_asks_nothing_is_refused(given: list[Any], cause: str) -> None:
    code, message = refusal(read_proof, {**OPTIONS, "assertions": given})
    assert (code, cause in message) == ("bad_option", True)


def test_tables_extensions_and_migration_are_judged() -> None:
    options = {"tables": ["a", "b", "c"], "extensions": ["x", "y"], "migration": "4"}
    answers = Answers(rows={"a": 3, "b": 0}, extensions=frozenset(("x",)), migration=None)
    assert told(options, answers) == [
        ("critical", "Table b is empty, c is missing."),
        ("critical", "Extension y is missing."),
        ("critical", "The newest migration is none, expected 4."),
    ]
    whole = Answers(rows=dict.fromkeys("abc", 1), extensions=frozenset("xy"), migration="4")
    assert told(options, whole) == [
        ("ok", "All 3 tables are there and hold rows."),
        ("ok", "All 2 extensions are there."),
        ("ok", "The newest migration is 4."),
    ]


@pytest.mark.parametrize(
    ("have", "summary"),
    [
        ({"a": 3, "b": 4}, "All 2 tables have the rows that the manifest counted."),
        ({"a": 3, "b": 5}, "Table b has 5 rows, the manifest counted 4."),
        ({"b": 5}, "Table a is missing, the manifest counted 3, and 1 more differ."),
    ],
)
def test_rows_are_compared_with_the_manifest(have: dict[str, int], summary: str) -> None:
    (check,) = judge_proof("shop", Proof(counts={"a": 3, "b": 4}), Answers(rows=have), NOW)
    assert (check.summary, check.value) == (summary, sum(have.values()))
    assert shortfall_of((check,)) == ("" if summary.startswith("All") else summary.rstrip("."))


@pytest.mark.parametrize(
    ("given", "found", "measured", "summary"),
    [
        (
            {},
            {},
            None,
            f"Would restore a.sql, 2 h old, as {RESTORED} beside shop.",
        ),
        (
            {},
            {},
            {"seconds": 1.5, "rows": 7},
            f"Restored a.sql, 2 h old, as {RESTORED} beside shop in 1.5 s, about 7 rows.",
        ),
        ({}, {RESTORED: PROVEN_MARK}, None, f"a.sql is restored as {RESTORED} already."),
        (
            {},
            {"shop": LIVE_MARK},
            None,
            "shop is the restore of a.sql already; give confirm: shop to restore it once more.",
        ),
        (
            {"operation": "switch"},
            {"shop": None, RESTORED: PROVEN_MARK},
            None,
            f"shop would be the restore of a.sql, 2 h old; the former one is kept as {BEFORE}.",
        ),
        (
            {"operation": "switch"},
            {RESTORED: PROVEN_MARK},
            {"seconds": 1},
            "shop is the restore of a.sql, 2 h old.",
        ),
        (
            {"operation": "switch"},
            {"shop": LIVE_MARK},
            None,
            "shop is the restore of a.sql already.",
        ),
        (
            {"operation": "back"},
            {"shop": LIVE_MARK, BEFORE: None},
            {},
            "shop is again what it was before the switch.",
        ),
        ({"operation": "back"}, {}, None, "No switch of shop is there to be taken back."),
        ({"operation": "drop", "name": BEFORE}, {BEFORE: Mark(ASIDE)}, {}, f"Dropped {BEFORE}."),
        (
            {"operation": "drop", "name": BEFORE},
            {BEFORE: Mark(ASIDE)},
            None,
            f"Would drop {BEFORE}.",
        ),
        ({"operation": "drop", "name": BEFORE}, {}, None, f"There is no {BEFORE}."),
    ],
)
def test_what_is_told(
    given: dict[str, Any],
    found: dict[str, Mark | None],
    measured: dict[str, Any] | None,
    summary: str,
) -> None:
    wanted = wish(**given)
    source = SOURCE if wanted.operation == "restore" else None
    step = plan_step(wanted, databases(**found), source, NOW)
    outcome = conclude_restore(wanted, step, measured=measured, now=NOW)
    assert outcome.summary == summary
    assert outcome.as_result()["checks"] == []
