# SPDX-License-Identifier: GPL-3.0-or-later
# Every command of the project. `make` alone lists them.

SHELL := /bin/bash
.DEFAULT_GOAL := help

.PHONY: help
help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Set up the development tools in .venv
	@tests/setup

.PHONY: lab
lab: setup ## Start the lab: real hosts and platforms on this machine
	@tests/lab/up

.PHONY: lab-down
lab-down: ## Remove the lab; PURGE=1 removes its images and its engine's data too
	@tests/lab/down $(if $(filter 1,$(PURGE)),--purge)
