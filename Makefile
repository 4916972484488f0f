# Everything a fresh machine with Python >= 3.11 and make needs:
#   make demo    set up with torch, then run the whole way on simulated rooms, a tiny model's training
#                and exam included -> out/demo/report.html
#   make test    set up, then run the tests
#   make check   what CI runs first: format, lint, types, import rules, tests
#   make extras  torch, transformers, datasets, ray and others, and so the tests that need them
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.PHONY: setup extras demo test test-slow lint check format clean

setup: $(STAMP)

# One install for all targets, so that none of them surprises the next one.
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("Sextant needs Python 3.11 or newer, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt projectaria-tools || echo 'projectaria-tools has no wheel here: the tests that compare with it are skipped'
	@touch $@

EXTRAS := $(VENV)/.extras

extras: $(EXTRAS)

$(EXTRAS): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[hf,serve,hub,train,lora,export,ray,store,store-test]'
	@touch $@

# Where torch cannot be installed, the demo says so and does all the rest.
TRAIN := $(VENV)/.train

$(TRAIN): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[train]' || echo 'torch cannot be installed here: the demo trains no model'
	@touch $@

demo: $(TRAIN)
	$(BIN)/sextant demo --out out/demo

test: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-slow: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist loadfile -m slow

check: lint test

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) out .mypy_cache .ruff_cache .pytest_cache .hypothesis
