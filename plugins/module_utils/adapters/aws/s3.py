# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""S3: the twin of a backup."""

from __future__ import annotations

import base64
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ...core.backups.files import Twin
from ...core.errors import OpsError, cannot

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS = 5  # to connect, and then to wait for an answer; each tried twice
_MD5 = re.compile(r'"?([0-9a-f]{32})"?$')
_IN_PARTS = re.compile(r'-\d+"?$')
_ARCHIVES = ("GLACIER", "DEEP_ARCHIVE")
_NOT_FOUND = 404
_SERVER_FAULT = 500


def read_twin(options: Mapping[str, Any], name: str) -> Twin:
    """Ask S3 about the object ``name`` below the prefix, and transfer nothing of it.

    ``options`` are ``bucket``, ``prefix``, ``endpoint_url``, ``region``, ``access_key``,
    ``secret_key`` and ``profile``; what is not given comes from the host (role, profile).

    Raises ``OpsError`` ``missing_library`` and ``bad_option``.
    """
    library = load_library()
    prefix = (options["prefix"] or "").strip("/")
    key = f"{prefix}/{name}" if prefix else name
    url = f"s3://{options['bucket']}/{key}"
    faults = library["faults"]
    try:
        answer = connect_s3(library, options).head_object(
            Bucket=options["bucket"], Key=key, ChecksumMode="ENABLED"
        )
    except faults.ClientError as error:
        return _refusal(url, error.response)
    except (faults.HTTPClientError, faults.ConnectionError) as error:
        return Twin(url, absence=f"S3 does not answer ({_first_line(error)})")
    except faults.NoCredentialsError:
        return Twin(url, hindrance="the host has no credentials for S3")
    except (faults.BotoCoreError, ValueError) as error:
        raise OpsError(
            cannot(f"ask S3 for {url}", error, "Correct the options below s3"), code="bad_option"
        ) from error
    return _read_answer(url, answer)


def load_library() -> dict[str, Any]:
    """boto3 and what belongs to it, imported when first needed, since that takes 0.3 s.

    Raises ``OpsError`` ``missing_library``.
    """
    try:
        return {
            "session": import_module("boto3.session"),
            "config": import_module("botocore.config"),
            "faults": import_module("botocore.exceptions"),
        }
    except ImportError as error:
        raise OpsError(
            cannot("ask S3", error, "Install boto3 on the managed host (Debian: python3-boto3)"),
            code="missing_library",
            details={"library": "boto3"},
        ) from error


def connect_s3(
    library: Mapping[str, Any], options: Mapping[str, Any], *, seconds: float = _SECONDS
) -> Any:
    """A client that waits at most ``seconds`` for each answer; nothing is asked yet."""
    endpoint = options["endpoint_url"]
    config = library["config"].Config(
        connect_timeout=_SECONDS,
        read_timeout=seconds,
        retries={"mode": "standard", "total_max_attempts": 2},
        s3={"addressing_style": "path" if endpoint else "auto"},
    )
    session = library["session"].Session(
        aws_access_key_id=options["access_key"],
        aws_secret_access_key=options["secret_key"],
        region_name=options["region"],
        profile_name=options["profile"],
    )
    return session.client("s3", endpoint_url=endpoint, config=config)


def _read_answer(url: str, answer: Mapping[str, Any]) -> Twin:
    algorithm, digest = _read_checksum(answer)
    return Twin(
        url,
        bytes=answer["ContentLength"],
        modified=answer["LastModified"],
        algorithm=algorithm,
        digest=digest,
        version_id=answer.get("VersionId"),
        storage_class=answer.get("StorageClass", "STANDARD"),
        readable=_is_readable(answer),
        retain_until=answer.get("ObjectLockRetainUntilDate"),
    )


def _is_readable(answer: Mapping[str, Any]) -> bool:
    """Whether it can be read now; what is archived has to be brought back first, for hours."""
    archived = answer.get("StorageClass") in _ARCHIVES or "ArchiveStatus" in answer
    return not archived or 'ongoing-request="false"' in answer.get("Restore", "")


def _read_checksum(answer: Mapping[str, Any]) -> tuple[str, str]:
    """The checksum of the whole object: SHA-256, CRC-32, or the ETag where it is its MD5.

    The checksum of an upload in parts is one of the parts' checksums (``...-3``), and not every S3
    says so there: the type and the ETag tell it, too. The ETag of an object that is encrypted with
    a key of its own is no MD5. None of these can be compared.
    """
    tag = answer.get("ETag", "")
    kind = answer.get("ChecksumType") or ("COMPOSITE" if _IN_PARTS.search(tag) else "FULL_OBJECT")
    for algorithm in ("sha256", "crc32"):
        given = answer.get(f"Checksum{algorithm.upper()}")
        if given and "-" not in given and kind == "FULL_OBJECT":
            return algorithm, base64.b64decode(given).hex()
    found = _MD5.match(tag)
    plain = answer.get("ServerSideEncryption", "AES256") == "AES256"
    if found and plain and "SSECustomerAlgorithm" not in answer:
        return "md5", found.group(1)
    return "", ""


def _refusal(url: str, response: Mapping[str, Any]) -> Twin:
    status = response["ResponseMetadata"]["HTTPStatusCode"]
    if status == _NOT_FOUND:
        return Twin(url, absence="there is no such object, or no such bucket")
    answer = f"{status} {response['Error'].get('Message', '')}".strip()
    if status >= _SERVER_FAULT:
        return Twin(url, absence=f"S3 answers {answer}")
    return Twin(url, hindrance=f"S3 refuses to tell ({answer})")


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
