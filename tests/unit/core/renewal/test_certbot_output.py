# Copyright: (c) 2026, runbook.ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Outputs of certbot 2.1.0 (Debian 12, taken on 2026-11-21), and what they are called."""

from __future__ import annotations

import pytest
from ansible_collections.runbook.ops.plugins.module_utils.core.renewal.certbot_output import (
    explain_failure,
)

FAILED = "Failed to renew certificate a.example with error: {}\n1 renew failure(s)\n"
CHALLENGE = """Renewing an existing certificate for a.example
Hook '--manual-auth-hook' for a.example ran with output:
 token=s3cr3t

Certbot failed to authenticate some domains (authenticator: manual). The Certificate Authority \
reported these problems:
{}
Hint: The Certificate Authority failed to verify the DNS TXT records created by the hook.

Failed to renew certificate a.example with error: Some challenges have failed.
"""
PROBLEM = "  Domain: {}\n  Type:   unauthorized\n  Detail: No TXT records found for DNS challenge\n"


@pytest.mark.parametrize(
    ("error", "word"),
    [
        ("urn:ietf:params:acme:error:rateLimited :: There were too many requests", "rate_limited"),
        ("urn:ietf:params:acme:error:accountDoesNotExist :: x", "account_unknown"),
        ("Account at /etc/letsencrypt/accounts/x/dir/1f does not exist", "account_unknown"),
        ("Requesting localhost/dir: Connection refused", "server_unreachable"),
        ("HTTPSConnectionPool(host='a', port=443): Max retries exceeded", "server_unreachable"),
        ("The manual plugin is not working", "renewal_failed"),
    ],
)
def test_each_failure_has_its_word_and_its_cause(error: str, word: str) -> None:
    refusal = explain_failure(FAILED.format(error), "webroot")
    assert (refusal.word, refusal.cause) == (word, error)
    assert refusal.advice


def test_a_lock_is_told() -> None:
    refusal = explain_failure("Another instance of Certbot is already running.\n", "webroot")
    assert (refusal.word, refusal.cause) == ("already_running", "already running")


def test_the_problems_of_a_challenge_are_told_and_the_output_of_hooks_is_not() -> None:
    problem = PROBLEM.format("a.example")
    refusal = explain_failure(CHALLENGE.format(problem), "webroot")
    assert refusal.word == "challenge_failed"
    assert refusal.cause == "a.example: unauthorized: No TXT records found for DNS challenge"
    assert "port 80" in refusal.advice
    assert "s3cr3t" not in str(refusal)


@pytest.mark.parametrize("authenticator", ["manual", "dns-route53"])
def test_a_dns_challenge_has_its_own_advice(authenticator: str) -> None:
    refusal = explain_failure(CHALLENGE.format(PROBLEM.format("a.example")), authenticator)
    assert "DNS hook" in refusal.advice


def test_many_problems_are_counted() -> None:
    problems = "\n".join(PROBLEM.format(f"{number}.example") for number in range(5))
    refusal = explain_failure(CHALLENGE.format(problems), "webroot")
    assert refusal.cause.count("unauthorized") == 3
    assert refusal.cause.endswith("; and 2 more")


def test_a_challenge_without_problems_has_the_error_as_its_cause() -> None:
    assert explain_failure(CHALLENGE.format(""), "webroot").cause == "Some challenges have failed."


def test_a_secret_in_an_error_is_kept_out() -> None:
    refusal = explain_failure(FAILED.format("cannot log in with password=hunter2"), "dns-x")
    assert refusal.cause == "cannot log in with password=[redacted]"
