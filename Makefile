# Everything one does here, one word each: `make help`.
# PYTHON=python3.12 chooses the interpreter, s=<service> one service, args='…' goes to the program behind the word.

# What Python compiled is kept, whatever the shell says: a suite starts many processes.
unexport PYTHONDONTWRITEBYTECODE

SHELL := /bin/sh
BIN := .venv/bin
args ?=
seed ?= demo
.DEFAULT_GOAL := help
.PHONY: help up check format lint types imports gates test suite service test-foreign test-slow bench cover \
  shape requirements map status notices lock vendor clean

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | while IFS='|' read -r word text; do \
	  printf '  %-14s %s\n' "$$word" "$$text"; done

# --- Run it

up: .venv/.run ## Start the platform on this machine: own environment, database, demo academy
	@exec $(BIN)/suuupra up --seed $(seed) $(args)

# --- Environment: .run holds what the product needs, .dev what the tests need beside it

MADE_BY := deploy/venv.sh deploy/install.py pyproject.toml

.venv/.run: requirements.lock $(MADE_BY)
	@PYTHON="$(PYTHON)" sh deploy/venv.sh $<
	@touch $@

.venv/.dev: requirements-dev.lock requirements.lock $(MADE_BY)
	@PYTHON="$(PYTHON)" sh deploy/venv.sh $<
	@touch .venv/.run $@

# --- Gates, each in seconds

check: .venv/.dev ## The static gates: format, lint, types, imports, sizes, words, requirement marks
	@$(MAKE) --no-print-directory -k -j2 -O format lint types imports gates

format: .venv/.dev
	@$(BIN)/ruff format --check --quiet . || { echo "format: run $(BIN)/ruff format"; exit 1; }
	@echo "format: kept"

lint: .venv/.dev
	@$(BIN)/ruff check --quiet . && echo "lint: kept"

types: .venv/.dev
	@$(BIN)/mypy --no-error-summary && echo "types: kept"

imports: .venv/.dev
	@$(BIN)/lint-imports --no-logo > .venv/imports.txt || { cat .venv/imports.txt; exit 1; }
	@sed -n 's/^Contracts:/imports:/p' .venv/imports.txt

gates: .venv/.dev
	@$(BIN)/python -m tests.gates

# --- Tests

test: .venv/.dev ## The gates and the suite; with s=<service> the tests of that service alone
ifdef s
	@$(MAKE) --no-print-directory service
else
	@$(MAKE) --no-print-directory check; gates=$$?; \
	$(MAKE) --no-print-directory suite; suite=$$?; \
	[ $$gates = 0 ] || echo "A gate is broken: see above the tests."; \
	[ $$gates = 0 ] && [ $$suite = 0 ]
endif

suite: .venv/.dev
	@sh deploy/chromium.sh; browser=$$?; \
	$(BIN)/python -m pytest -n 4 --dist worksteal $(args); suite=$$?; \
	[ $$browser = 0 ] || echo "The browser tests did not run: see the line about Chromium above."; \
	[ $$suite = 0 ] && [ $$browser = 0 ]

service: .venv/.dev
	@$(BIN)/python -m pytest tests/services/$(s) $(args)

test-foreign: .venv/.dev ## Foreign clients and servers (Node, Java); skipped with the reason where a tool is absent
	@sh deploy/lane.sh foreign $(args)

test-slow: .venv/.dev ## What is too long for the suite: memory, many sockets, many kills
	@sh deploy/lane.sh slow $(args)

bench: .venv/.dev ## Every benchmark; each prints a ratio measured in one run
	@failed=0; for file in benchmarks/[a-z]*.py; do \
	  [ -e "$$file" ] || { echo "No benchmark yet."; break; }; \
	  $(BIN)/python -m "benchmarks.$$(basename "$$file" .py)" $(args) || failed=1; done; exit $$failed

cover: .venv/.dev ## Branch coverage of the kernel, 95 % at least
	@rm -f .coverage .coverage.*
	@$(BIN)/coverage run -m pytest -n 2 -q $(args)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --include='src/suuupra/kernel/*' --fail-under=95

# --- Tables and files that are written, not typed

shape: .venv/.dev ## Medians and caps of files, functions, parameters, pages
	@$(BIN)/python -m tests.gates shape

requirements: .venv/.dev ## Requirements without a test; writes docs/status.md
	@$(BIN)/python -m tests.gates requirements

map: .venv/.run ## Tiers, ports, events and routes as wired; writes docs/map.md
	@$(BIN)/suuupra map > .venv/map.md && cp .venv/map.md docs/map.md && echo "docs/map.md is written"

contracts: .venv/.dev ## OpenAPI, event schemas, settings example, map: written anew from the code
	@SUUUPRA_REWRITE_CONTRACTS=1 $(BIN)/pytest -q tests/contracts -p no:randomly

notices: .venv/.dev ## THIRD_PARTY.md from the packages' own words
	@$(BIN)/python -m tests.gates notices

lock: ## Both lock files, with hashes for Python 3.11 to 3.14 (needs uv)
	@sh deploy/lock.sh

vendor: ## The browser's libraries, icons and fonts from npm (needs Node)
	@sh deploy/vendor.sh

clean: ## Remove the environment and caches; the data in var/ stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage .coverage.*
