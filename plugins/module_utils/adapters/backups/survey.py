# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that one verification reads: the newest backup, and older ones while time lasts."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ...core.backups.checks import judge_backup
from ...core.backups.copies import Case
from ...core.backups.evidence import Evidence, read_expectation
from ...core.backups.files import Listing
from ...core.backups.ledger import (
    Ledger,
    Survey,
    Verified,
    describe_newest,
    describe_verification,
    judge_verified,
    read_ledger,
)
from ...core.backups.self_test import judge_self_test
from ...core.journal.chain import read_entry
from ...core.thresholds import read_threshold
from ..aws.s3 import read_twin
from ..journal.file import Journal
from .canaries import see_damages
from .files import list_backups, read_manifest_beside, read_sidecar
from .layers import Tools
from .reading import read_backup
from .tools import verify_tool

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from ...core.backups.files import BackupFile
    from ...core.check import Check


def verify_backups(params: Mapping[str, Any], now: datetime) -> Survey:
    """Everything that the options of ``backup_verify`` ask for, and no write.

    Raises ``OpsError`` ``bad_option``, ``bad_threshold``, ``missing_library``,
    ``missing_program``, ``bad_answer``, ``permission_denied`` and ``journal_unreadable``.
    """
    if params["tool"]:
        return verify_tool(params, now)
    expected, tools = read_expectation(params), read_tools(params)
    limit = read_threshold("verified", params["thresholds"]["verified"])
    case = Case(read_evidence(params, tools), expected, now)
    checks = judge_backup(case)
    tested = (judge_self_test(case, see_damages(case, tools)),) if params["self_test"] else ()
    checks += tested
    newest = describe_newest(case, checks)
    if not params["budget"]:
        return Survey(case, checks, newest)
    past = read_past(params["journal_path"])
    since = now - timedelta(hours=params["budget"]["reverify_after"])
    due = past.due(case.evidence.listing.rest, since)
    older = verify_older(case, due, tools, seconds=params["budget"]["seconds"], tested=tested)
    verified = judge_verified(case, past.with_found((*newest, *older), now), limit)
    return Survey(case, (*checks, verified), newest, older)


def read_tools(params: Mapping[str, Any]) -> Tools:
    """The keys and programs that the options name."""
    return Tools(pg_restore=params["pg_restore"], **(params["decrypt"] or {}))


def read_evidence(params: Mapping[str, Any], tools: Tools) -> Evidence:
    """Read what there is; S3 is asked first, since it tells which digest to make of the file."""
    listing = list_backups(params["directory"], params["pattern"])
    newest = listing.newest
    if newest is None:
        return Evidence(listing)
    twin = read_twin(params["s3"], newest.name) if params["s3"] else None
    return Evidence(
        listing,
        stream=read_backup(newest, twin.algorithm if twin else "", tools),
        sidecar=read_sidecar(newest) if params["sidecar"] != "never" else None,
        twin=twin,
        manifest_file=read_manifest_beside(newest),
    )


def verify_older(
    case: Case,
    files: Iterable[BackupFile],
    tools: Tools,
    *,
    seconds: float,
    tested: tuple[Check, ...],
) -> tuple[Verified, ...]:
    """Verify ``files`` in their order; none is begun when ``seconds`` are over.

    ``tested`` says whether the verification itself can be trusted, where that was asked.
    """
    end = time.monotonic() + seconds
    verified = []
    for file in files:
        if time.monotonic() >= end:
            break
        listing = Listing(case.evidence.listing.directory, file.name, (file,))
        evidence = Evidence(
            listing,
            stream=read_backup(file, "", tools),
            sidecar=read_sidecar(file) if case.expected.sidecar != "never" else None,
            manifest_file=read_manifest_beside(file),
        )
        alone = Case(evidence, case.expected, case.now)
        verified.append(describe_verification(alone, (*judge_backup(alone), *tested), file))
    return tuple(verified)


def read_past(journal_path: str) -> Ledger:
    """What the journal says of earlier verifications.

    Raises ``OpsError`` ``journal_unreadable``.
    """
    lines = Journal(journal_path).read_lines()
    return read_ledger(read_entry(text) for dummy, dummy_number, text in lines)
