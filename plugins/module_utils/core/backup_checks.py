# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judging a backup: one check for each level, from the cheap to the dear.

A level that cannot be asked, because a former one failed, is ``unknown`` with that reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .backup_copies import Case, judge_digest, judge_offsite
from .backup_evidence import median_bytes
from .backups import describe_bytes
from .check import Check, Status
from .dump_frames import PROGRAMS

if TYPE_CHECKING:
    from .backups import BackupFile

_SKEW_HOURS = 0.1  # how far two clocks may be apart before a time is called future


def judge_backup(case: Case) -> tuple[Check, ...]:
    """All levels that are asked, in the order of their cost."""
    newest = case.evidence.listing.newest
    if newest is None:
        absent = [case.check(level, Status.UNKNOWN, "There is no backup.") for level in case.asked]
        return (_judge_absence(case), *absent)
    levels = (
        _judge_existence(case, newest),
        _judge_age(case, newest),
        _judge_size(case, newest),
        _judge_history(case, newest),
        _judge_stream(case, newest),
        _judge_content(case, newest),
        _judge_database(case, newest),
        judge_digest(case, newest),
        judge_offsite(case, newest),
    )
    return tuple(level for level in levels if level is not None)


def describe_backup(case: Case, checks: tuple[Check, ...]) -> str:
    """One sentence: the first of the worst checks, or that all is well."""
    newest = case.evidence.listing.newest
    bad = [check for check in checks if check.status is max(check.status for check in checks)]
    if newest is None or bad[0].status is not Status.OK:
        return bad[0].summary
    size, age = describe_bytes(newest.bytes), newest.age_hours(case.now)
    return f"{newest.name}: {size}, {age:g} h old, all {len(checks)} checks are ok."


def _judge_absence(case: Case) -> Check:
    listing = case.evidence.listing
    cause = f"No file matches; {listing.strangers[0]}" if listing.strangers else "No file matches"
    if listing.absence:
        cause = f"{listing.directory} cannot be looked at: {listing.absence}"
    return case.check("exists", Status.CRITICAL, f"{cause}.", value=0, unit="files")


def _judge_existence(case: Case, newest: BackupFile) -> Check:
    """A name that matches and is no file is where a backup should have been."""
    listing = case.evidence.listing
    count = len(listing.files)
    summary = f"{count} found, the newest is {newest.name}"
    if listing.strangers:
        summary += f"; {len(listing.strangers)} are no regular files: {listing.strangers[0]}"
    status = Status.WARNING if listing.strangers else Status.OK
    return case.check("exists", status, f"{summary}.", value=count, unit="files")


def _judge_age(case: Case, newest: BackupFile) -> Check:
    age = newest.age_hours(case.now)
    if age < -_SKEW_HOURS:
        summary = f"{newest.name} is dated {-age:g} h in the future, so its age is not known."
        return case.check("fresh", Status.UNKNOWN, summary, value=age, unit="h")
    summary = f"{newest.name} is {age:g} h old."
    return case.measure("fresh", case.expected.age, age, unit="h", summary=summary)


def _judge_size(case: Case, newest: BackupFile) -> Check:
    size = case.expected.size
    summary = f"{newest.name} has {newest.bytes} bytes, at least {size.critical:.0f} are expected."
    return case.measure("size", size, newest.bytes, unit="bytes", summary=summary)


def _judge_history(case: Case, newest: BackupFile) -> Check | None:
    if case.expected.history == 0:
        return None
    older = case.evidence.listing.older(case.expected.history)
    median = median_bytes(older)
    if not median:
        summary = "There is no earlier backup to compare the size with."
        return case.check("history", Status.UNKNOWN, summary, unit="%")
    below = round(100 * (1 - newest.bytes / median), 1)
    side = f"{abs(below):g} % {'below' if below >= 0 else 'above'}"
    summary = (
        f"{newest.name} is {side} the {describe_bytes(median)} that are the median"
        f" of the {len(older)} before it."
    )
    return case.measure("history", case.expected.deviation, below, unit="%", summary=summary)


def _judge_stream(case: Case, newest: BackupFile) -> Check:
    seen = case.evidence.stream
    if seen.damage:
        return case.check("stream", Status.CRITICAL, f"{newest.name}: {seen.damage}.")
    if seen.uncompressed_bytes is None:
        return case.check("stream", Status.UNKNOWN, _unread(case, newest))
    how = "inflates to its end" if seen.compression == "gzip" else "is read to its end"
    size = describe_bytes(seen.uncompressed_bytes)
    summary = f"{newest.name} {how}: {size} of content."
    return case.check("stream", Status.OK, summary, value=seen.uncompressed_bytes, unit="bytes")


def _judge_content(case: Case, newest: BackupFile) -> Check:
    content = case.evidence.content
    if content is None or not content.judged:
        return case.check("content", Status.UNKNOWN, _unread(case, newest))
    if content.faults:
        summary = f"{newest.name} is no whole dump: {'; '.join(content.faults)}."
        return case.check("content", Status.CRITICAL, summary)
    named = f"of {', '.join(content.databases)}" if content.databases else "that names no database"
    summary = (
        f"{newest.name} is a whole dump by {PROGRAMS[content.format]} {named},"
        f" with the rows of {content.tables} tables."
    )
    return case.check("content", Status.OK, summary, value=content.tables, unit="tables")


def _judge_database(case: Case, newest: BackupFile) -> Check | None:
    """Asked only where the dump names a database: one made without ``--create`` names none."""
    wanted, content = case.expected.database, case.evidence.content
    if wanted is None:
        return None
    if content is None or not content.judged:
        return case.check("database", Status.UNKNOWN, _unread(case, newest))
    if not content.databases:
        return None
    right = wanted in content.databases
    summary = f"{newest.name} is of {', '.join(content.databases)}; {wanted} is expected."
    return case.check("database", Status.OK if right else Status.CRITICAL, summary)


def _unread(case: Case, newest: BackupFile) -> str:
    """Why it is not known what is inside, as a sentence."""
    seen = case.evidence.stream
    if seen.content is not None:
        return f"{newest.name} is in {seen.content.format} format, whose inside is not looked at."
    if seen.damage or seen.hindrance:
        return f"{newest.name} was not read to its end: {seen.damage or seen.hindrance}."
    return f"{newest.name} is compressed with {seen.compression}, which is not inflated."
