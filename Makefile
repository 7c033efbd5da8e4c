# SPDX-License-Identifier: GPL-3.0-or-later
# Every command of the project. `make` alone lists them.

SHELL := /bin/bash
.DEFAULT_GOAL := help
USER_PATH := $(PATH)
# The tools of the environment, and no version manager's shims, which stand for absent Pythons.
export PATH := $(CURDIR)/.venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

SCRIPTS := $(shell grep -rlE '^\#!/usr/bin/env bash|^\# shellcheck shell=' tests .ci)

.PHONY: help
help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Set up the development tools in .venv
	@PATH="$(USER_PATH)" tests/setup

.PHONY: lab
lab: setup ## Start the lab: real hosts and platforms on this machine
	@tests/lab/up

.PHONY: lab-down
lab-down: ## Remove the lab; PURGE=1 removes its images and its engine's data too
	@tests/lab/down $(if $(filter 1,$(PURGE)),--purge)

.PHONY: demo
demo: lab ## Run the daily maintenance on the lab, break the platform, and run it again
	@tests/demo

.PHONY: test
test: lint unit sanity package lab ## Run every test
	@echo '==> Running the playbooks twice with molecule (about 20 s)'
	@molecule test --scenario-name health
	@tests/acceptance/run
	@tests/compat

.PHONY: lint
lint: setup ## Check style, types, roles and scripts
	@echo '==> Checking style and types'
	@ruff check . && ruff format --check --quiet .
	@mypy -p ansible_collections.runbook.ops.plugins && mypy tests
	@yamllint --strict .
	@shellcheck --external-sources $(SCRIPTS)
	@echo '==> Checking roles and playbooks (about 20 s)'
	@ANSIBLE_HOME=$(CURDIR)/.ansible ansible-lint --strict  # never a copy in the user's own home
	@antsibull-changelog lint

.PHONY: unit
unit: setup ## Run the unit and contract tests with their coverage
	@echo '==> Running unit and contract tests'
	@tests/unit/run

.PHONY: sanity
sanity: setup ## Run the sanity and integration tests of ansible-test
	@echo '==> Running ansible-test sanity (about 90 s the first time)'
	@tests/ansible-test sanity
	@echo '==> Running ansible-test integration'
	@tests/ansible-test integration

.PHONY: package
package: setup ## Build the collection, install it elsewhere, read its documentation
	@tests/package

.PHONY: bench
bench: lab ## Measure against the peers, and write docs/benchmarks.md
	@tests/benchmarks/run
