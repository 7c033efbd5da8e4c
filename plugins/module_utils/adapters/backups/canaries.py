# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Damages made on purpose, in memory, that a verification has to see.

A dump is made up and damaged in every way that backups were found damaged; of the real backup only
its head is read, which is a backup that was cut off. So it costs the same for any size. They
are read on the way that the file itself took, through igzip where that is used.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Callable

from ...core.backups.checks import judge_backup
from ...core.backups.copies import Case
from ...core.backups.evidence import Evidence
from ...core.backups.files import BackupFile, Listing, Sidecar, Stream
from ...core.backups.self_test import WHOLE
from ...core.check import Status, worst
from ...core.thresholds import Threshold
from .dump_files import open_regular
from .reading import read_made

if TYPE_CHECKING:
    from .layers import Tools

_HEAD = 4 * 1024 * 1024
_DATABASE = "canary"
_NAME = "canary.sql.gz"
_ROWS = "".join(f"{row}\t{row * row}\tnote\n" for row in range(2000))
_TEXT = (
    "--\n-- PostgreSQL database dump\n--\n\nSET row_security = off;\n\n"
    f"--\n-- Name: {_DATABASE}; Type: DATABASE; Schema: -; Owner: o\n--\n\n"
    "--\n-- Name: birds; Type: TABLE; Schema: public; Owner: o\n--\n\n"
    "CREATE TABLE public.birds (a integer, b integer, c text);\n\n\n"
    "--\n-- Data for Name: birds; Type: TABLE DATA; Schema: public; Owner: o\n--\n\n"
    f"COPY public.birds (a, b, c) FROM stdin;\n{_ROWS}\\.\n\n\n"
    "--\n-- PostgreSQL database dump complete\n--\n\n"
).encode()


def _pack(text: bytes) -> bytes:
    return gzip.compress(text, 6, mtime=0)


def _damages() -> dict[str, bytes]:
    packed = _pack(_TEXT)
    half = len(packed) // 2
    trailer = _TEXT.rindex(b"--\n-- PostgreSQL")
    return {
        WHOLE: packed,
        "a cut": packed[:half],
        "a cut in a well-formed gzip": _pack(_TEXT[: len(_TEXT) // 2]),
        "a flipped bit": packed[:half] + bytes([packed[half] ^ 1]) + packed[half + 1 :],
        "zeros in the middle": packed[:half] + bytes(256) + packed[half + 256 :],
        "bytes behind the end": packed + b"garbage",
        "a missing trailer": _pack(_TEXT[:trailer]),
        "another database": _pack(_TEXT.replace(b"Name: canary", b"Name: another")),
        "a swapped sidecar": packed,
    }


def see_damages(
    case: Case, tools: Tools, read: Callable[..., Stream] = read_made
) -> dict[str, Status]:
    """The worst status that the levels give to each damage, the made ones and the real head."""
    found = {}
    expected = replace(
        case.expected,
        database=_DATABASE,
        size=Threshold("lt", critical=1),
        history=0,
        sidecar="when_present",
        contents="all",
        tables=(),
        offsite=False,
        lock_days=0,
    )
    for name, data in _damages().items():
        digest = hashlib.sha256(data if name != "a swapped sidecar" else b"").hexdigest()
        evidence = Evidence(
            Listing("", "", (BackupFile(_NAME, len(data), case.now),)),
            stream=read(_NAME, data, tools=tools),
            sidecar=Sidecar(f"{_NAME}.sha256", exists=True, sha256=digest),
        )
        found[name] = worst(judge_backup(Case(evidence, expected, case.now)))
    return {**found, **_see_head(case, tools, read)}


def _see_head(case: Case, tools: Tools, read: Callable[..., Stream]) -> dict[str, Status]:
    """The newest backup cut off; nothing where it cannot be looked into in any case."""
    newest, seen = case.evidence.listing.newest, case.evidence.stream
    if newest is None or newest.directory or seen.content is None or not seen.content.judged:
        return {}
    with open_regular(newest.path) as stream:
        head = stream.read(min(_HEAD, newest.bytes // 2))
    cut = read(newest.name, head, tools=tools)
    faulty = cut.content is not None and cut.content.faults
    status = Status.CRITICAL if cut.damage or faulty else Status.OK
    return {f"the head of {newest.name}": status}
