# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judging what is inside a backup: whether it is whole, of which database, of which tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..check import Check, Status
from .dump_frames import ARCHIVES, CLUSTER, FILES, PROGRAMS

if TYPE_CHECKING:
    from .copies import Case
    from .dump_content import Content
    from .files import BackupFile

_NAMED = 3  # how many missing tables a sentence names
_PARTS = {"all": "schema and data", "schema": "only the schema", "data": "only data"}


def judge_content(case: Case, newest: BackupFile) -> Check:
    """Whether what is inside is whole."""
    content = case.evidence.content
    if content is None or not content.judged:
        return case.check("content", Status.UNKNOWN, describe_unread(case, newest))
    if content.faults:
        kind = "archive of files" if content.format == FILES else "dump"
        summary = f"{newest.name} is no whole {kind}: {'; '.join(content.faults)}."
        return case.check("content", Status.CRITICAL, summary)
    if content.format == FILES:
        return case.check("content", Status.OK, f"{newest.name} is a whole archive of files.")
    named = f"of {', '.join(content.databases)}" if content.databases else "that names no database"
    summary = (
        f"{newest.name} is a whole dump by {_maker(content)} {named},"
        f" with the rows of {content.tables} tables."
    )
    return case.check("content", Status.OK, summary, value=content.tables, unit="tables")


def _maker(content: Content) -> str:
    if content.format in ARCHIVES:
        return f"pg_dump in {content.format} format"
    return PROGRAMS[content.format]


def judge_database(case: Case, newest: BackupFile) -> Check | None:
    """Asked only where the dump names a database: one made without ``--create`` names none."""
    wanted, content = case.expected.database, case.evidence.content
    if wanted is None:
        return None
    if content is None or not content.judged:
        return case.check("database", Status.UNKNOWN, describe_unread(case, newest))
    if not content.databases:
        return None
    right = wanted in content.databases
    summary = f"{newest.name} is of {', '.join(content.databases)}; {wanted} is expected."
    return case.check("database", Status.OK if right else Status.CRITICAL, summary)


def judge_part(case: Case, newest: BackupFile) -> Check | None:
    """Whether it holds schema and data; ``None`` where there is no whole dump of one database."""
    content = case.evidence.content
    if content is None or not content.judged or content.faults:
        return None
    if content.format in (CLUSTER, FILES):
        return None
    manifest = case.evidence.manifest
    wanted = {case.expected.contents, *({manifest.contents} if manifest else ())}
    if content.part in wanted:
        return case.check("contents", Status.OK, f"{newest.name} holds {_PARTS[content.part]}.")
    summary = (
        f"{newest.name} holds {_PARTS[content.part]}, and {_PARTS[case.expected.contents]} is"
        " expected: it cannot be restored alone."
    )
    return case.check("contents", Status.WARNING, summary)


def judge_tables(case: Case, newest: BackupFile) -> Check | None:
    """Whether the data of the tables that have to be in it are; ``None`` where none is named."""
    wanted, content = case.expected.tables, case.evidence.content
    if not wanted:
        return None
    if content is None or not content.judged:
        return case.check("tables", Status.UNKNOWN, describe_unread(case, newest))
    there = {*content.names, *(name.partition(".")[2] for name in content.names)}
    missing = [name for name in wanted if name not in there]
    if missing:
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        summary = f"{newest.name} holds no data of {', '.join(missing[:_NAMED])}{more}."
        return case.check("tables", Status.CRITICAL, summary, value=len(missing), unit="missing")
    summary = f"{newest.name} holds the data of all {len(wanted)} tables that it has to."
    return case.check("tables", Status.OK, summary, value=0, unit="missing")


def describe_unread(case: Case, newest: BackupFile) -> str:
    """Why it is not known what is inside, as a sentence."""
    seen = case.evidence.stream
    if seen.content is not None:
        form, cause = seen.content.format, seen.content.hindrance
        return f"{newest.name} is in {form} format, which was not looked into: {cause}."
    return f"{newest.name} was not read to its end: {seen.damage or seen.hindrance}."
