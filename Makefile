# `make` alone lists what can be done. Every target sets up the machine first: .venv, the pinned requirements, this project.
PYTHON ?= python3
PORT ?= 8501
HOST ?= localhost
PROCESSES ?= 1
METHOD ?=
WORKERS ?= 0
PROCESSORS ?=
ARGS ?=
VENV := .venv
# Threads that wait for a busy processor would spin, and slow everything else on the machine.
export OMP_WAIT_POLICY ?= PASSIVE

BIN := $(VENV)/bin
RUN := $(BIN)/python
PARALLEL := -n auto --maxprocesses 4 --dist loadgroup --no-loadscope-reorder
NOTEBOOKS := --nbval --nbval-current-env --nbval-cell-timeout=180

.DEFAULT_GOAL := help
.PHONY: help app lab test test-slow test-processors check bench load tables claims pictures lock data lint clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | while IFS="$$(printf '\t')" read -r target what; do printf '  make %-15s %s\n' "$$target" "$$what"; done

# A class computes many things at once: one thread each is faster than all threads for each in turn.
ifneq ($(HOST),localhost)
app: export OMP_NUM_THREADS ?= 1
ifneq ($(METHOD),)
$(warning METHOD is left out: with HOST given, others can open the app, and nobody's code is loaded for them)
endif
endif
# What is one's own: make app MODEL=mynets:resnet20 CLASSES=classes.txt PICTURES=photos METHOD=mymethods:my_ig
$(foreach name,METHOD MODEL CLASSES WEIGHTS SIZE MEAN STD PICTURES,$(eval app: export XAI_$(name) ?= $$($(name))))
app: $(VENV)/.app ## open the app at http://localhost:8501 (PORT=8502: another port; HOST=0.0.0.0: for a class on this network; PROCESSES=2: several behind nginx; MODEL=mynets:resnet20, PICTURES=FOLDER, METHOD=mymethods:my_ig: with your own)
	@$(RUN) -c "import socket, sys; s = socket.socket(); sys.exit(s.connect_ex(('127.0.0.1', $(PORT))) == 0 and 'Port $(PORT) is taken by another program. Stop it, or choose another port: make app PORT=8502')"
ifeq ($(PROCESSES),1)
	$(RUN) -m streamlit run app/serve.py --server.port $(PORT) --server.address $(HOST)
else
	$(RUN) -m deploy.serve --processes $(PROCESSES) --port $(PORT) --host $(HOST)
endif

lab: $(VENV)/.app ## open the notebooks in JupyterLab
	$(RUN) -m jupyterlab notebooks

# Tests and notebooks in one run, so that no processor waits for the other's end; one thread a process is enough then.
test test-slow check: export OMP_NUM_THREADS = 1

test: $(VENV)/.test lint ## style, types, every test but the slow ones, every notebook (ten minutes on two processors)
	$(RUN) -m pytest $(PARALLEL) $(NOTEBOOKS) -m "not slow" tests notebooks

test-slow: $(VENV)/.test ## the tests that are slow by nature: builds, hostile links on every page, 30,000 harmed uploads, kill -9
	$(RUN) -m pytest $(PARALLEL) -m slow tests

test-processors: $(VENV)/.test ## the same as other processors would print it (hours; PROCESSORS="sse avx2": only these)
	$(RUN) -m tests.measure.processors $(PROCESSORS)

check: $(VENV)/.test lint ## style, types, the tests of what changed since main
	$(RUN) -m tests.changed

lint: $(VENV)/.test ## style and types
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

bench: export OMP_NUM_THREADS = 1
bench: $(VENV)/.bench ## how far every method, and the field's packages, are from the passes needed (a quarter of an hour; ARGS="--networks zoo")
	$(RUN) -m tests.measure.bench $(ARGS)

load: $(VENV)/.test ## thirty readers at once: what they wait for, and whether every picture is right (PROCESSES=2, ARGS="--readers 60"; a quarter of an hour)
	$(RUN) -m tests.measure.load --processes $(PROCESSES) $(ARGS)

tables: export OMP_NUM_THREADS = 1
tables: $(VENV)/.app ## the papers' tables beside ours, from results/benchmark on (hours; stop and go on; WORKERS=4, ARGS="--hours 2")
	$(RUN) -m xai_core.benchmark --networks zoo zoo_vgg zoo_vit --images 100 --workers $(WORKERS) $(ARGS)
	$(RUN) -m xai_core.benchmark.claims results/benchmark docs/what-holds.md

claims: $(VENV)/.test ## what the UNI paper claims about paths, measured on the networks that are here (ARGS="--networks mine:network --images FOLDER")
	$(RUN) -m tests.measure.claims $(ARGS)

pictures: $(VENV)/.test ## take the README's pictures of the app in Chromium
	$(RUN) -m tests.measure.pictures

lock: $(VENV)/.test ## lock all that the requirements bring, with hashes, after a change of requirements*.txt
	$(RUN) -m tests.locking

data: $(VENV)/.app ## train every shipped network again, and explain digits for the study (CPU only; about 40 minutes)
	$(RUN) -m data.training.train
	$(RUN) -m app.labs.distancing.held_apart
	$(RUN) -m app.labs.study.explanations

clean: ## remove .venv and what tools left behind
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis

# The stamps make a second start take seconds: pip runs again only when a list of requirements has changed.
# First what is locked, each file held to its hashes; then PyTorch, which is pinned and not locked: see tests/locking.py.
$(VENV)/.app: requirements.lock requirements.txt pyproject.toml | $(VENV)/.python
	$(RUN) -m pip install --quiet --require-hashes --no-deps -r requirements.lock
	$(RUN) -m pip install --quiet -r requirements.txt
	$(RUN) -m pip install --quiet --no-deps --editable .
	@touch $@

$(VENV)/.test: requirements-test.lock requirements-test.txt $(VENV)/.app
	$(RUN) -m pip install --quiet --require-hashes --no-deps -r requirements-test.lock
	$(RUN) -m pip install --quiet -r requirements-test.txt
	@touch $@

$(VENV)/.bench: requirements-bench.txt $(VENV)/.test
	$(RUN) -m pip install --quiet --no-deps -r requirements-bench.txt
	@touch $@

$(VENV)/.python:
	@command -v $(PYTHON) >/dev/null || { echo "Python was not found. Install Python 3.11 or newer, or name it: make app PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'This needs Python 3.11 or newer; $(PYTHON) is %d.%d. Name another: make app PYTHON=python3.11' % sys.version_info[:2])"
	@echo "Setting up .venv; the first time this downloads much and takes some minutes."
	$(PYTHON) -m venv $(VENV)
	@touch $@
