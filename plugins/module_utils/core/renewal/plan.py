# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a renewal changes: which lineages are due, which copies are not theirs, who is reloaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..certificates.names import holders
from ..check import stamp
from ..errors import OpsError, cannot
from ..plan import Plan

if TYPE_CHECKING:
    from collections.abc import Container, Iterable
    from datetime import datetime

    from ..certificates.judgement import Endpoint
    from .lineages import Lineage
    from .rule import Install, Rule


_OLD = "an old certificate"


@dataclass(frozen=True)
class Copy:
    """A copy as it lies there; ``flaw`` says how it differs from its lineage, empty where not."""

    install: Install
    flaw: str


@dataclass(frozen=True)
class Leaf:
    """What one address of an endpoint serves: a fingerprint, or ``cause`` why there is none.

    ``unroutable`` tells that this host has no way to the address.
    """

    endpoint: Endpoint
    sha256: str = ""
    cause: str = ""
    unroutable: bool = False


@dataclass(frozen=True)
class Site:
    """Everything as it is now: lineages on the disk, copies of them, and what is served."""

    lineages: tuple[Lineage, ...]
    copies: tuple[Copy, ...]
    leaves: tuple[Leaf, ...]


@dataclass(frozen=True)
class Renewals:
    """What is to be done, in this order; a lineage in ``held`` is due and told not to renew."""

    due: tuple[Lineage, ...]
    held: tuple[Lineage, ...]
    before: str
    after: str

    def without(self, failed: Container[str]) -> tuple[Lineage, ...]:
        """The lineages that were due and whose renewal did not fail."""
        return tuple(one for one in self.due if one.name not in failed)

    def as_plan(self) -> Plan:
        """The whole of it, whose diff is that of the task."""
        return Plan("cert_renew", "certbot", before=self.before, after=self.after)


@dataclass(frozen=True)
class Change:
    """The copies to place, and the plan of the whole deployment."""

    installs: tuple[Install, ...]
    plan: Plan


def known_lineages(lineages: tuple[Lineage, ...], rule: Rule, config_dir: str) -> None:
    """Raise ``OpsError`` ``no_such_lineage`` where the rule names one that is not there."""
    there = {one.name for one in lineages}
    wanted = rule.names or [one.lineage for one in rule.installs]
    unknown = [name for name in wanted if name not in there]
    if unknown:
        raise OpsError(
            cannot(
                f"find the lineage {unknown[0]} in {config_dir}",
                f"certbot keeps {', '.join(sorted(there)) or 'none'} there",
                "Correct lineages and install; certbot certificates lists the names",
            ),
            code="no_such_lineage",
            details={"lineages": sorted(there)},
        )


def plan_lineage(lineage: Lineage) -> Plan:
    """The renewal of one lineage."""
    details = {"ends": _end(lineage)}
    return Plan("cert_renew", lineage.name, before=_end(lineage), after="renewed", details=details)


def plan_renewals(site: Site, rule: Rule, now: datetime) -> Renewals:
    """What has to be renewed, and the diff of all that comes of it."""
    ripe = [one for one in site.lineages if one.is_due(rule.renew_before, now)]
    due = tuple(one for one in ripe if one.renewal and one.renewal.automatic)
    deployment = plan_deployment(site, rule, due).plan
    return Renewals(
        due=due,
        held=tuple(one for one in ripe if one not in due),
        before="".join(f"{one.name}: ends {_end(one)}\n" for one in due) + deployment.before,
        after="".join(f"{one.name}: renewed\n" for one in due) + deployment.after,
    )


def plan_deployment(site: Site, rule: Rule, renewed: tuple[Lineage, ...]) -> Change:
    """What has to be placed and reloaded behind the renewal of ``renewed``.

    A copy is placed where it differs from its lineage, or where that is renewed; the server is
    reloaded behind either, and where an address serves what is not on the disk.
    """
    names = {one.name for one in renewed}
    bad = [one for one in site.copies if one.flaw or one.install.lineage in names]
    before = [f"{one.install.certificate}: {one.flaw or _OLD}" for one in bad]
    after = [f"{one.install.certificate}: that of {one.install.lineage}" for one in bad]
    if rule.server is not None:
        for leaf, lineages in expected_leaves(site):
            known = {one.name for one in lineages}
            if leaf.sha256 and (names & known or is_stale(leaf, lineages)):
                before.append(f"{leaf.endpoint.subject}: serves {_OLD}")
                after.append(
                    f"{leaf.endpoint.subject}: serves that of {' or '.join(sorted(known))}"
                )
        if before or renewed:
            after.append(f"{rule.server.subject}: tested and reloaded")
    plan = Plan(
        action="cert_deploy",
        subject=rule.subject,
        before="".join(f"{line}\n" for line in before),
        after="".join(f"{line}\n" for line in after),
        details={"installs": [one.install.certificate for one in bad]},
    )
    return Change(tuple(one.install for one in bad), plan)


def expected_leaves(site: Site) -> tuple[tuple[Leaf, tuple[Lineage, ...]], ...]:
    """Each address with the lineages whose certificate belongs there.

    Those are the ones that name it in full, or else by a wildcard. An address whose name no lineage
    holds serves somebody else's certificate and is left out.
    """
    pairs = ((leaf, _belonging(leaf.endpoint, site.lineages)) for leaf in site.leaves)
    return tuple((leaf, lineages) for leaf, lineages in pairs if lineages)


def within_reach(leaves: Iterable[Leaf]) -> tuple[Leaf, ...]:
    """Of the leaves of one endpoint those that count as proof.

    An address that this host has no way to proves nothing where another one answered.
    """
    found = tuple(leaves)
    if any(one.sha256 for one in found):
        return tuple(one for one in found if not one.unroutable)
    return found


def is_stale(leaf: Leaf, lineages: Iterable[Lineage]) -> bool:
    """Whether what is served is none of the certificates that lie on the disk."""
    return leaf.sha256 not in {one.certificate.sha256 for one in lineages if one.certificate}


def _belonging(endpoint: Endpoint, lineages: tuple[Lineage, ...]) -> tuple[Lineage, ...]:
    named = ((one, one.certificate.names) for one in lineages if one.certificate)
    return holders(endpoint.server_name, named)


def _end(lineage: Lineage) -> str:
    return stamp(lineage.certificate.not_after) if lineage.certificate else "unknown"
