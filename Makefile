# busyhour: `make run` shows the job done, `make test` is what CI runs. `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/sh

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
NAME   ?=
WORKERS ?= 4

.PHONY: help install run test generate lint test-slow contracts bench truth mutation clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: $(STAMP) ## make the virtual environment with the pinned dependencies

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "busyhour needs Python 3.11 or newer; '$(PYTHON)' is older. Name another one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 2; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "python3 has no venv module here. On Debian: apt-get install python3-venv" >&2; exit 2; }
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

run: install ## run scenarios/helpdesk.toml on the embedded emulator and write a report
	$(BIN)/busyhour run scenarios/helpdesk.toml

generate: install ## write every file that is made from code or data (pages of rules, schemas, reference of commands)
	$(BIN)/python tools/generate.py

lint: install ## ruff, mypy --strict, import-linter, generated files, the project's wording
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/generate.py --check
	$(BIN)/python tools/words.py

test: lint ## what CI runs: lint and every test that is not marked slow
	$(BIN)/pytest -q -n $(WORKERS) --dist worksteal -m 'not slow'

test-slow: install ## the tests marked slow
	$(BIN)/pytest -q -m slow

contracts: install ## check the example's flows, statically
	$(BIN)/busyhour check examples/helpdesk/flows

bench: install ## run benchmarks/NAME.py, or all of them: make bench NAME=machine_steps
	@set -e; for file in $(if $(NAME),benchmarks/$(NAME).py,$(sort $(wildcard benchmarks/*.py))); do \
	  echo "== $$file"; $(BIN)/python $$file; done

truth: install ## many plans by forecast, simulation, run and an independent model, side by side; about 7 minutes
	PYTHONPATH=benchmarks $(BIN)/python -m truth
	PYTHONPATH=benchmarks $(BIN)/python -m truth.verdicts

mutation: install ## small mutants of what computes needs, limits and verdicts against the nearest tests; slow
	nice -n 10 $(BIN)/python tests/mutation/run.py

clean: ## remove the virtual environment, caches and runs
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis reports/out
