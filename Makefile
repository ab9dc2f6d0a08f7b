# Two commands do everything:   make build BOARD=ulx3s   and   make test
# Both first set up what they need: a virtual environment in .venv with pinned Python packages, compiler and FPGA tools
# among them. Of the system they need Python with venv; the tests run Icarus Verilog, too.

BOARD ?= ulx3s
BITS ?= 5
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check -c constraints.txt

.PHONY: help build test test-all check docs clean

help:
	@echo "make build BOARD=ulx3s BITS=5   the shipped model for a board, up to its bitstream in build/"
	@echo "make test                       the tests"
	@echo "make test-all                   the slow ones, too: another quarter of an hour"
	@echo "make check                      ruff and mypy"
	@echo "make docs                       the documentation as a site, in site/"

build: .venv/base
	$(BIN)/hwgen build --bits $(BITS) --board $(BOARD)

test: .venv/test
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal

test-all: .venv/test
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal -m ""

check: .venv/test
	$(BIN)/ruff check hwgen tests rtl_tests scripts examples
	$(BIN)/ruff format --check hwgen tests rtl_tests scripts examples
	$(BIN)/mypy hwgen scripts

docs: .venv/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

.venv/base: pyproject.toml constraints.txt
	@PYTHON="$(PYTHON)" sh scripts/system-packages
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) --editable .
	touch $@

.venv/test: pyproject.toml constraints.txt | .venv/base
	@PYTHON="$(PYTHON)" sh scripts/system-packages iverilog
	$(PIP) --editable ".[teacher,train,test]"
	touch $@

.venv/docs: pyproject.toml constraints.txt | .venv/base
	$(PIP) --editable ".[docs]"
	touch $@

clean:
	rm -rf .venv build site
