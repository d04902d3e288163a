# `make run` and `make test` each set up what they need; everything lives in .venv.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

# durable_rules calls PyEval_CallObject, which Python 3.13 removed; PyObject_CallObject is its equal.
export CPPFLAGS += -DPyEval_CallObject=PyObject_CallObject
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test check bench translations clean dev

run: $(VENV)/run.stamp
	@$(BIN)/certdoctor $(ARGS)

test: $(VENV)/dev.stamp
	@$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/dev.stamp
	$(BIN)/ruff check certdoctor tests migrations scripts bench
	$(BIN)/ruff format --check certdoctor tests migrations scripts bench
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/certdoctor kb check

bench: $(VENV)/dev.stamp
	@$(BIN)/python -m bench $(ARGS)

translations: $(VENV)/dev.stamp
	@$(BIN)/python scripts/translations.py

dev: $(VENV)/dev.stamp

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "certdoctor needs Python 3.11 or later; name one: make run PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: $(VENV)/bin/python pyproject.toml
	@$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/bin/python pyproject.toml
	@$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/run.stamp
