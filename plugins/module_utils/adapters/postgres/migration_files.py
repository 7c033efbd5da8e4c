# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the migrations in a directory, by the rules of each tool; nothing of them is run."""

from __future__ import annotations

import ast
import hashlib
import os
import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.errors import OpsError, cannot
from ...core.migrations.flyway import BASELINE, REPEATABLE
from ...core.migrations.rows import File

if TYPE_CHECKING:
    from collections.abc import Iterator

_FLYWAY = re.compile(r"(?P<prefix>[VRB])(?P<version>[0-9][0-9._]*)?__(?P<name>.+)\.sql")
_RAILS = re.compile(r"(?P<version>[0-9]+)_(?P<name>[_a-z0-9]+)(?:\.[_a-z0-9]+)?\.rb")
_KINDS = {"V": "", "R": REPEATABLE, "B": BASELINE}
_ELSEWHERE = {"node_modules", "site-packages", "__pycache__"}
_BOM = b"\xef\xbb\xbf"


def read_migration_files(tool: str, directory: str) -> tuple[File, ...]:
    """The migrations of ``tool`` below ``directory``, in the order of their versions.

    Raises ``OpsError`` ``not_readable`` and ``bad_migration``.
    """
    read = {
        "flyway": _read_flyway,
        "prisma": _read_prisma,
        "alembic": _read_alembic,
        "django": _read_django,
        "rails": _read_rails,
    }[tool]
    try:
        found = [file for path in _walk(Path(directory)) for file in read(path, directory)]
    except OSError as error:
        raise OpsError(
            cannot(
                f"read the migrations in {directory}",
                f"{error.strerror} ({error.filename})",
                "Correct directory, or let the module run as a user that may read it",
            ),
            code="not_readable",
            details={"directory": directory},
        ) from error
    return tuple(sorted(found, key=lambda file: (len(file.version) * (tool == "rails"),
                                                 file.version, file.path)))  # fmt: skip


def _walk(top: Path) -> Iterator[Path]:
    """The files below ``top``; hidden directories and those of other packages are left out."""

    def refuse(error: OSError) -> None:
        raise error

    for place, directories, names in os.walk(top, onerror=refuse):
        directories[:] = sorted(
            name for name in directories if name not in _ELSEWHERE and not name.startswith(".")
        )
        yield from (Path(place) / name for name in sorted(names))


def _read_flyway(path: Path, top: str) -> Iterator[File]:
    match = _FLYWAY.fullmatch(path.name)
    if match is None or (match["prefix"] == "R") is (match["version"] is not None):
        return
    version = (match["version"] or "").replace("_", ".").strip(".")
    kind = _KINDS[match["prefix"]]
    yield File(
        version=version,
        path=os.path.relpath(path, top),
        name=match["name"].replace("_", " "),
        kind=kind,
        checksums=_flyway_checksums(path.read_bytes(), repeatable=kind == REPEATABLE),
    )


def _flyway_checksums(data: bytes, *, repeatable: bool) -> tuple[str, ...]:
    """Flyway's: the CRC-32 of the lines without their ends, as a signed number.

    That of a repeatable migration is taken after its placeholders are filled in, which we cannot.
    """
    if repeatable and b"${" in data:
        return ()
    text = data[len(_BOM) :] if data.startswith(_BOM) else data
    value = zlib.crc32(re.sub(rb"[\r\n]", b"", text))
    return (str(value - (1 << 32) if value >= 1 << 31 else value),)


def _read_prisma(path: Path, top: str) -> Iterator[File]:
    if path.name == "migration.sql":
        data = path.read_bytes()
        unix = data.replace(b"\r\n", b"\n")  # Prisma takes either kind of line end
        texts = {data, unix, unix.replace(b"\n", b"\r\n")}
        digests = tuple(sorted(hashlib.sha256(text).hexdigest() for text in texts))
        yield File(path.parent.name, os.path.relpath(path, top), checksums=digests)


def _read_rails(path: Path, top: str) -> Iterator[File]:
    match = _RAILS.fullmatch(path.name)
    if match is not None:
        version = str(int(match["version"]))
        yield File(version, os.path.relpath(path, top), name=match["name"].replace("_", " "))


def _read_alembic(path: Path, top: str) -> Iterator[File]:
    if path.suffix != ".py" or path.name == "__init__.py":
        return
    values = _assigned(_parse(path).body, {"revision", "down_revision", "depends_on"})
    if isinstance(values.get("revision"), str):
        follows = (*_names(values.get("down_revision")), *_names(values.get("depends_on")))
        relative = os.path.relpath(path, top)
        yield File(values["revision"], relative, name=path.stem, follows=follows)


def _read_django(path: Path, top: str) -> Iterator[File]:
    if path.parent.name != "migrations" or path.suffix != ".py" or path.name[0] in "_~":
        return
    app = path.parent.parent.name
    classes = [n for n in _parse(path).body if isinstance(n, ast.ClassDef)]
    replaces = [
        _assigned(node.body, {"replaces"}).get("replaces", ())
        for node in classes
        if node.name == "Migration"
    ]
    if replaces:
        names = tuple(f"{old[0]}.{old[1]}" for old in replaces[0])
        yield File(f"{app}.{path.stem}", os.path.relpath(path, top), replaces=names)


def _parse(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes())
    except (SyntaxError, ValueError) as error:
        raise OpsError(
            cannot(f"read the migration {path}", error, "Mend the file, or correct directory"),
            code="bad_migration",
            details={"path": str(path)},
        ) from error


def _assigned(body: list[ast.stmt], names: set[str]) -> dict[str, Any]:
    """The literals that are assigned to ``names``; what is no literal is left out."""
    values: dict[str, Any] = {}
    for node in body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in targets:
            if isinstance(target, ast.Name) and target.id in names:
                values.update(_literal(target.id, getattr(node, "value", None)))
    return values


def _literal(name: str, node: ast.expr | None) -> dict[str, Any]:
    try:
        return {name: ast.literal_eval(node)} if node is not None else {}
    except ValueError:
        return {}


def _names(value: Any) -> tuple[str, ...]:
    """``None``, one name or several, as Alembic allows."""
    if isinstance(value, str):
        return (value,)
    return tuple(str(name) for name in value or ())
