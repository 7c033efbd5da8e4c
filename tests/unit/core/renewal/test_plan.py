# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a renewal and the checks of what came of it, as tables."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.judgement import (
    Endpoint,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.check import Status
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.renewal.checks import (
    Attempts,
    describe_stale,
    judge_renewals,
    stale_leaves,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.renewal.lineages import (
    Lineage,
    Renewal,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.renewal.plan import (
    Copy,
    Leaf,
    Site,
    expected_leaves,
    known_lineages,
    plan_deployment,
    plan_lineage,
    plan_renewals,
    within_reach,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.renewal.results import (
    summarise_renewals,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.renewal.rule import (
    Install,
    Rule,
    Server,
)

from tests.samples.certificates import described

NOW = datetime(2026, 1, 31, tzinfo=timezone.utc)
SETTINGS = Renewal("/l/fullchain.pem", "/l/privkey.pem", "", "webroot")
INSTALL = Install("a.example", "/c/a.crt", "/c/a.key")
NGINX = Server("web", ("nginx", "-t"), ("nginx", "-s", "reload"))
A = Endpoint("192.0.2.1", 443, "a.example")
OURS, OTHER = "ab" * 32, "cd" * 32


def rule(**given: Any) -> Rule:
    return Rule(**{
        "names": (), "renew_before": 30, "installs": (INSTALL,), "server": NGINX, "endpoints": (A,),
        **given,
    })  # fmt: skip


def lineage(*names: str, end: float = 80, **settings: Any) -> Lineage:
    certificate = described(*names, now=NOW, begin=end - 90, end=end)
    return Lineage(names[0], dataclasses.replace(SETTINGS, **settings), certificate)


def site(one: Lineage, *, flaw: str = "", sha256: str = OURS, cause: str = "") -> Site:
    return Site((one,), (Copy(INSTALL, flaw),), (Leaf(A, sha256, cause),))


GOOD = site(lineage("a.example"))
DUE = site(lineage("a.example", end=10))


def judged(seen: Site, *, wish: Rule | None = None, **tried: Any) -> dict[str, tuple[str, Status]]:
    wish = wish or rule()
    attempts = Attempts(**{"rehearsed": False, **tried})
    renewals = plan_renewals(seen, wish, NOW)
    checks = judge_renewals(seen, wish, renewals=renewals, attempts=attempts, now=NOW)
    return {check.id: (str(check.value), check.status) for check in checks}


def test_checks_name_the_remedy_of_certificates_that_end() -> None:
    renewals = plan_renewals(GOOD, rule(), NOW)
    checks = judge_renewals(GOOD, rule(), renewals=renewals, attempts=Attempts(False), now=NOW)
    assert {check.id: check.remedy for check in checks} == {
        "renewal.lineage": "certificate_expired",
        "renewal.deployment": "certificate_expired",
        "renewal.served": "certificate_expired",
        "renewal.names": None,
    }


def test_where_all_is_well_nothing_is_planned() -> None:
    renewals = plan_renewals(GOOD, rule(), NOW)
    assert (renewals.due, renewals.held, renewals.before, renewals.after) == ((), (), "", "")
    assert not renewals.as_plan().changes


def test_a_due_lineage_is_renewed_installed_and_reloaded() -> None:
    renewals = plan_renewals(DUE, rule(), NOW)
    assert [one.name for one in renewals.due] == ["a.example"]
    assert renewals.before == (
        "a.example: ends 2026-02-10T00:00:00Z\n"
        "/c/a.crt: an old certificate\n"
        "192.0.2.1:443 (a.example): serves an old certificate\n"
    )
    assert renewals.after == (
        "a.example: renewed\n"
        "/c/a.crt: that of a.example\n"
        "192.0.2.1:443 (a.example): serves that of a.example\n"
        "web: tested and reloaded\n"
    )
    assert plan_lineage(renewals.due[0]).changes


@pytest.mark.parametrize(
    ("seen", "before", "installs"),
    [
        (site(lineage("a.example"), flaw="absent"), "/c/a.crt: absent\n", (INSTALL,)),
        (
            site(lineage("a.example"), sha256=OTHER),
            "192.0.2.1:443 (a.example): serves an old certificate\n",
            (),
        ),
        (site(lineage("a.example"), sha256="", cause="refused"), "", ()),
    ],
    ids=["absent copy", "stale server", "silent server"],
)
def test_what_is_not_deployed_is_deployed(
    seen: Site, before: str, installs: tuple[Install, ...]
) -> None:
    change = plan_deployment(seen, rule(), ())
    assert (change.plan.before, change.installs) == (before, installs)
    assert change.plan.changes is bool(before)


def test_without_a_server_nothing_is_reloaded() -> None:
    seen = site(lineage("a.example", end=10), sha256=OTHER)
    after = plan_renewals(seen, rule(server=None), NOW).after
    assert after == "a.example: renewed\n/c/a.crt: that of a.example\n"
    assert plan_deployment(GOOD, rule(server=None, installs=()), ()).plan.changes is False


def test_a_held_lineage_is_not_renewed() -> None:
    renewals = plan_renewals(site(lineage("a.example", end=10, automatic=False)), rule(), NOW)
    assert ([one.name for one in renewals.held], renewals.due) == (["a.example"], ())


@pytest.mark.parametrize(
    ("asked", "lineages"),
    [
        ("a.example", ["a.example"]),
        ("A.EXAMPLE", ["a.example"]),
        ("b.a.example", ["*.a.example"]),
        ("c.a.example", ["c.a.example"]),
        ("192.0.2.7", ["192.0.2.7"]),
        ("other.example", []),
    ],
)
def test_an_endpoint_belongs_to_the_lineage_that_names_it(asked: str, lineages: list[str]) -> None:
    names = ("a.example", "*.a.example", "c.a.example", "192.0.2.7")
    kept = (*map(lineage, names), Lineage("broken", fault="x"))
    seen = Site(kept, (), (Leaf(Endpoint("h", 443, asked), OURS),))
    assert [one.name for dummy, found in expected_leaves(seen) for one in found] == lineages


SERVES, REFUSES = Leaf(A, OURS), Leaf(A, cause="refused")
NO_WAY = Leaf(A, cause="Network is unreachable", unroutable=True)


@pytest.mark.parametrize(
    ("found", "counted"),
    [
        ((SERVES, NO_WAY), (SERVES,)),
        ((NO_WAY, SERVES, REFUSES), (SERVES, REFUSES)),
        ((NO_WAY, REFUSES), (NO_WAY, REFUSES)),
        ((NO_WAY,), (NO_WAY,)),
        ((), ()),
    ],
)
def test_where_another_address_answers_one_without_a_way_proves_nothing(
    found: tuple[Leaf, ...], counted: tuple[Leaf, ...]
) -> None:
    assert within_reach(found) == counted


def test_stale_leaves_are_told() -> None:
    stale = stale_leaves(site(lineage("a.example"), sha256=OTHER))
    assert describe_stale(stale) == (
        "192.0.2.1:443 (a.example) still serves another certificate than a.example has on the disk"
    )
    silent = stale_leaves(site(lineage("a.example"), sha256="", cause="it refuses."))
    assert describe_stale(silent) == "192.0.2.1:443 (a.example) serves no certificate: it refuses"


FAILURE = OpsError("Cannot do it: it is so. Mend it.", code="some_word")
CRITICAL, WARNING, OK = Status.CRITICAL, Status.WARNING, Status.OK


@pytest.mark.parametrize(
    ("seen", "tried", "word", "status"),
    [
        (GOOD, {}, "current", OK),
        (DUE, {}, "renewed", OK),
        (DUE, {"rehearsed": True}, "rehearsed", OK),
        (site(lineage("a.example", end=10, hooked=True)), {"rehearsed": True}, "not_rehearsed",
         WARNING),
        (site(lineage("a.example", end=10, automatic=False)), {}, "held", WARNING),
        (site(Lineage("a.example", fault="it is gone")), {}, "broken", CRITICAL),
        (DUE, {"failures": {"a.example": FAILURE}}, "some_word", CRITICAL),
    ],
)  # fmt: skip
def test_check_of_a_lineage(seen: Site, tried: dict[str, Any], word: str, status: Status) -> None:
    assert judged(seen, **tried)["renewal.lineage"] == (word, status)


@pytest.mark.parametrize(
    ("tried", "word", "status"),
    [
        ({}, "current", OK),
        ({"deployed": True}, "deployed", OK),
        ({"deployed": True, "rehearsed": True}, "rehearsed", OK),
        ({"deployed": True, "failure": FAILURE}, "some_word", CRITICAL),
    ],
)
def test_check_of_the_deployment(tried: dict[str, Any], word: str, status: Status) -> None:
    assert judged(GOOD, **tried)["renewal.deployment"] == (word, status)
    without = judged(GOOD, wish=rule(server=None, installs=()), **tried)
    assert "renewal.deployment" not in without


@pytest.mark.parametrize(
    ("seen", "wish", "tried", "word", "status"),
    [
        (GOOD, rule(), {}, "current", OK),
        (site(lineage("a.example"), sha256=OTHER), rule(), {}, "stale", CRITICAL),
        (site(lineage("a.example"), sha256=OTHER), rule(), {"rehearsed": True}, "stale", WARNING),
        (site(lineage("a.example"), sha256=OTHER), rule(server=None), {"rehearsed": True}, "stale",
         CRITICAL),
        (site(lineage("a.example"), sha256="", cause="x"), rule(), {}, "unreachable", CRITICAL),
    ],
)  # fmt: skip
def test_check_of_what_is_served(
    seen: Site, wish: Rule, tried: dict[str, Any], word: str, status: Status
) -> None:
    assert judged(seen, wish=wish, **tried)["renewal.served"] == (word, status)


@pytest.mark.parametrize(
    ("names", "word", "status"),
    [
        (("a.example",), "proven", OK),
        (("*.example",), "unproven", WARNING),
        (("a.example", "b.example"), "unproven", WARNING),
    ],
)
def test_check_of_the_names(names: tuple[str, ...], word: str, status: Status) -> None:
    seen = site(lineage(*names))
    assert judged(seen)["renewal.names"] == (word, status)
    assert "renewal.names" not in judged(seen, wish=rule(endpoints=()))


def test_a_wildcard_is_proven_by_any_of_its_names() -> None:
    wish = rule(endpoints=(Endpoint("h", 443, "x.a.example"),))
    assert judged(site(lineage("*.a.example")), wish=wish)["renewal.names"] == ("proven", OK)


@pytest.mark.parametrize(
    ("tried", "told"),
    [
        ({}, "Renewed 1 of 1 lineages; nothing to deploy."),
        ({"deployed": True}, "Renewed 1 of 1 lineages; deployed what clients see."),
        (
            {"deployed": True, "rehearsed": True},
            "Would renew 1 of 1 lineages; would deploy what clients see.",
        ),
        (
            {"failures": {"a.example": FAILURE}, "deployed": True, "failure": FAILURE},
            "Renewed 0 of 1 lineages, 1 failed; the deployment failed.",
        ),
    ],
)
def test_the_run_in_one_sentence(tried: dict[str, Any], told: str) -> None:
    attempts = Attempts(**{"rehearsed": False, **tried})
    assert summarise_renewals(plan_renewals(DUE, rule(), NOW), attempts, 1) == told


def test_a_server_is_called_by_its_container_or_its_command() -> None:
    assert (rule().subject, rule(server=None).subject) == ("web", "copies")
    assert Server(None, ("true",), ("systemctl", "reload", "nginx")).subject == (
        "systemctl reload nginx"
    )


def test_a_lineage_that_is_not_there_is_refused() -> None:
    known_lineages(GOOD.lineages, rule(), "/etc/letsencrypt")
    for wish in (rule(names=("b.example",)), rule(installs=(Install("b.example", "/a", "/b"),))):
        with pytest.raises(OpsError) as refused:
            known_lineages(GOOD.lineages, wish, "/etc/letsencrypt")
        assert refused.value.message == (
            "Cannot find the lineage b.example in /etc/letsencrypt: certbot keeps a.example there."
            " Correct lineages and install; certbot certificates lists the names."
        )
    with pytest.raises(OpsError, match="certbot keeps none there"):
        known_lineages((), rule(), "/etc/letsencrypt")
