# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lineages of certbot: a certificate, how it is renewed, and whether it is time to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ..certificates.judgement import Certificate

# Certbot 2 and 4 forget the server of a lineage in a dry run and ask its staging server, unless
# they are told; these two mean the public one, whose staging server is the right place then.
_PUBLIC_SERVER = "https://acme-v02.api.letsencrypt.org/directory"
_PART_OF_LIFE = 3
_DAY = 86400
# A number alone means days to certbot.
_DAYS_OF = {"hour": 1 / 24, "day": 1.0, "week": 7.0, "month": 30.0, "year": 365.0}
_DAYS_OF.update({"": 1.0, "h": 1 / 24, "d": 1.0, "w": 7.0})
_SETTING = re.compile(r"^\s*([\w-]+)\s*=\s*(.*?)\s*$")
_SECTION = re.compile(r"^\s*\[+\s*([^\]]*?)\s*\]+")
_TIME = re.compile(r"^(\d+)\s*(|[hdw]|(?:hour|day|week|month|year)s?)$", re.IGNORECASE)


@dataclass(frozen=True)
class Renewal:
    """How a lineage is renewed, as its file in ``renewal/`` says.

    ``renew_before`` is in days, ``None`` where the file leaves it to certbot; ``hooked`` tells
    whether it names commands to run before or behind a renewal.
    """

    fullchain: str
    key: str
    server: str
    authenticator: str
    renew_before: float | None = None
    automatic: bool = True
    hooked: bool = False

    @property
    def rehearsal_server(self) -> str | None:
        """The server that a dry run must be told to stay with; ``None`` leaves it to certbot."""
        return None if self.server in {"", _PUBLIC_SERVER} else self.server


@dataclass(frozen=True)
class Lineage:
    """One lineage as it lies on the disk.

    Without ``renewal`` or ``certificate`` it cannot be used; ``fault`` is the cause then.
    """

    name: str
    renewal: Renewal | None = None
    certificate: Certificate | None = None
    fault: str = ""

    @property
    def hooked(self) -> bool:
        """Whether a rehearsal would run commands of its own file."""
        return self.renewal is not None and self.renewal.hooked

    def limit(self, renew_before: float) -> float:
        """Days left below which it is due: a third of its life, at most ``renew_before``.

        A certificate of 90 days is due at 30, one of 6 days at 2. Where its own file allows less,
        certbot would not renew it earlier, so neither do we.
        """
        if self.certificate is None:
            return 0.0
        life = self.certificate.not_after - self.certificate.not_before
        own = self.renewal.renew_before if self.renewal else None
        limits = [life.total_seconds() / _DAY / _PART_OF_LIFE, renew_before]
        return min(limits if own is None else [*limits, own])

    def is_due(self, renew_before: float, now: datetime) -> bool:
        """Whether it is time to renew it."""
        if self.certificate is None:
            return False
        return self.certificate.days_left(now) < self.limit(renew_before)

    def as_dict(self, now: datetime) -> dict[str, Any]:
        """The lineage as JSON-ready values."""
        shown: dict[str, Any] = {"name": self.name, "fault": self.fault or None}
        if self.renewal is not None:
            shown.update(server=self.renewal.server, authenticator=self.renewal.authenticator)
        if self.certificate is not None:
            facts = self.certificate.as_dict(now)
            wanted = ("names", "serial", "sha256", "not_before", "not_after", "days_left")
            shown.update({key: facts[key] for key in wanted})
        return shown


def read_renewal(text: str) -> Renewal | str:
    """What a file of ``renewal/`` says, or why it cannot be used, as the end of a sentence."""
    settings = _settings(text)
    missing = [name for name in ("fullchain", "privkey") if not settings.get(name)]
    if missing:
        return f"its renewal configuration names no {' and no '.join(missing)}"
    return Renewal(
        fullchain=settings["fullchain"],
        key=settings["privkey"],
        server=settings.get("server", ""),
        authenticator=settings.get("authenticator", ""),
        renew_before=_days(settings.get("renew_before_expiry", "")),
        automatic=settings.get("autorenew", "True").lower() != "false",
        hooked=any(_is_given(settings, hook) for hook in ("pre_hook", "post_hook")),
    )


def _settings(text: str) -> dict[str, str]:
    """The settings of the file and of its section ``renewalparams``; maps inside are left out."""
    found: dict[str, str] = {}
    section = ""
    for line in text.splitlines():
        heading = _SECTION.match(line)
        if heading:
            section = heading.group(1)
        setting = _SETTING.match(line)
        if setting and section in {"", "renewalparams"}:
            found[setting.group(1)] = setting.group(2)
    return found


def _is_given(settings: Mapping[str, str], name: str) -> bool:
    return settings.get(name, "None") not in {"", "None"}


def _days(text: str) -> float | None:
    given = _TIME.match(text)
    return int(given.group(1)) * _DAYS_OF[given.group(2).lower().rstrip("s")] if given else None
