# Every target does its own set-up; a second run skips what is done. ARGS passes options on.
#   make serve ARGS="--listen :8080 --data /srv/tollway"      make test ARGS="tests/unit -k token"
.POSIX:
.PHONY: serve test test-all coverage test-real bench chaos scale lint fmt screenshots docs lock clean help

ARGS =
NOT_IN_TEST_ALL = not chaos and not scale and not real_model
NOT_IN_TEST = not slow and $(NOT_IN_TEST_ALL)
PYTEST = .venv/bin/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder

help: ## this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /|/' | awk -F'|' '{ printf "make %-12s %s\n", $$1, $$2 }'

serve: ## set up and run the gateway and the console
	@sh scripts/setup.sh run
	@exec .venv/bin/tollway serve $(ARGS)

test: ## set up and run the tests that CI runs (under ten minutes on two cores)
	@sh scripts/setup.sh dev
	@$(PYTEST) -m "$(NOT_IN_TEST)" $(ARGS)

test-all: ## everything but the real model: slow tests, chaos, lint, coverage gates
	@sh scripts/setup.sh dev
	@$(MAKE) --no-print-directory lint
	@$(PYTEST) -m "$(NOT_IN_TEST_ALL)" $(ARGS)
	@$(MAKE) --no-print-directory coverage
	@$(MAKE) --no-print-directory chaos

coverage: ## how much of the code the tests run, and the gates of that (seven minutes on two cores)
	@sh scripts/setup.sh dev
	@.venv/bin/python scripts/check_coverage.py $(ARGS)

test-real: ## a small real language model and embedding server behind the gateway
	@sh scripts/setup.sh real
	@.venv/bin/python -m pytest -m real_model $(ARGS)

chaos: ## kill processes under load and count what is lost
	@sh scripts/setup.sh dev
	@.venv/bin/python -m pytest -m chaos tests/chaos $(ARGS)

scale: ## a million tokens: how long lists, searches and acts on all of them take
	@sh scripts/setup.sh dev
	@.venv/bin/python -m pytest -s -m scale tests/scale $(ARGS)

bench: ## speed side by side with nginx
	@sh scripts/setup.sh dev
	@.venv/bin/python -m bench.speed $(ARGS)

lint: ## ruff, mypy --strict, import contracts
	@sh scripts/setup.sh dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

fmt: ## format the code and mend what can be mended
	@sh scripts/setup.sh dev
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

docs: ## write the generated pages of docs/ anew
	@sh scripts/setup.sh dev
	.venv/bin/python scripts/generate_docs.py

screenshots: ## pictures of the dashboard, into screenshots/
	@sh scripts/setup.sh dev
	.venv/bin/python scripts/screenshots.py $(ARGS)

lock: ## write requirements/*.lock anew; ARGS="name …" raises only those
	@sh scripts/lock.sh $(ARGS)

clean: ## remove everything that was made, but not data/
	rm -rf .venv dist build screenshots src/tollway/_ui ui/node_modules ui/dist tests/node/node_modules
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
