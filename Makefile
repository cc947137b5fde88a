# Every target does its own set-up: Python >= 3.11, pip, make and git are all that it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
LOCAL := .local

.DEFAULT_GOAL := help
.PHONY: help setup demo up down invoke test lint format docs audit bench deploy console-vendor lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: $(VENV)/.ready $(LOCAL)/emulator/.ready $(LOCAL)/sam/.ready ## everything for development, in .venv and .local

$(VENV)/.ready: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Touchline needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.13 …"; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	@test -x $(UV) || $(BIN)/pip install --quiet --disable-pip-version-check uv
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
	@$(BIN)/python -m touchline.attribution.engine.compiled >/dev/null
	@touch $@

# The emulator and the SAM CLI live apart: their pins clash with the newest of the libraries.
$(LOCAL)/%/.ready: requirements/%.txt | $(VENV)/.ready
	@test -x $(LOCAL)/$*/bin/python || $(PYTHON) -m venv --without-pip $(LOCAL)/$*
	@$(UV) pip sync --quiet --python $(LOCAL)/$*/bin/python --require-hashes $<
	@touch $@

demo: setup ## the whole product in one go: deploy locally, real journeys in, the night, postbacks out
	@$(BIN)/python -m local.demo $(ARGS)

up: setup ## a local stack that stays up; prints its URL and an admin token
	@$(BIN)/python -m local.up $(ARGS)

down: setup ## stop it
	@$(BIN)/python -m local.down $(ARGS)

invoke: setup ## one event under Lambda's own runtime, over the stack of `make up`: EVENT=events/…
	@$(BIN)/python -m local.invoke $(EVENT) $(ARGS)

test: lint ## every check there is
	$(BIN)/python -m local.audit
	$(BIN)/pytest tests/unit tests/contract tests/handlers tests/system -n auto --maxprocesses 4 --dist loadfile -q
	$(BIN)/pytest tests/e2e -q

lint: setup ## format, lint, types, import rules, template
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/bandit -q -r layers functions cli local docs benchmarks -ll
	$(BIN)/cfn-lint template.yaml
	SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 $(LOCAL)/sam/bin/sam validate --lint

format: setup ## put the sources in form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: setup ## the pages that are made from the code
	@for page in openapi reasons data_model reliability costs performance_engine; do $(BIN)/python -m docs.$$page; done

audit: setup ## known holes in what is locked (asks the advisory service)
	@$(BIN)/python -m local.audit --must-answer

bench: setup ## every benchmark: a table here, figures in benchmarks/results/latest.json
	@$(BIN)/python -m benchmarks

deploy: setup ## to AWS, with samconfig.toml (STAGE=dev, stage or prod); guided the first time
	@$(BIN)/python -m local.deploy $(STAGE)

console-vendor: setup ## fetch the console's pinned chart libraries again (needs npm)
	@$(BIN)/python -m local.vendor

lock: $(VENV)/.ready ## pin what requirements/*.in ask for
	cd requirements && for list in *.in; do ../$(UV) pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-header --no-emit-index-url -o $${list%.in}.txt $$list; done

clean: down ## forget everything that was built or installed here
	rm -rf $(VENV) $(LOCAL) .aws-sam
