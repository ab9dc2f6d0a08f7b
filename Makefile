# Two commands do everything:   make build BOARD=ulx3s   and   make test
# Both first set up what they need: Debian's packages, a virtual environment in .venv, pinned Python packages.

BOARD ?= ulx3s
BITS ?= 5
PYTHON ?= python3
BIN := .venv/bin
PINNED := -c constraints.txt

.PHONY: help build test test-all check clean system

help:
	@echo "make build BOARD=ulx3s BITS=5   the shipped model for a board, up to its bitstream in build/"
	@echo "make test                       the tests"
	@echo "make test-all                   the slow ones, too: another quarter of an hour"
	@echo "make check                      ruff and mypy"

build: .venv/base
	$(BIN)/hwgen build --bits $(BITS) --board $(BOARD)

test: .venv/test
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal

test-all: .venv/test
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal -m ""

check: .venv/test
	$(BIN)/ruff check hwgen tests rtl_tests scripts
	$(BIN)/ruff format --check hwgen tests rtl_tests scripts
	$(BIN)/mypy hwgen scripts

.venv/base: pyproject.toml constraints.txt | system
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet $(PINNED) --editable .
	@echo "preparing the FPGA tools (once, a minute or two)"
	@for tool in yosys nextpnr-ecp5 nextpnr-ice40 nextpnr-himbaechel-gowin ecppack icepack; do \
		$(BIN)/yowasp-$$tool --help >/dev/null 2>&1 || true; done
	touch $@

.venv/test: pyproject.toml constraints.txt | .venv/base
	$(BIN)/python -m pip install --quiet $(PINNED) --editable ".[teacher,train,test]"
	touch $@

system:
	@PYTHON="$(PYTHON)" sh scripts/system-packages

clean:
	rm -rf .venv build
