# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup as Ansible loads and calls it, and the sentences of its errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleLookupError
from ansible_collections.runbook.ops.plugins.lookup import certificate_facts
from ansible_collections.runbook.ops.plugins.module_utils.adapters.certificates import (
    x509 as adapter,
)
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from tests.samples.certificates import issue

ONE = issue("shop.example", title="shop")


def look_up(*terms: Path, **options: Any) -> list[dict[str, Any]]:
    return certificate_facts.LookupModule().run([str(term) for term in terms], {}, **options)


def test_the_certificates_of_a_file_are_told(tmp_path: Path) -> None:
    (tmp_path / "c.pem").write_bytes(ONE.pem)
    (found,) = look_up(tmp_path / "*.pem")
    assert (found["source"], found["names"]) == (str(tmp_path / "c.pem"), ["shop.example"])
    assert 89 < found["days_left"] <= 90


def test_a_password_opens_a_store(tmp_path: Path) -> None:
    kind = BestAvailableEncryption(b"geheim")
    (tmp_path / "s.p12").write_bytes(
        pkcs12.serialize_key_and_certificates(None, ONE.key, ONE.certificate, None, kind)
    )
    (found,) = look_up(tmp_path / "s.p12", pkcs12_password="geheim")
    assert found["subject"] == "CN=shop"


def test_a_file_without_a_certificate_fails_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(AnsibleLookupError) as caught:
        look_up(tmp_path / "c.pem")
    assert str(caught.value) == (
        f"Cannot read the certificate of {tmp_path / 'c.pem'}: it does not exist."
        " Correct the path or the file."
    )


def test_a_missing_library_fails_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter, "_MISSING", "No module named 'cryptography'")
    with pytest.raises(AnsibleLookupError) as caught:
        look_up(tmp_path / "c.pem")
    assert str(caught.value).startswith("Cannot read certificates: No module named 'cryptography'.")
