# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judging a backup: one check for each level, from the cheap to the dear.

A level that cannot be asked, because a former one failed, is ``unknown`` with that reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..check import Check, Status
from .content import describe_unread, judge_content, judge_database, judge_part, judge_tables
from .copies import Case, judge_digest, judge_lock, judge_offsite, judge_storage
from .declared import judge_manifest, made_at
from .evidence import median_bytes
from .files import describe_bytes

if TYPE_CHECKING:
    from .files import BackupFile

_SKEW_HOURS = 0.1  # how far two clocks may be apart before a time is called future


def judge_backup(case: Case) -> tuple[Check, ...]:
    """All levels that are asked, in the order of their cost."""
    newest = case.evidence.listing.newest
    if newest is None:
        absent = [case.check(level, Status.UNKNOWN, "There is no backup.") for level in case.asked]
        return (_judge_absence(case), *absent)
    levels = (
        *judge_set(case, newest),
        _judge_stream(case, newest),
        judge_content(case, newest),
        judge_database(case, newest),
        judge_part(case, newest),
        judge_tables(case, newest),
        judge_digest(case, newest),
        judge_manifest(case, newest),
        judge_offsite(case, newest),
        judge_storage(case),
        judge_lock(case),
    )
    return tuple(level for level in levels if level is not None)


def judge_set(case: Case, newest: BackupFile) -> tuple[Check, ...]:
    """The levels that need nothing but the list of the backups."""
    levels = (
        _judge_existence(case, newest),
        _judge_age(case, newest),
        _judge_size(case, newest),
        _judge_history(case, newest),
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
    age = _age_hours(case, newest)
    if age < -_SKEW_HOURS:
        summary = f"{newest.name} is dated {-age:g} h in the future, so its age is not known."
        return case.check("fresh", Status.UNKNOWN, summary, value=age, unit="h")
    summary = f"{newest.name} is {age:g} h old."
    return case.measure("fresh", case.expected.age, age, unit="h", summary=summary)


def _age_hours(case: Case, newest: BackupFile) -> float:
    """By the file or by its manifest, the older: a copy or a touch makes an old dump look new."""
    manifest = case.evidence.manifest
    made = made_at(manifest) if manifest else None
    age = newest.age_hours(case.now)
    return age if made is None else max(age, round((case.now - made).total_seconds() / 3600, 2))


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
        return case.check("stream", Status.UNKNOWN, describe_unread(case, newest))
    how = "is read to its end" if seen.compression == "none" else "inflates to its end"
    size = describe_bytes(seen.uncompressed_bytes)
    summary = f"{newest.name} {how}: {size} of content."
    return case.check("stream", Status.OK, summary, value=seen.uncompressed_bytes, unit="bytes")
