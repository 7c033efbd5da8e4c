# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the options ask for that every kind of backup has: place, packing, encryption, copy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import OpsError, cannot
from ..ranges import check_range

if TYPE_CHECKING:
    from collections.abc import Mapping

_LEVELS = {"gzip": (6, 9), "zstd": (3, 19), "none": (0, 0)}
"""For each compression the level by default, and the highest."""

_LONGEST = 7 * 24 * 3600
_FINGERPRINT = re.compile(r"[0-9A-Fa-f]{40}(?:[0-9A-Fa-f]{24})?")


@dataclass(frozen=True)
class Encryption:
    """``kind`` is ``age`` or ``gnupg``; the recipients are public and hold no secret."""

    kind: str
    recipients: tuple[str, ...]


@dataclass(frozen=True)
class Packing:
    """How a stream is packed: ``gzip``, ``zstd`` or ``none``, and then encrypted or not."""

    compression: str
    level: int
    encryption: Encryption | None

    @property
    def encrypted_by(self) -> str | None:
        """``age``, ``gnupg`` or ``None``, as a manifest has it."""
        return self.encryption.kind if self.encryption else None


@dataclass(frozen=True)
class Request:
    """The options that ``pg_backup`` and ``volume_backup`` share.

    ``timeout`` is in seconds, ``unless_newer_than`` in hours, ``upload`` the URL of the place in S3
    with a slash at its end, or empty.
    """

    directory: str
    prefix: str
    packing: Packing
    timeout: float
    unless_newer_than: float
    upload: str
    release: str | None


def read_request(options: Mapping[str, Any]) -> Request:
    """What the options of the fragment ``backup`` ask for.

    Raises ``OpsError`` ``bad_option``.
    """
    check_range(options, "timeout", least=1, most=_LONGEST)
    check_range(options, "unless_newer_than", least=0)
    if not options["directory"].startswith("/"):
        raise bad_option("directory", "it is no absolute path", "Begin it with a slash")
    usual, most = _LEVELS[options["compression"]]
    if options["level"] is not None:
        check_range(options, "level", least=min(most, 1), most=most)
    level = usual if options["level"] is None else options["level"]
    return Request(
        directory=options["directory"].rstrip("/") or "/",
        prefix=options["prefix"] or "",
        packing=Packing(options["compression"], level, _read_encryption(options["encrypt"])),
        timeout=options["timeout"],
        unless_newer_than=options["unless_newer_than"],
        upload=_read_upload(options["s3"]),
        release=options["release"],
    )


def bad_option(name: str, cause: str, advice: str) -> OpsError:
    """The error of an option that cannot be used."""
    return OpsError(
        cannot(f"use the option {name}", cause, advice), code="bad_option", details={"option": name}
    )


def _read_encryption(given: Mapping[str, Any] | None) -> Encryption | None:
    if given is None:
        return None
    if given["age_recipients"] and given["gnupg_recipients"]:
        raise bad_option("encrypt", "it names two kinds of recipients", "Name one kind")
    kind = "age" if given["age_recipients"] else "gnupg"
    recipients = given[f"{kind}_recipients"]
    if not recipients:
        raise bad_option("encrypt", "it names nobody who could decrypt", "Name a recipient")
    if kind == "gnupg":
        for recipient in recipients:
            if not (_FINGERPRINT.fullmatch(recipient) or recipient.startswith("/")):
                cause = f"{recipient} is neither a whole fingerprint nor the path of a key"
                raise bad_option("encrypt", cause, "gpg --fingerprint tells 40 or 64 digits")
    return Encryption(kind, tuple(recipients))


def _read_upload(s3: Mapping[str, Any] | None) -> str:
    if s3 is None:
        return ""
    prefix = (s3["prefix"] or "").strip("/")
    return f"s3://{s3['bucket']}/{prefix}/" if prefix else f"s3://{s3['bucket']}/"
