# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Migrations in a directory, as each tool finds them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.postgres.migration_files import (
    read_migration_files,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.errors import OpsError
from ansible_collections.runbook.ops.plugins.module_utils.core.migrations.rows import File

HELLO = "CREATE TABLE hello (id int);\nINSERT INTO hello VALUES (1);\n"
HELLO_CRC = "1899077500"
"""What Java's CRC32 has after the two lines without their ends, as a signed int."""


def put(top: Path, name: str, text: str = "") -> None:
    path = top / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def found(tool: str, top: Path) -> list[tuple[str, str]]:
    return [(file.version, file.path) for file in read_migration_files(tool, str(top))]


def test_flyway(tmp_path: Path) -> None:
    for name in (
        "V1__init.sql", "V1_10__ten.sql", "deep/V2.0__two.sql", "R__views.sql", "B1__base.sql",
        "U1__init.sql", "V3_no_separator.sql", "V__none.sql", "R1__wrong.sql", "V4__x.sql.conf",
        ".hidden/V9__x.sql", "readme.md",
    ):  # fmt: skip
        put(tmp_path, name)
    assert found("flyway", tmp_path) == [
        ("", "R__views.sql"), ("1", "B1__base.sql"), ("1", "V1__init.sql"),
        ("1.10", "V1_10__ten.sql"), ("2.0", "deep/V2.0__two.sql"),
    ]  # fmt: skip
    kinds = {file.path: file.kind for file in read_migration_files("flyway", str(tmp_path))}
    assert (kinds["R__views.sql"], kinds["B1__base.sql"]) == ("repeatable", "baseline")


@pytest.mark.parametrize(
    ("name", "text", "checksums"),
    [
        ("V1__a.sql", HELLO, (HELLO_CRC,)),
        ("V1__a.sql", HELLO.replace("\n", "\r\n"), (HELLO_CRC,)),
        ("V1__a.sql", "\ufeff" + HELLO, (HELLO_CRC,)),
        ("V1__a.sql", HELLO + "x", ("-719447541",)),
        ("V1__a.sql", "SELECT '${schema}';", ("1173702379",)),
        ("R__a.sql", "SELECT '${schema}';", ()),
        ("R__a.sql", HELLO, (HELLO_CRC,)),
    ],
)
def test_flyway_checksums(tmp_path: Path, name: str, text: str, checksums: tuple[str, ...]) -> None:
    put(tmp_path, name, text)
    (file,) = read_migration_files("flyway", str(tmp_path))
    assert file.checksums == checksums


def test_prisma(tmp_path: Path) -> None:
    put(tmp_path, "migration_lock.toml")
    put(tmp_path, "20260102_b/migration.sql", "SELECT 1;\r\n")
    put(tmp_path, "20260101_a/migration.sql", "SELECT 1;\n")
    one, two = read_migration_files("prisma", str(tmp_path))
    assert (one.version, two.version) == ("20260101_a", "20260102_b")
    digests = {hashlib.sha256(text).hexdigest() for text in (b"SELECT 1;\n", b"SELECT 1;\r\n")}
    assert set(one.checksums) == set(two.checksums) == digests


def test_rails(tmp_path: Path) -> None:
    for name in ("2_two.rb", "10_ten.bukkits.rb", "01_one.rb", "schema.rb", "3_Bad.rb"):
        put(tmp_path, name)
    assert found("rails", tmp_path) == [
        ("1", "01_one.rb"), ("2", "2_two.rb"), ("10", "10_ten.bukkits.rb"),
    ]  # fmt: skip


def test_alembic(tmp_path: Path) -> None:
    put(tmp_path, "a_first.py", 'revision = "a"\ndown_revision = None\n')
    put(tmp_path, "b_more.py", 'revision: str = "b"\ndown_revision: str = "a"\n')
    put(tmp_path, "m.py", 'revision = "m"\ndown_revision = ("a", "b")\ndepends_on = ["x"]\n')
    put(tmp_path, "odd.py", 'revision = "o"\ndown_revision = before()\nrevision, y = 1, 2\n')
    put(tmp_path, "none.py", "import os\nrevision: str\n")
    put(tmp_path, "__init__.py", "boom(")
    files = read_migration_files("alembic", str(tmp_path))
    assert [(file.version, file.name, file.follows) for file in files] == [
        ("a", "a_first", ()), ("b", "b_more", ("a",)), ("m", "m", ("a", "b", "x")),
        ("o", "odd", ()),
    ]  # fmt: skip


def test_nothing_of_a_file_is_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    put(tmp_path, "a.py", f'revision = "a"\nopen({str(mark)!r}, "w")\n')
    assert len(read_migration_files("alembic", str(tmp_path))) == 1
    assert not mark.exists()


DJANGO = "from django.db import migrations\nclass Migration(migrations.Migration):\n    "


def test_django(tmp_path: Path) -> None:
    put(tmp_path, "gym/members/migrations/0001_initial.py", f"{DJANGO}dependencies = []\n")
    put(tmp_path, "gym/members/migrations/0002_more.py", f"{DJANGO}replaces = []\n")
    put(tmp_path, "gym/plans/migrations/0001_squashed.py",
        f'{DJANGO}replaces = [("plans", "0001"), ("plans", "0002")]\n')  # fmt: skip
    put(tmp_path, "gym/plans/migrations/__init__.py")
    put(tmp_path, "gym/plans/migrations/tools.py", "class Other: pass\n")
    put(tmp_path, "gym/plans/models.py", f"{DJANGO}x = 1\n")
    put(tmp_path, "venv/site-packages/auth/migrations/0001_initial.py", f"{DJANGO}x = 1\n")
    assert read_migration_files("django", str(tmp_path)) == (
        File("members.0001_initial", "gym/members/migrations/0001_initial.py"),
        File("members.0002_more", "gym/members/migrations/0002_more.py"),
        File("plans.0001_squashed", "gym/plans/migrations/0001_squashed.py",
             replaces=("plans.0001", "plans.0002")),
    )  # fmt: skip


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OpsError) as caught:
        read_migration_files("flyway", str(tmp_path / "none"))
    assert (caught.value.code, caught.value.message) == (
        "not_readable",
        (
            f"Cannot read the migrations in {tmp_path}/none: No such file or directory"
            f" ({tmp_path}/none). Correct directory, or let the module run as a user that may"
            " read it."
        ),
    )


def test_a_file_that_is_no_python(tmp_path: Path) -> None:
    put(tmp_path, "a.py", "revision = (\n")
    with pytest.raises(OpsError) as caught:
        read_migration_files("alembic", str(tmp_path))
    assert caught.value.code == "bad_migration"
    assert caught.value.message.startswith(f"Cannot read the migration {tmp_path}/a.py: ")
