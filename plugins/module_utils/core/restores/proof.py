# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a restored database is asked, and how its answers are judged."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..check import Check, Status, worst
from ..errors import OpsError, cannot

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_REMEDY = "restore"


@dataclass(frozen=True)
class Assertion:
    """A question in SQL whose only value is compared: as text with ``expect``, else in size."""

    name: str
    sql: str
    expect: str | None = None
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True)
class Proof:
    """What has to be true of a database; ``counts`` are the rows of each table in the manifest."""

    assertions: tuple[Assertion, ...] = ()
    tables: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    migration: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Answers:
    """What a database said; a ``fault`` of an assertion is the cause why it has no value.

    ``rows`` are counted, by the names that were asked for; a table that is not there is not among
    them. ``total`` is what ANALYZE estimates for all tables; ``migration`` is the newest version.
    """

    rows: Mapping[str, int] = field(default_factory=dict)
    total: int = 0
    extensions: frozenset[str] = frozenset()
    migration: str | None = None
    values: Mapping[str, str | None] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)


def read_proof(options: Mapping[str, Any]) -> Proof:
    """The proof that the options ask for.

    Raises ``OpsError`` ``bad_option``.
    """
    assertions = tuple(_read_assertion(given) for given in options["assertions"])
    names = [assertion.name for assertion in assertions]
    for name in names:
        if names.count(name) > 1:
            raise _bad_assertion(name, "another one has its name", "Give each a name of its own")
    return Proof(
        assertions=assertions,
        tables=tuple(options["tables"]),
        extensions=tuple(options["extensions"]),
        migration=options["migration"],
    )


def _read_assertion(given: Mapping[str, Any]) -> Assertion:
    name, bounds = given["name"], (given["min"], given["max"])
    if given["expect"] is None and bounds == (None, None):
        raise _bad_assertion(name, "nothing is expected of its value", "Give expect, min or max")
    if given["expect"] is not None and bounds != (None, None):
        raise _bad_assertion(name, "expect excludes min and max", "Give one or the other")
    return Assertion(name, given["sql"], given["expect"], given["min"], given["max"])


def _bad_assertion(name: str, cause: str, advice: str) -> OpsError:
    return OpsError(
        cannot(f"use the assertion {name}", cause, advice),
        code="bad_option",
        details={"assertion": name},
    )


def judge_proof(database: str, proof: Proof, answers: Answers, now: datetime) -> tuple[Check, ...]:
    """One check for each question; rows and tables are judged only where something is expected."""
    judge = _Judge(database, now)
    checks = [
        judge.rows(proof.counts, answers.rows) if proof.counts else None,
        judge.tables(proof.tables, answers.rows) if proof.tables else None,
        judge.extensions(proof.extensions, answers.extensions) if proof.extensions else None,
        judge.migration(proof.migration, answers.migration) if proof.migration else None,
        *(judge.assertion(assertion, answers) for assertion in proof.assertions),
    ]
    return tuple(check for check in checks if check is not None)


def shortfall_of(checks: tuple[Check, ...]) -> str:
    """The sentence of the worst check that is not ok, without its full stop; empty for none."""
    status = worst(checks)
    if status is Status.OK:
        return ""
    return next(check.summary for check in checks if check.status is status).rstrip(".")


class _Judge:
    """Makes the checks of one database."""

    def __init__(self, database: str, now: datetime) -> None:
        self._database = database
        self._now = now

    def rows(self, counts: Mapping[str, int], have: Mapping[str, int]) -> Check:
        """Whether every table that the manifest counted has as many rows."""
        wrong = [name for name, count in sorted(counts.items()) if have.get(name) != count]
        if not wrong:
            summary = f"All {len(counts)} tables have the rows that the manifest counted."
            return self._check("rows", "", summary, value=sum(have.values()))
        first, count = wrong[0], have.get(wrong[0])
        told = "is missing" if count is None else f"has {count} rows"
        others = f", and {len(wrong) - 1} more differ" if len(wrong) > 1 else ""
        summary = f"Table {first} {told}, the manifest counted {counts[first]}{others}."
        return self._check("rows", summary, "", value=sum(have.values()))

    def tables(self, wanted: tuple[str, ...], have: Mapping[str, int]) -> Check:
        """Whether every wanted table is there and holds a row."""
        told = [f"{name} is {_lack(have.get(name))}" for name in wanted if not have.get(name)]
        fault = f"Table {', '.join(told)}." if told else ""
        return self._check("tables", fault, f"All {len(wanted)} tables are there and hold rows.")

    def extensions(self, wanted: tuple[str, ...], have: frozenset[str]) -> Check:
        """Whether every wanted extension is there."""
        missing = [name for name in wanted if name not in have]
        fault = f"Extension {', '.join(missing)} is missing." if missing else ""
        return self._check("extensions", fault, f"All {len(wanted)} extensions are there.")

    def migration(self, wanted: str, have: str | None) -> Check:
        """Whether the newest migration is the wanted one."""
        told = f"The newest migration is {have or 'none'}"
        fault = "" if wanted == have else f"{told}, expected {wanted}."
        return self._check("migration", fault, f"{told}.")

    def assertion(self, asked: Assertion, answers: Answers) -> Check:
        """Whether the value is as expected; one that could not be read is not."""
        fault = answers.faults.get(asked.name) or _difference(asked, answers.values[asked.name])
        summary = f"Assertion {asked.name}: {fault}." if fault else ""
        value = answers.values.get(asked.name)
        return self._check(
            "assertion", summary, f"Assertion {asked.name} holds.", value=value, subject=asked.name
        )

    def _check(
        self, word: str, fault: str, good: str, *, subject: str = "", value: Any = None
    ) -> Check:
        return Check(
            id=f"restore.{word}",
            subject=subject or self._database,
            status=Status.CRITICAL if fault else Status.OK,
            summary=fault or good,
            observed_at=self._now,
            value=value,
            remedy=_REMEDY if fault else None,
        )


def _lack(rows: int | None) -> str:
    return "missing" if rows is None else "empty"


def _difference(asked: Assertion, value: str | None) -> str:
    """What is wrong with ``value``, as a clause; empty for nothing."""
    told = "no value" if value is None else value
    if asked.expect is not None:
        return "" if value == asked.expect else f"{told}, expected {asked.expect}"
    try:
        number = float(told)
    except ValueError:
        return f"{told}, expected a number"
    if asked.least is not None and not number >= asked.least:
        return f"{told}, expected at least {asked.least:g}"
    if asked.most is not None and not number <= asked.most:
        return f"{told}, expected at most {asked.most:g}"
    return ""
