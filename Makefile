# Each target sets up .venv from the lock files first; a second call does not install again.
PYTHON ?= python3
VENV   := .venv
RUN    := $(VENV)/bin/python
PIP    := $(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes

.PHONY: provision teardown test test-all lint schema docs lock clean

provision: $(VENV)/.lab
	$(RUN) -m provision $(ARGS)

teardown: $(VENV)/.lab
	$(RUN) -m teardown $(ARGS)

# One more than there are processors: a test often waits for the sandbox, or the sandbox for a function.
WORKERS := $(shell expr 1 + `getconf _NPROCESSORS_ONLN`)
PYTEST := $(RUN) -m pytest --numprocesses $(WORKERS) --maxprocesses 4 --dist loadfile --no-loadscope-reorder

test: $(VENV)/.dev
	$(PYTEST) -m "not thorough" $(ARGS)

# With what takes minutes: a command killed at each of its calls, and the like.
test-all: test
	$(PYTEST) -m thorough $(ARGS)

lint: $(VENV)/.dev
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

# The editors' schema of config.yaml, from the model.
schema: $(VENV)/.lab
	$(RUN) -c 'from stack.config import schema_text; print(schema_text(), end="")' > config.schema.json

# docs/sandbox.md's table of what is imitated, from the conformance tests.
docs: $(VENV)/.lab
	$(RUN) -m tests.conformance.table

# Newer versions of everything; needs uv on the PATH.
COMPILE := uv pip compile --quiet --universal --upgrade --generate-hashes --python-version 3.11 \
	--no-emit-index-url --no-annotate --no-header
lock:
	$(COMPILE) pyproject.toml --output-file requirements.lock
	$(COMPILE) --group dev --constraint requirements.lock --output-file requirements-dev.lock

clean:
	rm -rf $(VENV) .sandbox .pytest_cache .mypy_cache .ruff_cache

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.13")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.lab: requirements.lock | $(VENV)/.python
	@echo "installing packages into $(VENV), about half a minute"
	$(PIP) -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.lab
	$(PIP) -r requirements-dev.lock
	@touch $@
