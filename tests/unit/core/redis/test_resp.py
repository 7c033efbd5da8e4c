# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The protocol of Redis, as bytes and values."""

from __future__ import annotations

import io
from typing import Any

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.redis.resp import (
    NotRedisError,
    Refusal,
    decode,
    encode,
)


def decoded(data: bytes) -> Any:
    stream = io.BytesIO(data)
    return decode(lambda: stream.readline()[:-2], stream.read)


def test_a_command_is_an_array_of_its_words() -> None:
    assert encode("SET", b"k\xff", 12) == b"*3\r\n$3\r\nSET\r\n$2\r\nk\xff\r\n$2\r\n12\r\n"
    assert encode("é", "\udcff") == b"*2\r\n$2\r\n\xc3\xa9\r\n$1\r\n\xff\r\n"


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"+OK\r\n", "OK"),
        (b":-3\r\n", -3),
        (b"$5\r\na\r\nbc\r\n", b"a\r\nbc"),
        (b"$0\r\n\r\n", b""),
        (b"$-1\r\n", None),
        (b"*-1\r\n", None),
        (b"*2\r\n:1\r\n*1\r\n$1\r\nx\r\n", [1, [b"x"]]),
        (b"-ERR not\tthis\r\n", Refusal("ERR not this")),
    ],
)
def test_a_reply_is_read(data: bytes, value: Any) -> None:
    assert decoded(data) == value


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\n",
        b":x\r\n",
        b"$x\r\n",
        b"$-2\r\n",
        b"$99999999999\r\n",
        b"*99999999999\r\n",
        b"*1\r\n" * 50,
        b"\r\n",
    ],
)
def test_what_is_no_reply_is_refused(data: bytes) -> None:
    with pytest.raises(NotRedisError):
        decoded(data)


def test_a_refusal_has_a_code_and_is_short() -> None:
    assert Refusal("NOAUTH Authentication required.").code == "NOAUTH"
    assert len(decoded(b"-" + b"x" * 5000 + b"\r\n").text) == 200
