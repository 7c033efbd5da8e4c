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
lab: setup ## Start the lab on this machine; PLATFORMS=liyaqa,spotex starts those alone
	@tests/lab/up $(PLATFORMS)

.PHONY: lab-down
lab-down: ## Remove the lab; PURGE=1 removes its images and its engine's data too
	@tests/lab/down $(if $(filter 1,$(PURGE)),--purge)

.PHONY: demo
demo: PLATFORMS = liyaqa
demo: lab ## Run the daily maintenance on the lab, break the platform, and run it again
	@tests/demo

.PHONY: test
test: lint ## Run every test, on a new lab
	@$(MAKE) --no-print-directory lab-down
	@$(MAKE) --no-print-directory lab
	@echo '==> Running the tests that judge how long something takes (about 2 min)'
	@tests/unit/run alone
	@echo '==> Running the playbooks twice with molecule (about 1 min)'
	@molecule test --scenario-name health
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=line test-liyaqa test-code test-equipment
	@tests/acceptance/run every-host

# Side by side: what works on one host of the lab, what needs no lab, and what works on another host.
.PHONY: test-liyaqa test-code test-equipment
test-liyaqa:
	@tests/acceptance/run liyaqa
test-code:
	@tests/unit/run together
	@$(MAKE) --no-print-directory sanity package
test-equipment:
	@tests/acceptance/run equipment
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

.PHONY: docs
docs: setup ## Write the pages of docs/platforms from the inventories
	@python docs/platforms/generate.py

.PHONY: bench
bench: lab ## Measure against the peers, and write docs/benchmarks.md
	@tests/benchmarks/run
