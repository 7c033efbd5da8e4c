# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates inside of containers and volumes, asked of a stand-in for the Docker Engine.

The answers have the form that the Engine API gives them: an archive of one member for a path in a
container, whatever the state of the container, and the mount point of a volume.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.adapters.certificates.containers import (
    read_docker,
)
from ansible_collections.runbook.ops.plugins.module_utils.core.certificates.judgement import (
    Observation,
)

from tests.samples.certificates import issue
from tests.servers.web_servers import page, routing, serving_at

ROOT = issue(authority=True, title="root")
MIDDLE = issue(by=ROOT, authority=True, title="middle")
ONE = issue("one.example", by=MIDDLE, title="one")
NO_CONTAINER = page({"message": "No such container: web"}, 404)
NO_FILE = page({"message": "Could not find the file /c.pem in container web"}, 404)
MOST = 16777216

Look = Callable[[Mapping[str, bytes], dict[str, str]], list[Observation]]


def archive(
    name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = ""
) -> bytes:
    """The answer to GET /containers/<name>/archive."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as made:
        member = tarfile.TarInfo(name)
        member.size, member.type, member.linkname = len(content), kind, link
        made.addfile(member, io.BytesIO(content))
    return page(written.getvalue(), headers="Content-Type: application/x-tar\r\n")


def at(path: str) -> str:
    return f"/containers/web/archive?path={path.replace('/', '%2F')}"


@pytest.fixture(name="look")
def look_fixture(tmp_path: Path) -> Look:
    def look(pages: Mapping[str, bytes], place: dict[str, str]) -> list[Observation]:
        given = {"container": None, "volume": None, **place}
        with serving_at(tmp_path / "s", routing({"/": NO_CONTAINER, **pages})) as path:
            return list(read_docker([given], "", seconds=5, socket_path=path))

    return look


def told(found: list[Observation]) -> list[tuple[str, str]]:
    return [(one.subject, one.certificate.subject) for one in found if one.certificate is not None]


def test_a_file_in_a_container_is_read(look: Look) -> None:
    found = look(
        {at("/c.pem"): archive("c.pem", ONE.chain_pem)}, {"container": "web", "path": "/c.pem"}
    )
    assert told(found) == [("web:/c.pem#1", "CN=one"), ("web:/c.pem#2", "CN=middle")]
    assert len(found[0].bundle) == 2


@pytest.mark.parametrize(
    ("link", "target"),
    [("../archive/c1.pem", "/etc/archive/c1.pem"), ("/etc/archive/c1.pem", "/etc/archive/c1.pem")],
)
def test_a_link_in_a_container_is_followed(look: Look, link: str, target: str) -> None:
    pages = {
        at("/etc/live/c.pem"): archive("c.pem", kind=tarfile.SYMTYPE, link=link),
        at(target): archive("c1.pem", ONE.pem),
    }
    found = look(pages, {"container": "web", "path": "/etc/live/c.pem"})
    assert told(found) == [("web:/etc/live/c.pem", "CN=one")]


@pytest.mark.parametrize(
    ("answer", "verdict", "cause"),
    [
        (NO_FILE, "missing", "does not exist"),
        (NO_CONTAINER, "no_container", "cannot be read: No such container: web"),
        (page({"message": "out of order"}, 500), "unreadable", "cannot be read: out of order"),
        (archive("c.pem", kind=tarfile.SYMTYPE, link="c.pem"), "unreadable",
         "is behind more than 8 links"),
        (archive("c.pem", kind=tarfile.DIRTYPE), "not_a_file", "is not a regular file"),
        (archive("c.pem", kind=tarfile.FIFOTYPE), "not_a_file", "is not a regular file"),
        (archive("c.pem", bytes(MOST + 1)), "too_large", f"has more than {MOST} bytes"),
        (archive("c.pem"), "empty", "is empty"),
        (page(b"\0" * 10240), "unreadable", "comes without content"),
        (page(b"garbage" * 2000), "unreadable", "comes damaged: invalid header"),
        (archive("c.pem", bytes(90_000))[:60_000], "unreadable",
         "comes damaged: unexpected end of data"),
    ],
)  # fmt: skip
def test_what_a_container_does_not_give_says_why(
    look: Look, answer: bytes, verdict: str, cause: str
) -> None:
    (found,) = look({at("/c.pem"): answer}, {"container": "web", "path": "/c.pem"})
    assert found.fault is not None
    assert (found.fault.check, found.fault.verdict, found.fault.cause) == (
        "tls.file", verdict, cause
    )  # fmt: skip


def test_a_file_in_a_volume_is_read_where_the_engine_keeps_it(look: Look, tmp_path: Path) -> None:
    (tmp_path / "data" / "live").mkdir(parents=True)
    (tmp_path / "data" / "c.pem").write_bytes(ONE.pem)
    (tmp_path / "data" / "live" / "link.pem").symlink_to("../c.pem")
    pages = {"/volumes/certs": page({"Mountpoint": str(tmp_path / "data")})}
    for path in ("c.pem", "/c.pem", "live/link.pem"):
        found = look(pages, {"volume": "certs", "path": path})
        assert told(found) == [(f"certs:{path}", "CN=one")]
        (tmp_path / "s").unlink()


@pytest.mark.parametrize(
    ("described", "path", "verdict", "cause"),
    [
        (None, "c.pem", "missing", "does not exist"),
        (None, "../outside.pem", "missing", "is a link that leads out of the volume"),
        (None, "out.pem", "missing", "is a link that leads out of the volume"),
        (page({"message": "get certs: no such volume"}, 404), "c.pem", "no_volume",
         "cannot be read: get certs: no such volume"),
        (page(b"{"), "c.pem", "unreadable", "cannot be read: the engine does not describe it"),
        (page({}), "c.pem", "unreadable", "cannot be read: the engine does not describe it"),
    ],
)  # fmt: skip
def test_what_a_volume_does_not_give_says_why(
    look: Look, tmp_path: Path, described: bytes | None, path: str, verdict: str, cause: str
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "outside.pem").write_bytes(ONE.pem)
    (tmp_path / "data" / "out.pem").symlink_to(tmp_path / "outside.pem")
    answer = described or page({"Mountpoint": str(tmp_path / "data")})
    (found,) = look({"/volumes/certs": answer}, {"volume": "certs", "path": path})
    assert found.fault is not None
    assert (found.fault.verdict, found.fault.cause) == (verdict, cause)


def test_an_engine_that_breaks_off_is_a_finding(look: Look) -> None:
    torn = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\nc.pem"
    (found,) = look({at("/c.pem"): torn}, {"container": "web", "path": "/c.pem"})
    assert found.fault is not None
    assert found.fault.verdict == "unreadable"


def test_without_an_engine_nothing_is_waited_for(tmp_path: Path) -> None:
    place = {"container": "web", "volume": None, "path": "/c.pem"}
    (found,) = read_docker([place], "", seconds=5, socket_path=str(tmp_path / "none"))
    assert found.fault is not None
    assert (found.fault.verdict, found.fault.cause) == (
        "no_engine",
        f"cannot be read: no Docker Engine answers at {tmp_path / 'none'}",
    )
