# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which names an environment has; the values are looked at and never kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..check import Check, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=\s*(.*)", re.ASCII)
_QUOTES = "\"'"


@dataclass(frozen=True)
class Environment:
    """The names with a value, and those whose value is empty."""

    present: frozenset[str] = frozenset()
    empty: frozenset[str] = frozenset()

    @property
    def names(self) -> frozenset[str]:
        """Every name."""
        return self.present | self.empty


def read_environment(pairs: Iterable[str]) -> Environment:
    """The environment of ``NAME=value`` texts, as a container has them."""
    split = [pair.partition("=") for pair in pairs]
    return _environment((name, value.strip()) for name, dummy, value in split)


def read_env_file(text: str) -> Environment:
    """The environment that an ``env_file`` describes.

    A value in quotes may go over several lines, and those look like names sometimes; so what is
    inside of quotes is passed over. A name without ``=`` takes its value from elsewhere.
    """
    pairs, lines = [], iter(text.splitlines())
    for line in lines:
        match = _LINE.match(line)
        if match is None:
            continue
        value = match[2].strip()
        quote = value[:1] if value[:1] in _QUOTES else ""
        if quote and not _closes(value[1:], quote):
            value += next((more for more in lines if _closes(more, quote)), "")
        pairs.append((match[1], _bare(value)))
    return _environment(pairs)


def read_common(environments: Sequence[Environment]) -> Environment:
    """What each of at least one environment has; a name that any of them has empty is empty."""
    names = frozenset.intersection(*(one.names for one in environments))
    empty = names & frozenset().union(*(one.empty for one in environments))
    return Environment(names - empty, empty)


def judge_presence(
    check_id: str, wanted: Iterable[str], *, subject: str, found: Environment, now: datetime
) -> Check:
    """Whether each of ``wanted`` is there and not empty: critical where one is not."""
    names = sorted(set(wanted))
    missing = [name for name in names if name not in found.names]
    empty = [name for name in names if name in found.empty]
    faults = [*_told("is not set", missing), *_told("is empty", empty)]
    if not faults:
        summary = f"{subject} has all {len(names)} names that it needs."
        return Check(check_id, subject, Status.OK, summary, now, value=0, unit="names")
    bad = len(missing) + len(empty)
    summary = f"{subject} lacks what it needs: {'; '.join(faults)}. Set it and recreate it."
    return Check(check_id, subject, Status.CRITICAL, summary, now, value=bad, unit="names")


def judge_drift(
    check_id: str, declared: Environment, *, subject: str, found: Environment, now: datetime
) -> Check:
    """Whether the container has every name of its file: a restart alone does not read it again."""
    lost = sorted(declared.names - found.names)
    if not lost:
        summary = f"{subject} has all {len(declared.names)} names of its file."
        return Check(check_id, subject, Status.OK, summary, now, value=0, unit="names")
    told = "; ".join(_told("is in its file only", lost))
    advice = "Recreate it, a restart is not enough"
    summary = f"{subject} runs without names of its file: {told}. {advice}."
    return Check(check_id, subject, Status.WARNING, summary, now, value=len(lost), unit="names")


def _environment(pairs: Iterable[tuple[str, str]]) -> Environment:
    last = dict(pairs)
    return Environment(
        present=frozenset(name for name, value in last.items() if value),
        empty=frozenset(name for name, value in last.items() if not value),
    )


def _closes(text: str, quote: str) -> bool:
    """Whether a quote in ``text`` ends the value; one behind a backslash does not."""
    bare = text.replace("\\\\", "").replace(f"\\{quote}", "") if quote == '"' else text
    return quote in bare


def _bare(value: str) -> str:
    """The value without its quotes or the comment behind it, as far as emptiness goes."""
    if value[:1] in _QUOTES:
        return value.strip(_QUOTES)
    return "" if value.startswith("#") else value


def _told(what: str, names: list[str]) -> list[str]:
    return [f"{', '.join(names)} {what}"] if names else []
