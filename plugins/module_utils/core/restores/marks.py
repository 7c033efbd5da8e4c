# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a restore calls its databases, and the mark in their comments that says what each is.

The mark stands behind the comment of a person, which stays as it is:
``Members of all clubs [runbook.ops {"stage":"live", ...}]``.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, fields
from datetime import timezone
from typing import TYPE_CHECKING, Any

from ..errors import OpsError, cannot

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

RESTORED, BEFORE, AFTER = "restore", "before", "after"
"""The word in the name: restored beside, live before a switch, live until a switch back."""

RESTORING, PROVEN, LIVE, ASIDE = "restoring", "proven", "live", "aside"
"""Stages: half-made, ready to be switched to, switched to, and set aside by a switch."""

_LONGEST_NAME = 63
"""Bytes of a name in PostgreSQL (NAMEDATALEN - 1); the server cuts a longer one off."""

_OPENING, _CLOSING = "[runbook.ops ", "]"


@dataclass(frozen=True)
class Mark:
    """What we know of a database of ours.

    ``backup``, ``sha256`` and ``taken_at`` are of the backup that it was made of, ``former`` is the
    database that a switch put aside for it; ``rows`` and ``seconds`` are what the restore measured.
    """

    stage: str
    backup: str = ""
    sha256: str = ""
    taken_at: str = ""
    run_id: str = ""
    former: str = ""
    rows: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Found:
    """A database of the server; ``note`` is its comment without our mark.

    ``bare`` when it was looked into and holds nothing; ``oid`` stays the same under every name.
    """

    name: str
    note: str = ""
    mark: Mark | None = None
    oid: int = 0
    bare: bool = False

    @property
    def stage(self) -> str:
        """The stage, or nothing where it bears no mark."""
        return self.mark.stage if self.mark else ""

    @property
    def taken_at(self) -> str:
        """When the backup was taken that it was made of, or nothing; such times sort as text."""
        return self.mark.taken_at if self.mark else ""


def name_beside(database: str, kind: str, moment: datetime) -> str:
    """``shop_restore_20260131_020000``.

    Raises ``OpsError`` ``bad_option`` where PostgreSQL would cut the name off.
    """
    name = f"{database}_{kind}_{moment.astimezone(timezone.utc):%Y%m%d_%H%M%S}"
    if len(name.encode()) > _LONGEST_NAME:
        raise OpsError(
            cannot(
                f"name a database beside {database}",
                f"{name} has more than {_LONGEST_NAME} bytes",
                "PostgreSQL cuts longer names off: rename the database first",
            ),
            code="bad_option",
        )
    return name


def restored_as(database: str, found: Found) -> str:
    """What ``found`` was called when it was restored beside ``database``."""
    digits = re.sub(r"\D", "", found.taken_at)
    return f"{database}_{RESTORED}_{digits[:8]}_{digits[8:]}"


def is_beside(name: str, database: str) -> bool:
    """Whether ``name`` is one that we give to a database beside ``database``."""
    kinds = "|".join((RESTORED, BEFORE, AFTER))
    return bool(re.fullmatch(rf"{re.escape(database)}_(?:{kinds})_\d{{8}}_\d{{6}}", name))


def read_found(rows: list[Mapping[str, Any]]) -> dict[str, Found]:
    """The databases by name, of rows with ``name``, ``comment`` and ``oid``."""
    return {row["name"]: _found(row, row["comment"] or "") for row in rows}


def _found(row: Mapping[str, Any], comment: str) -> Found:
    start = comment.rfind(_OPENING)
    marked = start >= 0 and comment.endswith(_CLOSING)
    mark = _read_mark(comment[start + len(_OPENING) : -len(_CLOSING)]) if marked else None
    note = comment if mark is None else comment[:start].removesuffix(" ")
    return Found(row["name"], note, mark, oid=row["oid"])


def _read_mark(text: str) -> Mark | None:
    """The mark, or ``None`` where somebody has changed it: then nothing is known."""
    try:
        body = json.loads(text)
    except ValueError:
        return None
    kinds = {field.name: type(field.default) for field in fields(Mark)} | {"stage": str}
    fits = set(body) == set(kinds) and all(
        isinstance(body[name], (int, float) if kind is float else kind)
        for name, kind in kinds.items()
    )
    return Mark(**body) if fits else None


def comment_of(note: str, mark: Mark | None) -> str | None:
    """The comment that holds both; ``None`` is for none at all."""
    if mark is None:
        return note or None
    body = json.dumps(asdict(mark), separators=(",", ":"), sort_keys=True)
    return f"{note}{' ' if note else ''}{_OPENING}{body}{_CLOSING}"
