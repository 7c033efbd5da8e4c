# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each operation of the module ``pgbackrest``: what is planned, and the write that does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable

from ...core.journal.interlock import open_incidents
from ...core.pgbackrest.stanzas import (
    Stanza,
    plan_backup,
    plan_check,
    plan_restore,
    plan_stanza,
    read_wanted,
    require_options,
)
from ...core.plan import Effect, Plan
from ..journal.entries import read_entries
from .recovery import count_contents, restore_cluster
from .stanzas import PgBackRest, check_archive, create_stanza, make_backup, read_program

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True)
class Operation:
    """The stanza as it was found, what is to change, and how."""

    stanza: Stanza
    plan: Plan
    write: Callable[[], Effect]
    warnings: tuple[str, ...] = ()


def prepare_operation(params: Mapping[str, Any], now: datetime) -> Operation:
    """What the options ask for.

    Raises ``OpsError``: ``bad_option``, ``no_stanza``, ``no_backup``, ``not_empty``,
    ``no_directory``, ``journal_unreadable``, and those of ``PgBackRest.read``.
    """
    require_options(params)
    program = read_program(params)
    if params["operation"] == "restore":
        return _prepare_restore(params, program)
    stanza = program.read()
    if params["operation"] == "stanza":
        return Operation(stanza, plan_stanza(stanza), lambda: create_stanza(program))
    if params["operation"] == "check":
        return Operation(stanza, plan_check(stanza), lambda: check_archive(program))
    return _prepare_backup(params, program, stanza, now)


def _prepare_restore(params: Mapping[str, Any], program: PgBackRest) -> Operation:
    wanted, programs = read_wanted(params), params["postgres_programs"]
    stanza = program.read()
    plan = plan_restore(stanza, wanted, count_contents(wanted.directory))
    return Operation(stanza, plan, lambda: restore_cluster(program, wanted, programs))


def _prepare_backup(
    params: Mapping[str, Any], program: PgBackRest, stanza: Stanza, now: datetime
) -> Operation:
    """A backup; while an incident is open, the old ones stay, since they could be evidence."""
    incidents, kind = open_incidents(read_entries(params["journal_path"])), params["type"]
    hours, expires = params["unless_newer_than"], not incidents
    plan = plan_backup(stanza, kind, unless_newer_than=hours, now=now, expires=expires)
    warning = f"No old backup is deleted while {', '.join(incidents)} is open."
    return Operation(
        stanza,
        plan,
        lambda: make_backup(program, kind, expires=expires),
        (warning,) if incidents else (),
    )
