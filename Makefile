# busyhour: `make run` shows the job done, `make test` is what CI runs. `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/sh

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
NAME   ?=
WORKERS ?= 4
PYTHONS ?= python3.11 python3.13
TESTS  ?=
SEED   ?= 2026

.PHONY: help install run test generate lint test-slow contracts bench truth mutation mutants fuzz chaos clean test-all-pythons coverage docs

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

test-all-pythons: ## lint and tests on each Python of PYTHONS that is installed, each with an environment of its own
	@set -e; ran=; for python in $(PYTHONS); do \
	  if $$python -c 'import sys' >/dev/null 2>&1; then \
	    version=$$($$python -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	    echo "== Python $$version"; $(MAKE) test PYTHON=$$python VENV=.venv-$$version; ran=yes; \
	  else echo "== $$python is not installed: skipped"; fi; done; \
	test -n "$$ran" || { echo "none of $(PYTHONS) is installed" >&2; exit 2; }

coverage: install ## tests with the share of lines and branches that they run: a table here, pages in build/coverage
	$(BIN)/pytest -q -n $(WORKERS) --dist worksteal -m 'not slow' --cov --cov-report=term:skip-covered \
	  --cov-report=html $(TESTS)

docs: install ## the documentation as a site in build/site; fails on a broken link
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "To read it: $(BIN)/python -m http.server --bind 127.0.0.1 --directory build/site 8000"

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

mutants: install ## seeded faults on real exports, with a table of what check finds and misses: make mutants SEED=2026
	$(BIN)/python tests/mutants/run.py --seed $(SEED)

fuzz: install ## 20,000 mutated inputs for the commands that read files, and 500 as real commands: make fuzz SEED=2026
	$(BIN)/python tests/fuzz/run.py --seed $(SEED)

chaos: install ## 100 random kills, freezes and signals over run, live run, workers, emulator, report and history: make chaos SEED=2026
	nice -n 5 $(BIN)/python tests/chaos/run.py --seed $(SEED)

clean: ## remove the virtual environment, caches and runs
	rm -rf $(VENV) .venv-3.* build .coverage .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis reports/out
