# `make install` sets everything up in this folder; every other target does that first if need be.

PYTHON ?= python3
UV := .uv/bin/uv
UV_VERSION := 0.13.9
RUN := $(UV) run --frozen

.PHONY: install demo test lint bench gas clean
.DEFAULT_GOAL := help

.PHONY: help
help:
	@echo "make install   uv, Python packages and the Vyper compiler, all below this folder"
	@echo "make demo      a season of the tournament on an embedded chain"
	@echo "make test      all tests"
	@echo "make lint      ruff and mypy"
	@echo "make bench     measure gas and renew benchmarks/gas.md"
	@echo "make gas       measure gas and compare it with the committed table"
	@echo "make clean     remove what the other targets made, except the environment"

install: .venv/installed

$(UV):
	$(PYTHON) -m venv .uv
	.uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/installed: $(UV) pyproject.toml uv.lock
	$(UV) sync --frozen
	touch $@

demo: install
	$(RUN) ape run demo

test: install
	$(RUN) pytest

lint: install
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy

bench: install
	$(RUN) python -m benchmarks.gas

gas: install
	$(RUN) python -m benchmarks.gas --check

clean:
	rm -rf .build .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache .coverage report
