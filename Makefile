# Python 3.11 or 3.12 and make are all this needs. Plain `make` lists what it can do.
.DEFAULT_GOAL := help
PY ?= $(shell for p in python3.11 python3.12 python3 python; do \
	$$p -c 'import sys; sys.exit(not (3,11) <= sys.version_info[:2] <= (3,12))' >/dev/null 2>&1 && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
export DO_NOT_TRACK = 1
export PREFECT_SERVER_ANALYTICS_ENABLED = false

.PHONY: help setup demo test lint bench server deploy lock clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

$(BIN)/python:
	@test -n "$(PY)" || { echo "dfe-returns needs Python 3.11 or 3.12. Install one (python.org, your software centre, or the system's package manager) and run make again, or name it: make PY=/path/to/python3.12"; exit 2; }
	$(PY) -m venv $(VENV)

$(VENV)/.stamp: requirements.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m pip check --disable-pip-version-check
	@touch $@

setup: $(VENV)/.stamp  ## make the environment from requirements.lock

demo: setup  ## both returns for the fictional authority Fernshire, into ./dfe-returns-demo
	$(BIN)/dfe-returns demo

test: setup  ## the whole test suite
	$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: setup  ## style and types
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: setup  ## the benchmark tables of the README
	$(BIN)/python -m benchmarks

server: setup  ## Prefect server and worker on this machine, without Docker
	$(BIN)/python -m flows.server

deploy: setup  ## put the flows on a running Prefect server
	$(BIN)/python -m flows.server --only deploy

lock:  ## make requirements.lock again from requirements.in (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --generate-hashes requirements.in -o requirements.lock

clean:  ## remove the environment and what the demo made
	rm -rf $(VENV) dfe-returns-demo
