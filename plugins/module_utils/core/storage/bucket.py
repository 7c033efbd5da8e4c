# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a bucket is there, lets us in, and goes by the same clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..check import Check, Status, judge

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ..thresholds import Threshold

SKEW = {"op": "ge", "warning": 60, "critical": 900}
"""Seconds; from 15 minutes on, S3 refuses every request."""

NO_CREDENTIALS = "NoCredentials"
_REMEDY = "storage_failures"
_CAUSES = {
    NO_CREDENTIALS: "the host has no credentials for S3; give it a role, or keys in ops_storage",
    "InvalidAccessKeyId": "its access key is not known; correct it, or make a new one",
    "SignatureDoesNotMatch": "its secret key is not the one of its access key; correct it",
    "ExpiredToken": "its credentials have expired; renew them",
    "AccessDenied": "its credentials may not list it; allow s3:ListBucket",
    "RequestTimeTooSkewed": "the clock of the host is too wrong; synchronise it",
    "AuthorizationHeaderMalformed": "it is in another region; correct region",
    "PermanentRedirect": "it is in another region; correct region",
}
_MISSING = "NoSuchBucket"


@dataclass(frozen=True)
class Seen:
    """What S3 said of a bucket.

    ``failure`` is why there is no answer. ``refusal`` is the code by which S3 refused to list it,
    ``status`` the HTTP status of that. ``ahead`` are the seconds that the clock of S3 is ahead of
    the host's, ``None`` where it did not tell. ``keys`` says whether there is a key.
    """

    failure: str = ""
    refusal: str = ""
    status: int = 200
    milliseconds: float = 0.0
    ahead: float | None = None
    keys: bool = False


def judge_bucket(
    given: Mapping[str, Any], seen: Seen, skew: Threshold, now: datetime
) -> tuple[Check, ...]:
    """``s3.reachable``; where it is, ``s3.bucket``, ``s3.access`` and ``s3.clock``.

    A bucket that is missing has no access to be judged, and one that we may not see may be there.
    """
    name = given["name"]
    if seen.failure:
        told = f"S3 does not answer for {name}: {seen.failure}."
        return (_critical("s3.reachable", name, told, now),)
    if seen.refusal == NO_CREDENTIALS:  # then nothing was asked
        return _judge_access(given, seen, now)
    took = round(seen.milliseconds, 1)
    told = f"S3 answers for {name} in {took:.0f} ms."
    reachable = Check("s3.reachable", name, Status.OK, told, now, took, "ms")
    return (reachable, *_judge_access(given, seen, now), *_judge_clock(name, seen, skew, now))


def describe_bucket(given: Mapping[str, Any], seen: Seen) -> dict[str, Any]:
    """The bucket as JSON-ready values."""
    return {
        "name": given["name"],
        "bucket": given["bucket"],
        "milliseconds": None if seen.failure else round(seen.milliseconds, 1),
        "ahead": None if seen.ahead is None else round(seen.ahead, 1),
        "keys": seen.keys,
        "failure": seen.failure or seen.refusal or None,
    }


def _judge_access(given: Mapping[str, Any], seen: Seen, now: datetime) -> tuple[Check, ...]:
    name, bucket = given["name"], given["bucket"]
    if seen.refusal == _MISSING:
        told = f"There is no bucket {bucket} for {name}; correct its name, or create it."
        return (_critical("s3.bucket", name, told, now),)
    if seen.refusal:
        cause = _CAUSES.get(seen.refusal, f"S3 answers {seen.status} {seen.refusal}")
        told = f"{name} may not be used: {cause} ({bucket})."
        return (_critical("s3.access", name, told, now),)
    prefix = given["prefix"] or ""
    where = f"{bucket}/{prefix}" if prefix else bucket
    holds = "holds keys" if seen.keys else "holds no key"
    return (
        Check("s3.bucket", name, Status.OK, f"The bucket {bucket} is there.", now),
        Check("s3.access", name, Status.OK, f"{name} can be listed: {where} {holds}.", now),
    )


def _judge_clock(name: str, seen: Seen, skew: Threshold, now: datetime) -> tuple[Check, ...]:
    if seen.ahead is None:
        return ()
    apart = round(abs(seen.ahead))
    told = f"The clocks of S3 and of the host are {apart} s apart."
    return (judge("s3.clock", name, apart, skew, unit="s", summary=told, observed_at=now),)


def _critical(check_id: str, name: str, told: str, now: datetime) -> Check:
    return Check(check_id, name, Status.CRITICAL, told, now, remedy=_REMEDY)
