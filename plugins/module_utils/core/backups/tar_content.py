# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a tar archive of files, such as that of a volume, is complete.

The rules are those of POSIX pax (IEEE 1003.1, 10.1.1) and GNU tar: a header of 512 bytes with a
checksum, the bytes of the file, zeros up to the next 512 bytes, and two blocks of zeros at the end.
"""

from __future__ import annotations

from .dump_content import Content
from .dump_frames import FILES

_BLOCK = 512
_SIZE = slice(124, 136)
_CHECKSUM = slice(148, 156)
_TYPE = slice(156, 157)
_EXTENSIONS = b"xgLK"  # headers that describe the next one
_BINARY = 0x80  # the bit of a size that is not written in octal digits


class TarScanner:
    """Reads an archive block by block, in constant memory; ``end`` gives the verdict."""

    def __init__(self) -> None:
        self._text = b""
        self._skip = 0
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

    def _note(self, header: bytes) -> None:
        if not any(header):
            self._zeros += 1
            return
        size = _read_size(header[_SIZE])
        if self._zeros or size is None or not _has_checksum(header):
            self._fault = f"the archive is damaged behind its entry {self._files}"
            return
        self._files += header[_TYPE] not in _EXTENSIONS
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
