# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What came of a renewal, as checks: each lineage, the deployment, and each address."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..certificates.names import covers
from ..check import Check, Status
from .plan import expected_leaves, is_stale

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from ..certificates.judgement import Certificate
    from ..errors import OpsError
    from .lineages import Lineage
    from .plan import Leaf, Renewals, Site
    from .rule import Rule


@dataclass(frozen=True)
class Attempts:
    """What was tried: ``failures`` by the name of the lineage, and that of the deployment.

    ``deployed`` tells whether there was anything to deploy; ``rehearsed`` that nothing was done.
    """

    rehearsed: bool
    failures: Mapping[str, OpsError] = field(default_factory=dict)
    deployed: bool = False
    failure: OpsError | None = None


def stale_leaves(site: Site) -> tuple[tuple[Leaf, tuple[Lineage, ...]], ...]:
    """The addresses that do not serve what lies on the disk, or serve nothing."""
    return tuple(pair for pair in expected_leaves(site) if is_stale(*pair))


def describe_stale(stale: Iterable[tuple[Leaf, tuple[Lineage, ...]]]) -> str:
    """The addresses in one clause; empty where there is none."""
    told = [_tell(leaf, lineages) for leaf, lineages in stale]
    return "; ".join(told)


def judge_renewals(
    site: Site, rule: Rule, *, renewals: Renewals, attempts: Attempts, now: datetime
) -> tuple[Check, ...]:
    """``renewal.lineage`` and ``renewal.served`` of each, and ``renewal.deployment``.

    The deployment is judged where the rule has one; an address only where a lineage belongs there;
    ``renewal.names``, whether each name of a lineage is proven, where the rule proves any.
    """
    judge = _Judge(rule, renewals, attempts, now)
    lineages = [judge.lineage(one) for one in site.lineages]
    deployment = [judge.deployment()] if rule.deploys else []
    names = [judge.names(one, one.certificate) for one in site.lineages if one.certificate]
    served = [judge.served(*pair) for pair in expected_leaves(site)]
    return (*lineages, *deployment, *served, *(names if rule.endpoints else ()))


class _Judge:
    def __init__(self, rule: Rule, renewals: Renewals, attempts: Attempts, now: datetime) -> None:
        self.rule = rule
        self.due = {one.name for one in renewals.due}
        self.held = {one.name for one in renewals.held}
        self.attempts = attempts
        self.now = now

    def lineage(self, one: Lineage) -> Check:
        failure = self.attempts.failures.get(one.name)
        if failure is not None:
            return self._check(("lineage", one.name), failure.code, failure.message)
        if one.certificate is None:
            told = f"The lineage {one.name} cannot be used: {one.fault}. Restore it, or delete it"
            return self._check(("lineage", one.name), "broken", f"{told} with certbot delete.")
        days = one.certificate.days_left(self.now)
        ends = f"The certificate {one.name} ends in {days:.1f} days"
        if one.name in self.held:
            told = f"{ends} and is not to be renewed: its file says autorenew = False."
            return self._check(("lineage", one.name), "held", told, Status.WARNING)
        if one.name not in self.due:
            told = f"{ends}; it is due below {one.limit(self.rule.renew_before):.1f}."
            return self._check(("lineage", one.name), "current", told, Status.OK)
        return self._renewed(one, ends)

    def _renewed(self, one: Lineage, ends: str) -> Check:
        if not self.attempts.rehearsed:
            told = f"{ends}; it was renewed."
            return self._check(("lineage", one.name), "renewed", told, Status.OK)
        if one.hooked:
            told = f"{ends} and is due; it was not rehearsed, since that would run its hooks."
            return self._check(("lineage", one.name), "not_rehearsed", told, Status.WARNING)
        told = f"{ends} and is due; its renewal was rehearsed."
        return self._check(("lineage", one.name), "rehearsed", told, Status.OK)

    def deployment(self) -> Check:
        subject = self.rule.subject
        failure = self.attempts.failure
        if failure is not None:
            return self._check(("deployment", subject), failure.code, failure.message)
        if not self.attempts.deployed:
            told = f"There is nothing to deploy to {subject}."
            return self._check(("deployment", subject), "current", told, Status.OK)
        if self.attempts.rehearsed:
            told = f"The configuration of {subject} is in order, and would be read again."
            return self._check(("deployment", subject), "rehearsed", told, Status.OK)
        told = f"The certificates were deployed to {subject}."
        return self._check(("deployment", subject), "deployed", told, Status.OK)

    def names(self, one: Lineage, certificate: Certificate) -> Check:
        """A name that nobody asks for may be served by a server that nobody reloads."""
        asked = [endpoint.server_name for endpoint in self.rule.endpoints]
        unasked = [
            name for name in certificate.names if not any(covers((name,), wish) for wish in asked)
        ]
        if not unasked:
            told = f"Each name of the certificate {one.name} is asked for by an endpoint."
            return self._check(("names", one.name), "proven", told, Status.OK)
        told = (
            f"No endpoint asks for {', '.join(unasked)} of the certificate {one.name}, so nothing"
        )
        told += " proves that it is served. Add it to endpoints."
        return self._check(("names", one.name), "unproven", told, Status.WARNING)

    def served(self, leaf: Leaf, lineages: tuple[Lineage, ...]) -> Check:
        subject = leaf.endpoint.subject
        if not is_stale(leaf, lineages):
            told = f"{subject} serves the certificate that lies on the disk."
            return self._check(("served", subject), "current", told, Status.OK)
        if not leaf.sha256:
            told = f"{_tell(leaf, lineages)}. Look at the server."
            return self._check(("served", subject), "unreachable", told)
        told = f"{_tell(leaf, lineages)}."
        if self.attempts.rehearsed and self.rule.server:
            told = f"{told} The run would mend it."
            return self._check(("served", subject), "stale", told, Status.WARNING)
        return self._check(("served", subject), "stale", f"{told} Reload the server.")

    def _check(
        self, about: tuple[str, str], word: str, told: str, status: Status = Status.CRITICAL
    ) -> Check:
        question, subject = about
        return Check(
            f"renewal.{question}",
            subject,
            status,
            told,
            self.now,
            value=word,
            remedy=None if question == "names" else "certificate_expired",
        )


def _tell(leaf: Leaf, lineages: tuple[Lineage, ...]) -> str:
    subject = leaf.endpoint.subject
    if not leaf.sha256:
        return f"{subject} serves no certificate: {leaf.cause.rstrip('.')}"
    names = " or ".join(one.name for one in lineages)
    return f"{subject} still serves another certificate than {names} has on the disk"
