# Entry points; each is one script in dev/. 'make help' lists them.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
SHELL := bash

.PHONY: help demo test lint shell psql update bench test-core lock lock-check wheel pot looks pictures clean-demo clean

help: ## this list
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/\1\t\2/p' Makefile | expand -t 14

demo: ## serve the demo at http://127.0.0.1:8069 (PORT=…), mail kept as files; Ctrl-C ends it
	@dev/demo.sh

test: ## run all tests, browser included; ARGS="…" goes to pytest, KEEP_DB=1 keeps the database
	@dev/test.sh $(ARGS)

lint: ## all quality checks; ARGS="…" goes to dev/lint.sh
	@dev/lint.sh $(ARGS)

shell: ## Odoo's shell on the demo database, or on DB=…
	@dev/shell.sh $(DB)

psql: ## psql on the demo database, or on DB=…
	@dev/psql.sh $(DB)

update: ## upgrade our addons in the demo database and in kept test databases
	@dev/update.sh

bench: ## measure; ARGS="…" goes to dev/bench
	@dev/bench/run.sh $(ARGS)

test-core: ## Odoo's own tests with and without our addons (half an hour); TAGS="/account:TestX" for fewer
	@dev/test-core.sh $(TAGS)

lock: ## make dev/requirements.txt from dev/requirements.in; ARGS="-U" takes newer versions
	@dev/lock.sh $(ARGS)

lock-check: ## check that the lock file fits Python 3.10 to 3.13
	@dev/lock-check.sh

wheel: ## build a wheel of each addon into dist/; ARGS="…" goes to dev/wheel.sh
	@dev/wheel.sh $(ARGS)

pot: ## write the translation templates; ARGS="…" goes to dev/pot.sh
	@dev/pot.sh $(ARGS)

looks: ## render what customers get, each level and language, to look at; LANGS=… LETTERS=0 for less
	@dev/looks.sh

pictures: ## take the pictures of README and app page anew; NAMES="run notice" for a few
	@dev/pictures.sh $(NAMES)

clean-demo: ## remove the demo database; the next 'make demo' builds it anew
	@dev/clean.sh demo

clean: ## remove .env; CACHE=1 removes the cache that checkouts share, too
	@dev/clean.sh $(if $(CACHE),cache)
