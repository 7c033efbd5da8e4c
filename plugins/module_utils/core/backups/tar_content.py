# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a tar archive of files, such as that of a volume, is complete.

The rules are those of POSIX pax (IEEE 1003.1, 10.1.1) and GNU tar: a header of 512 bytes with a
checksum, the bytes of the file, zeros up to the next 512 bytes, and two blocks of zeros at the end.
A file of 8 GiB or more has its size in the records of a header before its own.
"""

from __future__ import annotations

import re

from .dump_content import Content
from .dump_frames import FILES

_BLOCK = 512
_SIZE = slice(124, 136)
_CHECKSUM = slice(148, 156)
_TYPE = slice(156, 157)
_EXTENSIONS = b"xgLK"  # headers that describe the next one
_RECORDS = b"x"  # the one of them that may tell a size
_MOST_RECORDS = 1 << 20  # bytes of them that are looked at
_LENGTH = re.compile(rb"([0-9]{1,9}) ")
_TOLD_SIZE = re.compile(rb"size=([0-9]{1,18})\n")
_BINARY = 0x80  # the bit of a size that is not written in octal digits


class TarScanner:
    """Reads an archive block by block, in constant memory; ``end`` gives the verdict."""

    def __init__(self) -> None:
        self._text = b""
        self._skip = 0
        self._records: bytes | None = None
        self._told: int | None = None
        self._files = 0
        self._zeros = 0
        self._fault = ""

    def feed(self, block: bytes) -> None:
        """Look at the next ``block``, which may end anywhere."""
        if self._fault:
            return
        self._text += block
        at = 0
        while not self._fault:
            passed = min(self._skip, len(self._text) - at)
            self._keep(self._text[at : at + passed])
            at, self._skip = at + passed, self._skip - passed
            if self._skip or len(self._text) - at < _BLOCK:
                break
            self._note(self._text[at : at + _BLOCK])
            at += _BLOCK
        self._text = self._text[at:]

    def end(self) -> Content:
        """What the whole archive was."""
        closed = self._zeros > 1 and not self._text and not self._skip
        fault = self._fault or ("" if closed else "the archive of files ends without its end mark")
        if not fault and not self._files:
            fault = "the archive holds no file"
        return Content(FILES, faults=(fault,) if fault else (), tables=0)

    def _keep(self, content: bytes) -> None:
        if self._records is not None:
            self._records += content[: _MOST_RECORDS - len(self._records)]

    def _note(self, header: bytes) -> None:
        if self._records is not None:
            self._told, self._records = _read_records(self._records), None
        if not any(header):
            self._zeros += 1
            return
        size = _read_size(header[_SIZE])
        if self._zeros or size is None or not _has_checksum(header):
            self._fault = f"the archive is damaged behind its entry {self._files}"
            return
        if header[_TYPE] not in _EXTENSIONS:
            self._files += 1
            size, self._told = size if self._told is None else self._told, None
        elif header[_TYPE] == _RECORDS:
            self._records = b""
        self._skip = -(-size // _BLOCK) * _BLOCK


def _has_checksum(header: bytes) -> bool:
    """Whether the sum of the bytes, its own field counted as spaces, is the one written down."""
    written = _read_size(header[_CHECKSUM])
    spaces = sum(b" " * 8)
    return written == sum(header) - sum(header[_CHECKSUM]) + spaces


def _read_size(field: bytes) -> int | None:
    if field[0] & _BINARY:
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    return int(digits or b"0", 8) if all(digit in b"01234567" for digit in digits) else None


def _read_records(records: bytes) -> int | None:
    """The size that they tell of the next file; ``None`` where they tell none.

    Each is its own length in digits, a space, a keyword, ``=``, a value, and a newline.
    """
    told, at = None, 0
    while True:
        length = _LENGTH.match(records, at)
        if length is None or int(length[1]) <= len(length[0]):
            return told
        size = _TOLD_SIZE.fullmatch(records, length.end(), at + int(length[1]))
        told = int(size[1]) if size else told
        at += int(length[1])
