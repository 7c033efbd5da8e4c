# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The private key of a certificate: whether it belongs to it, and who can read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..check import Status
from .answers import Question, Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from .judgement import Certificate, Fault

_ENCRYPTED = "encrypted"
_GROUP_READS = 0o040
_GROUP_WRITES_OR_RUNS = 0o030
_OTHERS = 0o007
_KEY_GROUP = "ssl-cert"  # Debian's group of the services that may read keys (package ssl-cert)


@dataclass(frozen=True)
class KeyFile:
    """What a file with a private key says, and who may read it; never the key itself.

    ``sha256`` is of its public key. ``fault`` says why there is none; ``mode`` is ``None`` where
    the file is not there. ``wanted_owner`` is who has to own it, ``None`` for root.
    """

    path: str
    sha256: str = ""
    fault: Fault | None = None
    mode: int | None = None
    owner: str = ""
    group: str = ""
    wanted_owner: str | None = None


def judge_key(
    subject: str, certificate: Certificate | None, key: KeyFile, now: datetime
) -> tuple[Verdict, ...]:
    """``tls.key`` and ``tls.key_access``, as far as they can be told.

    ``tls.key`` is ``matching``, ``key_mismatch``, or the verdict on a file without a usable key.
    """
    verdicts = []
    question = Question("tls.key", subject, now)
    if key.fault is not None:
        word, told = key.fault.verdict, f"has a key that {key.fault.cause}"
        status = Status.UNKNOWN if word == _ENCRYPTED else Status.CRITICAL
        verdicts.append(question.answer(word, told, status))
    elif certificate is not None and certificate.key_sha256:
        verdicts.append(_compare(question, certificate, key))
    if key.mode is not None:
        verdicts.append(_judge_access(Question("tls.key_access", key.path, now), key, key.mode))
    return tuple(verdicts)


def _compare(question: Question, certificate: Certificate, key: KeyFile) -> Verdict:
    if key.sha256 == certificate.key_sha256:
        return question.accept("matching", f"has its key in {key.path}")
    cause = f"was not made for the key in {key.path}: no server can start with both"
    return question.refuse("key_mismatch", f"{cause}; put the right key there")


def _judge_access(question: Question, key: KeyFile, mode: int) -> Verdict:
    """``private``, ``world_accessible``, ``group_accessible`` or ``wrong_owner``.

    A group may read where root owns the file and the group is that which Debian has for it.
    """
    owner = key.wanted_owner or "root"
    if mode & _OTHERS:
        told = f"is open to every user (mode {mode:04o}): run chmod 0600, and replace the key"
        return question.refuse("world_accessible", f"{told} if others were on this host")
    if key.owner not in {owner, "root"}:
        told = f"belongs to {key.owner}, who can read and replace it: run chown {owner}"
        return question.warn("wrong_owner", told)
    kept = key.owner == "root" and key.group == _KEY_GROUP and not mode & _GROUP_WRITES_OR_RUNS
    if mode & (_GROUP_READS | _GROUP_WRITES_OR_RUNS) and not kept:
        told = f"is open to the group {key.group} (mode {mode:04o}): run chmod 0600"
        return question.warn("group_accessible", told)
    return question.accept("private", "is open to nobody who need not read it")
