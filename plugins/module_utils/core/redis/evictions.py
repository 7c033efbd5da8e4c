# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which keys of a Redis to evict, and what became of them.

Names of keys are never shown: that of a session is often its secret.
"""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import OpsError, cannot
from ..outcome import Outcome
from ..plan import Effect, Plan
from ..ranges import check_range

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_GLOB = re.compile(r"([\\*?\[\]^-])")
_WILD = "*?[]"
_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class EvictionRule:
    """What may be evicted: ``prefix`` is plain text, ``exclude`` are patterns of the shell."""

    prefix: str
    exclude: tuple[re.Pattern[str], ...]
    max_keys: int
    keys_per_second: int
    confirm: str | None = None

    @property
    def pattern(self) -> str:
        """What ``SCAN`` matches: the prefix as it stands, then anything."""
        return _GLOB.sub(r"\\\1", self.prefix) + "*"

    def spares(self, key: bytes) -> bool:
        """Whether one of the patterns excludes ``key``."""
        name = key.decode("utf-8", "surrogateescape")
        return any(pattern.match(name) for pattern in self.exclude)


@dataclass(frozen=True)
class Count:
    """What a scan found: the ``keys`` to evict, how many are ``excluded``, and about how large.

    ``size`` is an estimate in bytes from a sample, or ``None`` where it could not be taken.
    """

    keys: tuple[bytes, ...]
    excluded: int = 0
    size: int | None = None


@dataclass(frozen=True)
class Eviction:
    """What became of the keys: ``survivors`` were there right after they were unlinked.

    ``evicted`` were there and are gone, ``expired`` had gone by themselves; ``left`` is what a
    second scan found of the first one's kind.
    """

    evicted: int = 0
    expired: int = 0
    survivors: int = 0
    left: int = 0


def read_eviction_rule(options: Mapping[str, Any]) -> EvictionRule:
    """The rule that the options of ``redis_evict`` describe.

    Raises ``OpsError`` ``bad_option`` and ``bad_prefix``.
    """
    check_range(options, "max_keys", least=1)
    check_range(options, "keys_per_second", least=1, most=1_000_000)
    prefix = options["prefix"]
    if not prefix.strip(_WILD + " "):
        raise _bad_prefix(
            "it would match every key", "Give the beginning of the keys, such as cache:"
        )
    if prefix.endswith("*"):
        raise _bad_prefix("it ends with *", "Leave the * out; a prefix matches what begins with it")
    return EvictionRule(
        prefix=prefix,
        exclude=tuple(re.compile(fnmatch.translate(item)) for item in options["exclude"]),
        max_keys=options["max_keys"],
        keys_per_second=options["keys_per_second"],
        confirm=options["confirm"],
    )


def refuse_place(info: Mapping[str, str], subject: str) -> None:
    """Raise ``OpsError`` ``replica`` or ``cluster`` where keys cannot be evicted here."""
    if info.get("role") == "slave":
        raise OpsError(
            cannot(f"evict keys of {subject}", "it is a replica", "Name its master"),
            code="replica",
        )
    if info.get("cluster_enabled") == "1":
        raise OpsError(
            cannot(
                f"evict keys of {subject}",
                "it is a node of a cluster, whose keys lie on many",
                "Evict them with the tools of the cluster",
            ),
            code="cluster",
        )


def refuse_excess(found: int, rule: EvictionRule, subject: str) -> None:
    """Raise ``OpsError`` ``too_many_keys`` where more keys match than may be evicted."""
    if found > rule.max_keys:
        raise OpsError(
            cannot(
                f"evict keys of {subject}",
                f"more than {rule.max_keys} begin with {rule.prefix}",
                "Give a longer prefix, or raise max_keys",
            ),
            code="too_many_keys",
            details={"max_keys": rule.max_keys},
        )


def refuse_unconfirmed(plan: Plan, rule: EvictionRule, *, rehearsal: bool) -> None:
    """Raise ``OpsError`` ``not_confirmed`` unless ``confirm`` is the prefix.

    A rehearsal, or a plan that changes nothing, may leave ``confirm`` out.
    """
    optional = rehearsal or not plan.changes
    if rule.confirm == rule.prefix or (rule.confirm is None and optional):
        return
    raise OpsError(
        cannot(
            f"evict keys of {plan.subject}",
            "confirm is not the prefix",
            f"Look at the rehearsal (--check --diff), then give confirm: {rule.prefix}",
        ),
        code="not_confirmed",
        details=dict(plan.details),
    )


def plan_eviction(count: Count, rule: EvictionRule, subject: str) -> Plan:
    """The plan: its diff is how many keys there are, before and after."""
    kept = _line(count.excluded, "excluded") if count.excluded else ""
    size = "" if count.size is None else f", about {count.size / _MEBIBYTE:.1f} MiB"
    found = _line(len(count.keys), f"begin with {rule.prefix}{size}") if count.keys else ""
    return Plan(
        action="redis_evict",
        subject=subject,
        before=found + kept,
        after=kept,
        details={
            "prefix": rule.prefix,
            "keys": len(count.keys),
            "excluded": count.excluded,
            "bytes": count.size,
        },
    )


def effect_of(done: Eviction) -> Effect:
    """The effect that the journal keeps; it falls short by each key that was not unlinked."""
    details = {
        "evicted": done.evicted,
        "expired": done.expired,
        "survivors": done.survivors,
        "written_meanwhile": max(0, done.left - done.survivors),
    }
    if not done.survivors:
        return Effect(details=details)
    total = done.evicted + done.expired + done.survivors
    return Effect(details, shortfall=f"{done.survivors} of {total} keys are still there")


def conclude_eviction(plan: Plan, effect: Effect, *, rehearsal: bool) -> Outcome:
    """The outcome of ``redis_evict``; the counts of what was done are 0 where nothing was."""
    names = ("evicted", "expired", "written_meanwhile")
    done = {name: 0 if rehearsal else effect.details.get(name, 0) for name in names}
    if not plan.changes:
        summary = f"No key of {plan.subject} is to be evicted."
    elif rehearsal:
        summary = f"Would evict {plan.details['keys']} keys of {plan.subject}."
    else:
        summary = (
            f"Evicted {done['evicted']} keys of {plan.subject}, {done['expired']} had gone by"
            f" themselves, {done['written_meanwhile']} were written meanwhile."
        )
    return Outcome(summary=summary, plan=plan, facts={**plan.details, **done})


def estimate_size(sampled: Iterable[Any], keys: int) -> int | None:
    """Bytes of so many ``keys``, from those of a sample; refusals and gone keys do not count."""
    sizes = [size for size in sampled if isinstance(size, int)]
    return round(keys * sum(sizes) / len(sizes)) if sizes else None


def _line(number: int, what: str) -> str:
    return f"{number} keys: {what}\n"


def _bad_prefix(cause: str, advice: str) -> OpsError:
    return OpsError(cannot("use the prefix", cause, advice), code="bad_prefix")
