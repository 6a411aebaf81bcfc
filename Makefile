# Each target makes its own virtual environment, once. pip finds packages as you configured it.

VENV := .venv
BIN := $(VENV)/bin
BASE := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
SUITABLE := import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3.11 python3; do \
	if $$p -c '$(SUITABLE)' >/dev/null 2>&1; then echo $$p; break; fi; done)

# One thread per process: the tests and the sampled engine run in several processes.
export OMP_NUM_THREADS := 1
export MPLBACKEND := Agg

SPHINX := -a -W --keep-going -n -q -j auto

.DEFAULT_GOAL := help
.PHONY: demo check test bench docs notebooks site screenshots pictures gallery lint browser dist
.PHONY: release clean help

demo: $(BASE) ## run the demonstration
	$(BIN)/qnet study reach --out results/demo

check: lint ## lint, check types, run the tests of every day (tests/daily.txt)
	$(BIN)/python -m pytest -n 2 -m "not slow" @tests/daily.txt

test: lint browser ## lint, check types, run all tests and examples
	$(BIN)/python -m pytest -n 2 --dist loadgroup --doctest-modules tests qnet protocols experiments

bench: $(DEV) ## run the benchmarks
	$(BIN)/python -m experiments.benchmarks

notebooks: $(DEV) ## execute the notebooks for the site (those that have changed), before make docs
	$(BIN)/python docs/_ext/executed.py

docs: $(DEV) ## build the site in docs/_build/html
	$(BIN)/sphinx-build $(SPHINX) docs docs/_build/html

site: $(DEV) ## build the site with the pages of qnet explore; EXPLORE=--quick takes few settings
	$(BIN)/sphinx-build $(SPHINX) -t explore docs docs/_build/html
	$(BIN)/qnet explore --static docs/_build/html/explore $(EXPLORE)

screenshots: $(DEV) browser ## take the screenshots of the site anew; NAMES="explore.png" some
	$(BIN)/python -m tests.site_pictures screenshots $(NAMES)

pictures: $(DEV) ## make the pictures of the site anew that its own commands make
	$(BIN)/python -m tests.site_pictures pictures $(NAMES)

gallery: $(DEV) ## run studies in full for their pictures; an hour, NAMES="gallery/reach.png" less
	$(BIN)/python -m tests.site_pictures gallery $(NAMES)

lint: $(DEV) ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

browser: ## find a browser for the tests of qnet explore; as root, install one
	@if command -v chromedriver >/dev/null && { command -v chromium || command -v chromium-browser \
		|| command -v google-chrome; } >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		{ apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y \
			--no-install-recommends chromium chromium-driver; } >/dev/null 2>&1 \
		|| echo "No browser could be installed: the tests of qnet explore in one are skipped."; \
	fi

dist: $(DEV) ## build the source distribution, and from it the wheel, in dist/
	$(BIN)/python -m build --no-isolation

release: $(DEV) ## write the section of this version into CHANGELOG.md, from changelog.d
	$(BIN)/python -m tests.release

clean: ## remove the virtual environment, caches and build products
	rm -rf $(VENV) build dist docs/_build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 22

$(BIN)/python:
	@if ! "$(PYTHON)" -c '$(SUITABLE)' >/dev/null 2>&1; then \
		echo "Python 3.11 or newer with the venv module is needed, and" \
			"$(if $(PYTHON),$(PYTHON) is not,none was found as python3.11 or python3)." \
			"Install one, or say make PYTHON=/path/to/python." >&2; \
		exit 1; \
	fi
	"$(PYTHON)" -m venv $(VENV)

$(BASE): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install -e .
	touch $@

$(DEV): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install -e '.[dev]'
	touch $(BASE) $@
