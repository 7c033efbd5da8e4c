# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Buckets in S3, looked at all at once."""

from __future__ import annotations

import functools
import time
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Union

from ...core.errors import OpsError, cannot
from ...core.storage.bucket import NO_CREDENTIALS, Seen
from ..deadline import ask_all, check_timeout
from .s3 import connect_s3, load_library

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SERVER_FAULT = 500
_Found = Union[Seen, OpsError]


def look_at_buckets(buckets: Sequence[Mapping[str, Any]], *, seconds: float) -> list[Seen]:
    """What S3 says of each bucket, in their order; ``seconds`` hold for each.

    Raises ``OpsError`` ``missing_library``, ``bad_option`` and ``bad_timeout``.
    """
    check_timeout(seconds)
    if not buckets:
        return []
    looks = _Looks(load_library(), seconds)
    # Clients are made one by one: the sessions of boto3 are not made for threads.
    questions = [functools.partial(looks.look, looks.connect(given), given) for given in buckets]
    late = Seen(failure=f"no whole answer within {seconds:g} s")
    return [_value(answer or late) for answer in ask_all(questions, seconds=seconds)]


class _Looks:
    """Looks at buckets with one library, within ``seconds`` for each answer."""

    def __init__(self, library: Mapping[str, Any], seconds: float) -> None:
        self.library = library
        self.faults = library["faults"]
        self.seconds = seconds

    def connect(self, given: Mapping[str, Any]) -> Any:
        """A client; nothing is asked yet.

        Raises ``OpsError`` ``bad_option``.
        """
        try:
            return connect_s3(self.library, given, seconds=self.seconds)
        except (self.faults.BotoCoreError, ValueError) as error:
            raise _bad_option(given, error) from error

    def look(self, client: Any, given: Mapping[str, Any]) -> _Found:
        """What S3 says of one bucket; a wrong option is given back, since this is a thread."""
        started = time.monotonic()
        try:
            answer = self._ask(client, given)
        except self.faults.NoCredentialsError:
            return Seen(refusal=NO_CREDENTIALS)
        except (self.faults.HTTPClientError, self.faults.ConnectionError) as error:
            return Seen(failure=" ".join(str(error).split()).rstrip("."))
        except (self.faults.BotoCoreError, ValueError) as error:
            return _bad_option(given, error)
        return _read_answer(answer, (time.monotonic() - started) * 1000)

    def _ask(self, client: Any, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """Whether the bucket is there, and one key of it; a refusal is an answer.

        A refused HEAD has no body, so it takes the second question to learn the reason.
        """
        bucket = {"Bucket": given["bucket"]}
        answer: Mapping[str, Any]
        try:
            client.head_bucket(**bucket)
        except self.faults.ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] >= _SERVER_FAULT:
                answer = error.response
                return answer
        try:
            answer = client.list_objects_v2(**bucket, MaxKeys=1, Prefix=given["prefix"] or "")
        except self.faults.ClientError as error:
            answer = error.response
        return answer


def _read_answer(answer: Mapping[str, Any], milliseconds: float) -> Seen:
    head = answer["ResponseMetadata"]
    status, error = head["HTTPStatusCode"], answer.get("Error") or {}
    if status >= _SERVER_FAULT:
        told = f"it answers {status} {error.get('Message', '')}".strip()
        return Seen(failure=" ".join(told.split()).rstrip("."))
    return Seen(
        refusal=str(error.get("Code", "")),
        status=status,
        milliseconds=milliseconds,
        ahead=_ahead(head.get("HTTPHeaders", {}).get("date", "")),
        keys=bool(answer.get("Contents")),
    )


def _ahead(date: str) -> float | None:
    """By how many seconds the time of an answer is ahead of ours."""
    try:
        theirs = parsedate_to_datetime(date)
    except (TypeError, ValueError):  # the former up to Python 3.9
        return None
    if theirs.tzinfo is None:  # "-0000": UTC, and nothing is known of where
        theirs = theirs.replace(tzinfo=timezone.utc)
    return (theirs - datetime.now(timezone.utc)).total_seconds()


def _value(found: _Found) -> Seen:
    if isinstance(found, OpsError):
        raise found
    return found


def _bad_option(given: Mapping[str, Any], error: Exception) -> OpsError:
    return OpsError(
        cannot(f"ask S3 for {given['name']}", error, "Correct the options of this bucket"),
        code="bad_option",
        details={"name": given["name"]},
    )
