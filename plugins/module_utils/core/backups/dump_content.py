# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
r"""Whether the text of a PostgreSQL dump is complete.

A dump that was cut off may still be well-formed gzip, so its text has to tell. Rows of a COPY hold
no line feed of their own (it is written as ``\n``), so nothing in them looks like a frame; the body
of a function may hold a COPY, so only one that stands below its own comment counts.
"""

from __future__ import annotations

from dataclasses import dataclass

from . import dump_frames as frames

_REACH = 4096  # bytes around a frame that belong to it: comment, versions, trigger switch


@dataclass(frozen=True)
class Content:
    """What the text of a dump says about itself.

    ``format`` is ``plain`` (pg_dump), ``cluster`` (pg_dumpall), ``custom``, ``tar``,
    ``directory``, ``files`` (an archive of files, such as a volume) or ``unknown``; ``faults`` are
    clauses (``it ends without the trailer of pg_dump``), the most telling first; ``databases`` are
    named only by dumps made with ``--create``, by pg_dumpall and by archives; ``tables`` counts
    the COPY blocks, ``names`` are ``schema.table`` of all tables with data in it, ``part`` is
    ``all``, ``schema`` or ``data``. ``hindrance`` is a clause about why an archive, of which then
    only the format is known, was not looked into.
    """

    format: str
    faults: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()
    tables: int = 0
    versions: frames.Versions = frames.NO_VERSIONS
    names: tuple[str, ...] = ()
    part: str = "all"
    hindrance: str = ""

    @property
    def judged(self) -> bool:
        """Whether the inside was looked at."""
        return not self.hindrance


class DumpScanner:
    """Reads a dump block by block, in constant memory; ``end`` gives the verdict.

    It is either among SQL, looking for the next comment, or among the rows of a COPY, looking for
    their end; so blocks are searched by ``bytes.find`` and never taken apart line by line.
    """

    def __init__(self) -> None:
        self._text = b""
        self._at = 0
        self._head = b""
        self._table: str | None = None
        self._endless: list[str] = []
        self._has_nul = False
        self._tables = 0
        self._headers = {frames.PLAIN: 0, frames.CLUSTER: 0}
        self._databases: list[str] = []
        self._names: list[str] = []
        self._defines = False
        self._versions = frames.NO_VERSIONS

    def feed(self, block: bytes) -> None:
        """Look at the next ``block``, which may end anywhere."""
        if len(self._head) < _REACH:
            self._head += block[:_REACH]
        self._has_nul = self._has_nul or b"\0" in block
        self._text += block
        self._walk(max(0, len(self._text) - _REACH))
        passed = max(0, self._at - _REACH)
        self._text, self._at = self._text[passed:], self._at - passed

    def end(self) -> Content:
        """What the whole text was."""
        form = frames.recognise_format(self._head)
        self._walk(len(self._text))
        return Content(
            format=form,
            faults=self._faults(form),
            databases=tuple(self._databases),
            tables=self._tables,
            versions=self._versions,
            names=tuple(self._names),
            part=self._part(form),
        )

    def _walk(self, limit: int) -> None:
        """Go on to ``limit``; a frame that may reach beyond it is left for the next block."""
        while self._pass_sql(limit) if self._table is None else self._pass_rows(limit):
            pass

    def _pass_sql(self, limit: int) -> bool:
        end = self._text.find(frames.COMMENT_END, self._at, limit)
        if end < 0:
            self._at = max(self._at, limit - len(frames.COMMENT_END))
            return False
        after = end + len(frames.COMMENT_END)
        self._note(self._text[self._text.rfind(b"\n", 0, end) + 1 : end], after)
        # The last line feed may be the one that the next frame begins with.
        self._at = after - 1
        return True

    def _note(self, line: bytes, after: int) -> None:
        """Remember what ``line``, the last of a comment that ends at ``after``, announces."""
        table = frames.read_table(line)
        if table is not None and frames.begins_copy(self._text, after):
            self._table = table
            self._tables += 1
        if table is not None:
            self._names.append(f"{frames.read_schema(line)}.{table}")
        self._defines = self._defines or frames.defines_table(line)
        database = frames.read_database(line)
        if database is not None and database not in self._databases:
            self._databases.append(database)
        header = frames.recognise_header(line)
        if header is not None:
            self._headers[header] += 1
        if header == frames.PLAIN:
            self._versions = frames.read_versions(self._text[after : after + _REACH])

    def _pass_rows(self, limit: int) -> bool:
        end = self._find_rare(frames.ROWS_END, limit)
        stray = self._find_rare(frames.NEXT_ROWS, limit if end < 0 else end)
        if stray >= 0 and frames.read_table(self._text[stray + 1 : stray + _REACH]) is not None:
            self._endless.append(str(self._table))
            self._table, self._at = None, stray
            return True
        if end < 0:
            self._at = max(self._at, limit - len(frames.NEXT_ROWS))
            return False
        self._table, self._at = None, end + len(frames.ROWS_END) - 1
        return True

    def _find_rare(self, token: bytes, limit: int) -> int:
        """Where ``token`` is next, or -1.

        Most blocks of rows hold none, and ``rfind`` tells so in half the time of ``find``.
        """
        if self._text.rfind(token, self._at, limit) < 0:
            return -1
        return self._text.find(token, self._at, limit)

    def _part(self, form: str) -> str:
        """What a dump of one database is a dump of; where there are no tables, of all of it."""
        if form == frames.CLUSTER or self._defines == bool(self._names):
            return "all"
        return "schema" if self._defines else "data"

    def _faults(self, form: str) -> tuple[str, ...]:
        if not self._head:
            return ("it is empty",)
        if form not in frames.PROGRAMS:
            return (frames.describe_stranger(self._head),)
        endless = [*self._endless, *([] if self._table is None else [self._table])]
        complete = frames.ends_complete(form, self._head, self._text)
        faults = (
            "it holds NUL bytes, which no dump does" if self._has_nul else "",
            f"the rows of table {endless[0]} do not end" if endless else "",
            "a second dump follows the first" if self._repeats(form) else "",
            "" if complete else f"it ends without the trailer of {frames.PROGRAMS[form]}",
        )
        return tuple(fault for fault in faults if fault)

    def _repeats(self, form: str) -> bool:
        """Whether more than one dump begins; pg_dumpall's holds one of each database."""
        if form == frames.CLUSTER:
            return self._headers[frames.CLUSTER] > 1
        return sum(self._headers.values()) > 1
