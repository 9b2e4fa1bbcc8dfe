# Everything this repository can do, in a few words: `make help`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

# Whether pods run, `real` or `kwok`; else they do where they can
ifdef PODS
export SANDBOX_PODS := $(PODS)
endif

# Compiled Python starts twice as fast; a machine that forbids it would slow every plugin of every run
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test test-azure test-pods test-matrix check docs install toolchain environment fuzz chaos bench fleet speed clean

help: ## what there is
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: prepare ## deploy the example's feature branch on this machine, no cloud account; PODS=kwok runs no pods
	@$(BIN)/python -m sandbox.demo

test: prepare-all policies check ## the tests, end to end included
	@$(BIN)/python -m pytest -n 3

test-azure: prepare-all ## every environment type's whole set, and every kind of failure of Azure's, on the sandbox
	@$(BIN)/python -m pytest -m azure tests/e2e

test-pods: prepare-all ## pods that really run, at length: a node, a gateway, S3, every feature; as root, on Debian
	@SANDBOX_PODS=real $(BIN)/python -m pytest -m "pods or not pods" tests/e2e/test_real_pods.py

test-matrix: environment ## the components' tests with the lowest and the highest version of each SDK
	@$(BIN)/python -m tests.matrix

check: environment ## formatting, types, import rules, links in the docs
	@echo "==> ruff, mypy, import-linter, links"
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/mypy --no-error-summary examples/import-components
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -q tests/test_docs.py

docs: environment ## write docs/environment-types.md and docs/components.md anew, after a change of what they are made from
	@$(BIN)/python -m platform_components.settings_table
	@$(BIN)/python -m platform_components.components_page

install: $(VENV)/.python ## `pave` for use with a cloud: no sandbox, no test tools
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@$(BIN)/python -m compileall -q platform_components
	@echo "installed: $(BIN)/pave"

fuzz: environment ## 100,000 hostile inputs through the reader of Score files
	@SCORE_FUZZ=100000 $(BIN)/python -m pytest tests/score/test_fuzz.py

chaos: prepare-all ## a hundred runs of `up` and `destroy` killed at random, and twenty races of two pushes
	@KILLS=50 RACES=20 $(BIN)/python -m pytest -n 2 tests/e2e/test_killed_runs.py tests/e2e/test_races.py

bench: prepare-all ## how long each step takes, beside plain Pulumi
	@$(BIN)/python -m benchmarks.golden_path
	@$(BIN)/python -m benchmarks.ordering
	@$(BIN)/python -m benchmarks.pods

fleet: prepare-all ## fifty branch environments made, updated, listed and swept by four workers
	@$(BIN)/python -m benchmarks.fleet

speed: environment ## how long reading, matching and rendering take, start-up included
	@$(BIN)/python -m benchmarks.read
	@$(BIN)/python -m benchmarks.match
	@$(BIN)/python -m benchmarks.render

clean: ## stop the sandbox and remove what was made in this checkout
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m sandbox down --purge; fi
	@if [ -x $(BIN)/python ]; then SANDBOX_STATE=$(CURDIR)/.sandbox-bench $(BIN)/python -m sandbox down --purge; fi
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist

# The toolchain needs only the standard library, so it is built while the packages are installed.
.PHONY: prepare prepare-all
prepare:
	@$(MAKE) --no-print-directory -j2 environment toolchain

# What sandboxes of either kind need: tests use both.
prepare-all:
	@$(MAKE) --no-print-directory -j2 environment toolchain-all

# What the tests need besides; no demo waits for it.
.PHONY: policies
policies: environment
	@$(BIN)/python -m tests.policies.checkov
	@$(PYTHON) -m sandbox.toolchain yaml

toolchain:
	@$(PYTHON) -m sandbox.toolchain

.PHONY: toolchain-all
toolchain-all:
	@$(PYTHON) -m sandbox.toolchain all

environment: $(VENV)/.installed

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ": make PYTHON=python3.12 …")'
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.python requirements.txt requirements-dev.txt pyproject.toml
	@echo "==> Python packages (about a minute)"
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@$(BIN)/python -m compileall -q platform_components
	@touch $@
	@echo "==> Python packages: done"
