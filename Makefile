# Wardmote: the words a newcomer needs. Python 3.11+, make and a network to the package index are enough.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help run demo setup test check lint types imports fix floors bench lock clean

help: ## Show these words.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

$(VENV)/.core: pyproject.toml constraints.txt
	@echo "Setting up Wardmote's core set in $(VENV) (a minute or two, once)."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.all: pyproject.toml constraints.txt
	@echo "Setting up every extra in $(VENV) (several minutes, once)."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --constraint constraints.txt --editable '.[postgres,detoxify,evaluate,train,dev]'
	@touch $@ $(VENV)/.core

run: $(VENV)/.core ## Start the pretend town, the daemon and the console; prints the addresses.
	@$(BIN)/wardmote demo

demo: $(VENV)/.core ## One comment's life, printed step by step, without a browser.
	@$(BIN)/wardmote demo --headless

setup: $(VENV)/.all ## Make the development environment.

test: $(VENV)/.all ## Run every test and hold branch coverage at 90 %; what a machine lacks is skipped and said.
	@$(BIN)/python -m coverage erase
	@$(BIN)/python -m coverage run -m pytest -rs
	@$(BIN)/python -m coverage combine --quiet
	@$(BIN)/python -m coverage report --skip-covered --skip-empty

floors: ## After make test, with PostgreSQL: every branch of domain and workflow was taken.
	@$(BIN)/python -m coverage report --fail-under=100 --include='monitor/domain/*,monitor/workflow/*' --skip-covered

check: lint types imports ## Lint, format, types, import contracts and the documentation's own tests.
	@$(BIN)/python -m pytest tests/architecture tests/documentation -q

lint: $(VENV)/.all ## Ruff's lint and format, read only.
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.all ## Mypy, strict.
	@$(BIN)/mypy

imports: $(VENV)/.all ## The architecture, as import-linter sees it.
	@$(BIN)/lint-imports

fix: $(VENV)/.all ## Let ruff mend what it can.
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(VENV)/.all ## Compare the costs of the main steps side by side, in one run.
	@$(BIN)/python -m tests.bench

lock: $(VENV)/.all ## Pin the newest versions that fit pyproject.toml.
	@$(PIP) install uv
	@$(BIN)/uv pip compile --quiet --upgrade --python-version 3.11 --all-extras --no-annotate --no-header \
		--find-links "$${PIP_FIND_LINKS:-.}" pyproject.toml | grep -v -- '^--' | sed 's/+cpu//' > constraints.new
	@mv constraints.new constraints.txt

clean: ## Remove what make made.
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* build dist *.egg-info
