# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups in every compression and encryption, read by the real programs."""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import lzma
import random
import subprocess
import sys
import tarfile
import time
import types
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.backups import (
    archives,
    canaries,
    quick_gzip,
)
from ansible_collections.runbook.ops.plugins.module_utils.adapters.backups.canaries import (
    see_damages,
)
from ansible_collections.runbook.ops.plugins.module_utils.adapters.backups.files import list_backups
from ansible_collections.runbook.ops.plugins.module_utils.adapters.backups.layers import Tools
from ansible_collections.runbook.ops.plugins.module_utils.adapters.backups.reading import (
    read_backup,
    read_blocks,
)
from ansible_collections.runbook.ops.plugins.module_utils.adapters.programs.streams import (
    ProgramStream,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.copies import Case
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.dump_content import Content
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.evidence import Evidence
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.files import (
    BackupFile,
    Listing,
    Stream,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.backups.self_test import (
    judge_self_test,
)

from tests.samples.backup_cases import EXPECTED, NOW
from tests.samples.damaged_backups import piped
from tests.samples.dumps import ORDINARY, dump, table

TEXT = dump(table("members", [f"{row}\t{row * row}\tnote" for row in range(9000)])).encode()
GZIP = gzip.compress(TEXT, mtime=0)
PACKED = {
    "xz": lzma.compress(TEXT),
    "bzip2": bz2.compress(TEXT),
    "zstd": piped(["zstd", "-q", "-c"], TEXT),
}


def put(path: Path, data: bytes) -> BackupFile:
    """Write ``data``, and list it."""
    path.write_bytes(data)
    return list_backups(str(path.parent), path.name).files[0]


@pytest.mark.parametrize("kind", PACKED)
@pytest.mark.parametrize("block", [1000, 1 << 20])
def test_other_compressions_inflate_to_their_end(kind: str, block: int) -> None:
    data = PACKED[kind] + PACKED[kind][:0]
    seen = read_blocks("a", [data[at : at + block] for at in range(0, len(data), block)])
    assert (seen.compression, seen.damage, seen.hindrance) == (kind, "", "")
    assert seen.uncompressed_bytes == len(TEXT)
    assert seen.content is not None
    assert seen.content.faults == ()


@pytest.mark.parametrize("kind", PACKED)
def test_damage_of_other_compressions_is_found(kind: str) -> None:
    data = PACKED[kind]
    middle = len(data) // 2
    damaged = {
        "cut": data[:middle],
        "end cut": data[:-1],
        "zeros": data[:middle] + bytes(99) + data[middle + 99 :],
        "garbage": data + b"garbage",
        "padded": data + bytes(4096),
    }
    assert [name for name, bad in damaged.items() if not read_blocks("a", [bad]).damage] == []


def test_members_behind_each_other_are_one_stream() -> None:
    half = len(TEXT) // 2
    for pack in (lzma.compress, bz2.compress):
        seen = read_blocks("a", [pack(TEXT[:half]) + pack(TEXT[half:])])
        assert (seen.damage, seen.uncompressed_bytes) == ("", len(TEXT))


def test_bomb_of_another_compression_comes_in_small_pieces() -> None:
    stream = archives.open_stream("xz")
    assert stream is not None
    sizes = [len(piece) for piece in stream.pieces([lzma.compress(bytes(9_000_000))])]
    assert (sum(sizes), max(sizes), stream.damage) == (9_000_000, 1 << 20, "")


def test_zstd_of_the_standard_library_is_used_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    library = types.ModuleType("compression.zstd")
    vars(library).update(ZstdDecompressor=bz2.BZ2Decompressor, ZstdError=OSError)
    monkeypatch.setitem(sys.modules, "compression", types.ModuleType("compression"))
    monkeypatch.setitem(sys.modules, "compression.zstd", library)
    stream = archives.open_stream("zstd")
    assert stream is not None
    assert b"".join(stream.pieces([PACKED["bzip2"]])) == TEXT


def test_missing_program_is_a_hindrance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    seen = read_blocks("a", [PACKED["zstd"]])
    assert (seen.damage, seen.hindrance) == ("", "zstd is not installed on this host")
    assert len(seen.digests["sha256"]) == 64


@pytest.fixture
def without_isal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the binding of ISA-L look as if it were not installed."""
    monkeypatch.setitem(sys.modules, "isal.isal_zlib", None)


@pytest.mark.usefixtures("without_isal")
def test_igzip_gives_the_same_as_zlib(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = read_backup(put(tmp_path / "a.sql.gz", GZIP))
    monkeypatch.setenv("PATH", "/nonexistent")
    slow = read_backup(put(tmp_path / "a.sql.gz", GZIP))
    assert (quick.damage, quick.digests, quick.content) == ("", slow.digests, slow.content)
    assert quick.uncompressed_bytes == len(TEXT)


@pytest.mark.usefixtures("without_isal")
def test_what_igzip_lets_pass_is_left_to_zlib(tmp_path: Path) -> None:
    chance = random.Random(2)
    broken = GZIP[:2] + b"\xff" + GZIP[3:]
    cases = {
        "garbage": GZIP + b"garbage",
        "zeros": GZIP + bytes(9000),
        "a copy with a broken header": GZIP + broken,
        "cut": GZIP[:-3],
        "empty": b"",
        "reserved flags": GZIP[:3] + b"\xe0" + GZIP[4:],
        **{f"cut {n}": GZIP[: chance.randrange(1, len(GZIP))] for n in range(20)},
    }
    missed = [
        name
        for name, data in cases.items()
        if not read_backup(put(tmp_path / "a.sql.gz", data)).damage
    ]
    assert missed == []
    members = gzip.compress(TEXT[:5000]) + gzip.compress(TEXT[5000:])
    seen = read_backup(put(tmp_path / "a.sql.gz", members))
    assert (seen.damage, seen.uncompressed_bytes) == ("", len(TEXT))


@pytest.mark.usefixtures("without_isal")
def test_trailer_is_found_across_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_backup(put(tmp_path / "a.sql.gz", GZIP)).damage == ""
    for size in (9, 1000, len(GZIP) - 4):
        monkeypatch.setattr(quick_gzip, "_BLOCK", size)
        quick = quick_gzip.QuickGzip()
        assert b"".join(quick.pieces(iter([GZIP]))) == TEXT
        with (tmp_path / "a.sql.gz").open("rb") as stream:
            assert quick.proves(stream.fileno())


@pytest.fixture(scope="module")
def age_key(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Give the file of a private key, and its public key."""
    path = tmp_path_factory.mktemp("age") / "key"
    made = subprocess.run(
        ["age-keygen", "-o", str(path)], check=True, capture_output=True, text=True
    )
    return str(path), made.stderr.split()[-1]


def test_age_is_decrypted_with_the_key_only(age_key: tuple[str, str], tmp_path: Path) -> None:
    path, recipient = age_key
    file = put(tmp_path / "a.sql.gz.age", piped(["age", "-r", recipient], GZIP))
    closed = read_backup(file)
    assert (closed.encryption, closed.compression) == ("age", "")
    assert closed.hindrance == "it is encrypted with age and no key was given"
    opened = read_backup(file, "", Tools(age_identity=path))
    assert (opened.damage, opened.compression) == ("", "gzip")
    assert opened.content is not None
    assert opened.content.faults == ()
    assert opened.digests == closed.digests
    other = tmp_path / "other"
    subprocess.run(["age-keygen", "-o", str(other)], check=True, capture_output=True)
    refused = read_backup(file, "", Tools(age_identity=str(other)))
    assert (refused.damage, refused.uncompressed_bytes) == ("", None)
    assert "no identity matched" in refused.hindrance


def test_damage_of_what_is_encrypted_is_found(age_key: tuple[str, str]) -> None:
    path, recipient = age_key
    data = piped(["age", "-r", recipient], GZIP)
    tools = Tools(age_identity=path)
    for bad in (data[:-1], data[: len(data) // 2], data[:-9] + b"x" + data[-8:], data + b"x"):
        assert read_blocks("a.age", [bad], "", tools).damage


def test_gnupg_is_decrypted_with_the_passphrase(tmp_path: Path) -> None:
    secret, home = tmp_path / "passphrase", tmp_path / "home"
    secret.write_text("correct horse", encoding="ascii")
    home.mkdir(mode=0o700)
    base = ["gpg", "--homedir", str(home), "--batch", "--pinentry-mode", "loopback"]
    data = piped([*base, "--passphrase-file", str(secret), "--symmetric"], GZIP)
    tools = Tools(gnupg_home=str(home), gnupg_passphrase_file=str(secret))
    opened = read_blocks("a.sql.gz.gpg", [data], "", tools)
    assert (opened.encryption, opened.damage, opened.hindrance) == ("gnupg", "", "")
    assert opened.uncompressed_bytes == len(TEXT)
    assert read_blocks("a.sql.gz.gpg", [data[:-30]], "", tools).damage
    assert "no key was given" in read_blocks("a.sql.gz.gpg", [data]).hindrance
    secret.write_text("wrong", encoding="ascii")
    refused = read_blocks("a.sql.gz.gpg", [data], "", tools)
    assert (refused.damage, refused.uncompressed_bytes) == ("", None)
    assert refused.hindrance


def archive_of(**files: bytes) -> bytes:
    """A tar of files."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(f"volume/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return made.getvalue()


def test_archive_of_files_is_read_to_its_end_mark() -> None:
    data = archive_of(a=bytes(5000), b=b"text", c=b"")
    seen = read_blocks("a.tar.gz", [gzip.compress(data)])
    assert seen.content is not None
    assert (seen.content.format, seen.content.faults) == ("files", ())
    for bad in (data[:-10240], data[:3000], archive_of()[:0] + data[:512] + b"x" * 512):
        content = read_blocks("a.tar.gz", [gzip.compress(bad)]).content
        assert content is not None
        assert content.faults


def test_archive_for_which_pg_restore_is_missing_or_too_old_is_not_judged(tmp_path: Path) -> None:
    absent = read_blocks("a.dump", [b"PGDMP" + bytes(600)], "", Tools(str(tmp_path / "absent")))
    assert absent.content is not None
    assert absent.content.hindrance == "absent is not installed on this host"
    old = tmp_path / "old"
    old.write_text("#!/bin/sh\necho 'error: unsupported version (1.99)' >&2\nexit 1\n", "ascii")
    old.chmod(0o755)
    content = read_blocks("a.dump", [b"PGDMP" + bytes(600)], "", Tools(str(old))).content
    assert content is not None
    assert (content.judged, content.faults) == (False, ())
    assert "unsupported version" in content.hindrance


def test_program_that_says_nothing_is_quoted_so() -> None:
    stream = ProgramStream(["false"])
    assert list(stream.pieces([bytes(3_000_000)])) == []
    assert stream.damage == "false refuses it: it gives no reason"


def test_program_that_does_nothing_is_ended() -> None:
    stream = ProgramStream(["sleep", "600"], patience=0.2)
    assert list(stream.pieces([b"text"])) == []
    assert (stream.damage, stream.hindrance) == ("", "sleep did nothing for 0.2 s and was ended")


def test_program_that_waits_for_us_has_all_the_time() -> None:
    def slow() -> Iterator[bytes]:
        time.sleep(1.2)
        yield b"text"

    stream = ProgramStream(["cat"], patience=1)
    taken = []
    for piece in stream.pieces(slow()):
        time.sleep(1.2)
        taken.append(piece)
    assert (taken, stream.damage, stream.hindrance) == ([b"text"], "", "")


def test_what_goes_wrong_while_reading_is_not_lost() -> None:
    def failing() -> Iterator[bytes]:
        yield b"text"
        raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(OSError, match="Input/output error"):
        list(ProgramStream(["cat"]).pieces(failing()))


def test_directory_with_a_damaged_file_names_it(tmp_path: Path) -> None:
    folder = tmp_path / "a.dir"
    folder.mkdir()
    (folder / "toc.dat").write_bytes(b"PGDMP")
    (folder / "1.dat.gz").write_bytes(GZIP[:-1])
    (folder / "2.dat.gz").write_bytes(b"text")
    (folder / "3.dat.lz4").write_bytes(b"\x04\x22\x4d\x18")
    (file,) = list_backups(str(tmp_path), "*.dir").files
    assert (file.directory, file.bytes) == (True, 5 + len(GZIP) - 1 + 4 + 4)
    assert read_backup(file).damage.startswith("its file 1.dat.gz: the gzip stream is cut off")
    (folder / "1.dat.gz").write_bytes(GZIP)
    assert read_backup(file).damage.startswith("it changed while it was read")
    (file,) = list_backups(str(tmp_path), "*.dir").files
    assert read_backup(file).damage == "its file 2.dat.gz: it does not begin like its name says"
    (folder / "2.dat.gz").unlink()
    (file,) = list_backups(str(tmp_path), "*.dir").files
    seen = read_backup(file)
    assert seen.damage == ""
    assert seen.content is not None
    assert seen.content.faults[0].startswith("pg_restore refuses it: ")


def test_ordinary_dump_in_small_blocks_is_read_like_in_one() -> None:
    data = gzip.compress(ORDINARY.encode(), mtime=0)
    one: Stream = read_blocks("a.gz", [data])
    many = read_blocks("a.gz", [data[at : at + 7] for at in range(0, len(data), 7)])
    assert one == many
    assert archives.has_fast_codec() is (archives.load_codec() is not zlib)


@pytest.mark.usefixtures("without_isal")
@pytest.mark.parametrize(("lies", "status"), [(False, "ok"), (True, "critical")])
def test_blind_igzip_is_found_out_by_the_self_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lies: bool, status: str
) -> None:
    """One that gives the text of the whole backup, whatever was damaged."""
    text = tmp_path / "text"
    text.write_bytes(canaries._TEXT)
    igzip = tmp_path / "bin" / "igzip"
    igzip.parent.mkdir()
    real = "exec /usr/bin/igzip --decompress --stdout"
    igzip.write_text(f"#!/bin/sh\n{f'cat >/dev/null; cat {text}' if lies else real}\n", "utf-8")
    igzip.chmod(0o755)
    monkeypatch.setenv("PATH", f"{igzip.parent}:/usr/bin:/bin")
    case = Case(Evidence(Listing(str(tmp_path), "*")), EXPECTED, NOW)
    found = see_damages(case, Tools())
    assert judge_self_test(case, found).status.label == status
    assert (found["a flipped bit"].label == "ok") is lies


def test_blind_reader_is_found_out_by_the_self_test(tmp_path: Path) -> None:
    def blind(*dummy: object, **_more: object) -> Stream:
        return Stream("gzip", {"sha256": "0" * 64}, 9, content=Content("plain"))

    file = put(tmp_path / "a.sql.gz", GZIP)
    evidence = Evidence(Listing(str(tmp_path), "*", (file,)), stream=read_backup(file))
    case = Case(evidence, EXPECTED, NOW)
    well = judge_self_test(case, see_damages(case, Tools()))
    assert (well.status.label, well.value) == ("ok", 0)
    check = judge_self_test(case, see_damages(case, Tools(), blind))
    assert check.status.label == "critical"
    assert "the head of a.sql.gz: not seen" in check.summary
