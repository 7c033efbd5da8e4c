# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands beside a backup and says what it is: the manifest and the sidecar.

The manifest of ``shop_20260131_020000.sql.gz`` is ``shop_20260131_020000.sql.gz.manifest.json``,
its sidecar ``shop_20260131_020000.sql.gz.sha256`` (the form of sha256sum). A backup whose name is
final has both: they are written before the backup gets that name.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from ..errors import OpsError, cannot

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = 1
MANIFEST_SUFFIX = ".manifest.json"
SIDECAR_SUFFIX = ".sha256"
FORMATS = ("plain", "custom", "directory", "globals", "volume")
COMPRESSIONS = ("gzip", "zstd", "none")
CONTENTS = ("all", "schema", "data")

_CHOICES = {
    "format": FORMATS,
    "compression": COMPRESSIONS,
    "encryption": ("age", "gnupg", None),
    "contents": CONTENTS,
}
_NUMBERS = ("version", "bytes")
_TEXTS = ("name", "sha256", "started_at", "ended_at", "host")
_MAYBE_TEXTS = (
    "database",
    "server_version",
    "tool_version",
    "migration",
    "wal_lsn",
    "release",
)
_DIGEST_LENGTH = 64


@dataclass(frozen=True)
class Manifest:
    """One backup, as the run that made it saw it.

    ``bytes`` and ``sha256`` are of the backup as stored; of a directory, the sum of its files and
    ``directory_digest``. ``compression`` and ``encryption`` are of the stream around the dump, so
    the custom and the directory format, which compress inside, have ``none``. ``tables`` counts
    rows in the very snapshot of the dump. ``database`` is the name of the volume for a volume, and
    ``None`` for globals; ``database_bytes`` is its size when the dump began, where it was known.
    ``migration`` is the version of the schema, ``release`` what the caller named. Times are UTC,
    ``2026-01-31T02:00:00Z``.
    """

    name: str
    bytes: int
    sha256: str
    format: str
    started_at: str
    ended_at: str
    host: str
    compression: str = "none"
    encryption: str | None = None
    database: str | None = None
    database_bytes: int | None = None
    server_version: str | None = None
    tool_version: str | None = None
    contents: str = "all"
    migration: str | None = None
    tables: Mapping[str, int] = field(default_factory=dict)
    wal_lsn: str | None = None
    release: str | None = None
    version: int = VERSION

    def as_dict(self) -> dict[str, Any]:
        """The manifest as JSON-ready values."""
        return asdict(self)

    def as_text(self) -> str:
        """The text of the file."""
        return json.dumps(self.as_dict(), indent=2, sort_keys=True) + "\n"


def manifest_name(name: str) -> str:
    """The name of the manifest of the backup ``name``, which may be a path."""
    return name + MANIFEST_SUFFIX


def sidecar_name(name: str) -> str:
    """The name of the file with the SHA-256 of the backup ``name``, which may be a path."""
    return name + SIDECAR_SUFFIX


def sidecar_text(manifest: Manifest) -> str:
    """The text of the sidecar, as ``sha256sum`` writes it."""
    return f"{manifest.sha256}  {manifest.name}\n"


def directory_digest(digests: Mapping[str, str]) -> str:
    """The SHA-256 of a directory, of the SHA-256 of each file by its path below the directory.

    It is the digest of what ``sha256sum`` prints for these paths in the order of their bytes.
    """
    ordered = sorted(digests.items(), key=lambda item: item[0].encode("utf-8", "surrogateescape"))
    text = "".join(f"{digest}  {path}\n" for path, digest in ordered)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def read_manifest(text: str, path: str) -> Manifest:
    """The manifest that ``text``, the content of the file ``path``, holds.

    Keys that a later version added are passed over.

    Raises ``OpsError`` ``bad_manifest``.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise _bad(path, "it is no JSON") from error
    if not isinstance(document, dict):
        raise _bad(path, "it is no JSON object")
    fault = _fault(document)
    if fault:
        raise _bad(path, fault)
    known = {item.name for item in fields(Manifest)}
    return Manifest(**{name: value for name, value in document.items() if name in known})


def _fault(document: Mapping[str, Any]) -> str:
    """What is wrong with the values of a manifest, as a clause; empty for nothing."""
    if document.get("version") != VERSION:
        return f"its version is {document.get('version')!r}, and this is {VERSION}"
    wrong = [
        *(name for name in _NUMBERS if not _is_count(document.get(name))),
        *(name for name in _TEXTS if not isinstance(document.get(name), str)),
        *(name for name in _MAYBE_TEXTS if not isinstance(document.get(name), (str, type(None)))),
        *(name for name, among in _CHOICES.items() if document.get(name, among[0]) not in among),
        *_wrong_parts(document),
    ]
    return f"its {wrong[0]} is missing or no such value" if wrong else ""


def _wrong_parts(document: Mapping[str, Any]) -> list[str]:
    size, tables = document.get("database_bytes"), document.get("tables", {})
    counts = isinstance(tables, dict) and all(_is_count(rows) for rows in tables.values())
    digest = document.get("sha256")
    is_digest = isinstance(digest, str) and len(digest) == _DIGEST_LENGTH
    return [
        *([] if size is None or _is_count(size) else ["database_bytes"]),
        *([] if counts else ["tables"]),
        *([] if is_digest else ["sha256"]),
        *([] if "format" in document else ["format"]),
    ]


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _bad(path: str, cause: str) -> OpsError:
    return OpsError(
        cannot(f"read the manifest {path}", cause, "Do not trust the backup beside it"),
        code="bad_manifest",
        details={"path": path},
    )
