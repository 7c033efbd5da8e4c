# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies to S3 that are proven by S3's own checksum, or else by reading them back."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ...core.errors import OpsError, cannot
from ..backups.sinks import BLOCK
from ..writing import writes
from .s3 import connect_s3, load_library

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS = 120
ONE_PUT = 1 << 30
"""Bytes up to which an object is sent whole, so that S3 keeps the SHA-256 of the whole of it."""

LEAST_PART = 64 << 20
"""Bytes of a part of a larger one."""

_MOST_PARTS = 9_000  # S3 takes 10,000


class _Object:
    """One object in S3 and the file that it is a copy of."""

    def __init__(self, options: Mapping[str, Any], path: str) -> None:
        prefix = (options["prefix"] or "").strip("/")
        name = Path(path).name
        self.path = path
        self.bytes = Path(path).stat().st_size
        self.names = {"Bucket": options["bucket"], "Key": f"{prefix}/{name}" if prefix else name}
        self.url = f"s3://{options['bucket']}/{self.names['Key']}"


@writes
def upload(
    options: Mapping[str, Any],
    path: str,
    *,
    one_put: int = ONE_PUT,
    least_part: int = LEAST_PART,
) -> str:
    """Copy the file ``path`` below the prefix, prove the copy, and return its URL.

    The file is read twice: S3 wants the checksum before the bytes. An upload in parts is called off
    when one of them fails, so that no part is left to be paid for.

    Raises ``OpsError`` ``missing_library``, ``upload_failed`` and ``upload_not_proven``.
    """
    library = load_library()
    faults = library["faults"]
    twin = _Object(options, path)
    try:
        client = connect_s3(library, options, seconds=_SECONDS)
        if twin.bytes <= one_put:
            told, own = _put(client, twin)
        else:
            told, own = _put_parts(client, twin, max(least_part, twin.bytes // _MOST_PARTS))
        seen = client.head_object(**twin.names, ChecksumMode="ENABLED")
        # That of an object in parts has their number behind it, or not, depending on the question.
        told = (seen.get("ChecksumSHA256") or told).partition("-")[0]
        if not told:
            told, own = _read_back(client, twin), _sha256(path).hexdigest()
    except (faults.BotoCoreError, faults.ClientError, OSError, ValueError) as error:
        raise OpsError(
            cannot(
                f"copy {path} to {twin.url}",
                error,
                "The backup itself is whole; mend what S3 says and copy it again",
            ),
            code="upload_failed",
            details={"path": path, "url": twin.url},
        ) from error
    if told != own or seen["ContentLength"] != twin.bytes:
        raise OpsError(
            cannot(
                f"prove the copy {twin.url}",
                "S3 holds other bytes than the file",
                "The backup itself is whole; copy it again",
            ),
            code="upload_not_proven",
            details={"path": path, "url": twin.url},
        )
    return twin.url


def _put(client: Any, twin: _Object) -> tuple[str, str]:
    """Send the object whole; the checksums that S3 and we have of it."""
    digest = _sha256(twin.path)
    own = base64.b64encode(digest.digest()).decode("ascii")
    with Path(twin.path).open("rb") as stream:
        answer = client.put_object(
            **twin.names,
            Body=stream,
            ChecksumSHA256=own,
            Metadata={"sha256": digest.hexdigest()},
        )
    return answer.get("ChecksumSHA256", ""), own


def _put_parts(client: Any, twin: _Object, size: int) -> tuple[str, str]:
    """Send the object in parts; the checksums of checksums that S3 and we have of it."""
    digest = _sha256(twin.path).hexdigest()
    begun = client.create_multipart_upload(
        **twin.names, ChecksumAlgorithm="SHA256", Metadata={"sha256": digest}
    )
    upload_of = {**twin.names, "UploadId": begun["UploadId"]}
    finished = False
    try:
        with Path(twin.path).open("rb") as stream:
            parts, digests = _send_parts(client, upload_of, stream, size)
        answer = client.complete_multipart_upload(**upload_of, MultipartUpload={"Parts": parts})
        finished = True
    finally:
        if not finished:
            client.abort_multipart_upload(**upload_of)
    whole = base64.b64encode(hashlib.sha256(b"".join(digests)).digest()).decode("ascii")
    return answer.get("ChecksumSHA256", ""), whole


def _send_parts(
    client: Any, upload_of: Mapping[str, Any], stream: IO[bytes], size: int
) -> tuple[list[dict[str, Any]], list[bytes]]:
    parts: list[dict[str, Any]] = []
    digests: list[bytes] = []
    for number, block in enumerate(iter(lambda: stream.read(size), b""), start=1):
        digest = hashlib.sha256(block).digest()
        own = base64.b64encode(digest).decode("ascii")
        sent = client.upload_part(**upload_of, PartNumber=number, Body=block, ChecksumSHA256=own)
        parts.append({"PartNumber": number, "ETag": sent["ETag"], "ChecksumSHA256": own})
        digests.append(digest)
    return parts, digests


def _read_back(client: Any, twin: _Object) -> str:
    """The SHA-256 of what S3 gives back, where it keeps no checksum of its own."""
    digest = hashlib.sha256()
    for block in client.get_object(**twin.names)["Body"].iter_chunks(BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _sha256(path: str) -> Any:
    digest = hashlib.sha256()
    with Path(path).open("rb") as stream:
        for block in iter(lambda: stream.read(BLOCK), b""):
            digest.update(block)
    return digest
