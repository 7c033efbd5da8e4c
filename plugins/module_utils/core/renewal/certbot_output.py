# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why certbot did not renew: its output in one word, one cause, and what to do about it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..logs.redaction import redact_line

_ERROR = re.compile(r"^Failed to renew certificate .*? with error: (.*)$", re.MULTILINE)
_PROBLEM = re.compile(
    r"^\s*Domain:\s*(?P<domain>\S+)\s*$\s*^\s*Type:\s*(?P<type>\S+)\s*$\s*^\s*Detail:\s*(?P<detail>.*)$",
    re.MULTILINE,
)
_SHOWN = 3
_ADVICE = {
    "already_running": "Wait until the other certbot has ended, and run again",
    "rate_limited": (
        "Do not force it: wait until the server allows it again, and find out what asked so often"
    ),
    "account_unknown": (
        "The server does not know the account of this host: restore accounts/ below the"
        " configuration directory from a backup, or register anew with certbot register and name"
        " the new account in the renewal configuration"
    ),
    "challenge_failed": (
        "Let the DNS of each name lead to this host, and its port 80 answer"
        " /.well-known/acme-challenge/ from the webroot"
    ),
    "dns_challenge_failed": (
        "Look at the DNS hook or plugin: its credentials, and whether it waits until its record"
        " is seen"
    ),
    "server_unreachable": (
        "Look at the network of this host and the status page of the ACME server, and run again"
    ),
    "renewal_failed": "Read the log of certbot (letsencrypt.log)",
}
# The first that matches is the answer.
_WORDS = (
    ("already_running", re.compile(r"Another instance of Certbot is already running")),
    ("rate_limited", re.compile(r"acme:error:rateLimited|too many requests")),
    (
        "account_unknown",
        re.compile(r"acme:error:accountDoesNotExist|Account at \S+ does not exist"),
    ),
    ("challenge_failed", re.compile(r"failed to authenticate|challenges have failed")),
    (
        "server_unreachable",
        re.compile(
            r"Max retries exceeded|Connection refused|Connection (?:reset|aborted)|timed out"
            r"|Name or service not known|Temporary failure in name resolution"
            r"|certificate verify failed|acme:error:serverInternal|50[0234] Server Error"
        ),
    ),
)


@dataclass(frozen=True)
class Refusal:
    """Why there is no new certificate: ``word`` is stable, ``cause`` and ``advice`` for people."""

    word: str
    cause: str
    advice: str


def explain_failure(output: str, authenticator: str) -> Refusal:
    """What the ``output`` of a certbot that failed says; nothing else of it is shown.

    The output holds that of hooks, which may print credentials: only the error of certbot and the
    problems that the ACME server reported are taken, with what looks like a secret left out.
    """
    word = next((word for word, sign in _WORDS if sign.search(output)), "renewal_failed")
    problems = [
        f"{one['domain']}: {one['type']}: {one['detail']}" for one in _PROBLEM.finditer(output)
    ]
    errors = _ERROR.findall(output)
    if word == "challenge_failed" and problems:
        more = [f"and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
        cause = "; ".join([_clean(one) for one in problems[:_SHOWN]] + more)
    elif errors:
        cause = _clean(errors[0])
    else:
        cause = word.replace("_", " ")
    by_dns = authenticator == "manual" or authenticator.startswith("dns")
    topic = "dns_challenge_failed" if word == "challenge_failed" and by_dns else word
    return Refusal(word, cause, _ADVICE[topic])


def _clean(text: str) -> str:
    return redact_line(text.encode("utf-8"))
