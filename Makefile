# Every verb of the project. `make demo` and `make test` are all that a newcomer needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: setup demo test check bench clean

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable ".[test,dev,load]"
	touch $@

demo: setup
	$(BIN)/ncpeh demo

test: setup
	$(BIN)/pytest -n auto --dist loadfile

check: setup
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: setup
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) reports/out build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
