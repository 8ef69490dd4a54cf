# Two commands are all that is needed: `make run` and `make test`. Each installs what it needs;
# `make help` lists the rest.
PORT ?= 8501
BIN := .venv/bin

# Python keeps what it has compiled: each start of the server takes half as long.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run install test thorough lint types check bench bench-search bench-model bench-learning bench-queue bench-console bench-pages bench-scale bench-cluster bench-formats bench-command bench-moderators bench-doors bench-side browser screenshots lock clean fuzz soak guards bench-watching bench-waits

help:           ## what there is to make
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/\1|\2/p' Makefile | while IFS='|' read -r name what; do printf '  %-17s %s\n' "$$name" "$$what"; done

run:            ## open the dashboard on 127.0.0.1 (PORT=8600 make run picks the port)
	@sh scripts/install.sh run
	@$(BIN)/claimclf serve --port $(PORT)

install:        ## .venv with the package, its command and the development tools
	@sh scripts/install.sh dev

test: install   ## the whole test suite
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

thorough: install  ## the test suite with three times as many examples of slow properties
	TESTS_THOROUGH=true $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: install
	$(BIN)/mypy

check: lint types test   ## the one gate

bench: install  ## all benchmarks, each against a reference in the same run; writes docs/benchmarks.md (an hour)
	$(BIN)/python -m benchmarks

bench-search: install   ## the search against GridSearchCV: every cell, and the ratios (half an hour)
	$(BIN)/python -m benchmarks.search

bench-model: install   ## every figure of the models; writes docs/model-report.md (an hour, with ARGS="--keep-stress" half of it; --out-of-domain FILE)
	$(BIN)/python -m benchmarks.model $(ARGS)

bench-learning: install   ## what decisions teach, and a simulated team at work: curves, what pages say and what is so (half an hour; ARGS="--orders 3")
	$(BIN)/python -m benchmarks.learning $(ARGS)
	$(BIN)/python -m benchmarks.team

bench-watching: install   ## intervals of what is missed, certificates, false alarms, what is found (ten minutes; ARGS="--runs 300 --batches 50")
	$(BIN)/python -m benchmarks.watching $(ARGS)

bench-queue: install   ## the shared queue at a million open cases, and while uploads come in, on both databases (ARGS="--open 20000 --rows 5000 --file-rows 5000")
	$(BIN)/python -m benchmarks.queue
	$(BIN)/python -m benchmarks.uploads $(ARGS)

bench-console: install   ## from a key to the next case, at a million open cases, in a browser
	$(BIN)/python -m benchmarks.console

bench-pages: install   ## what each page costs the server, beside an empty page, at a million cases
	$(BIN)/python -m benchmarks.pages

bench-scale: install   ## files of any size: time, memory, growth (half an hour)
	$(BIN)/python -m benchmarks.scale

bench-formats: install   ## NDJSON as a program writes it, beside the same videos as CSV (ARGS="--rows 10000000 --turns 1")
	$(BIN)/python -m benchmarks.formats $(ARGS)

bench-command: install   ## the whole command from the shell beside the notebook's steps (ARGS="--rows 100000 --turns 3 --before FOLDER")
	$(BIN)/python -m benchmarks.command $(ARGS)

bench-cluster: install   ## two Dask workers beside one (five minutes)
	$(BIN)/python -m benchmarks.cluster

bench-moderators: install   ## sixteen moderators for five minutes: decisions, errors, memory
	$(BIN)/python -m benchmarks.moderators

bench-doors: install   ## sixteen moderators beside a thousand reports a second, on both databases (ten minutes; ARGS="--database SQLite")
	$(BIN)/python -m benchmarks.both_doors $(ARGS)

guards: install   ## remove each guard of the source, one at a time, and see that a test fails (half an hour)
	$(BIN)/python -m tests.house.removed_guards $(ARGS)

fuzz: install   ## damaged files of every format for the readers (ARGS="--n 100000 --seed 1")
	$(BIN)/python -m tests.dataset.fuzzing $(ARGS)

soak: install   ## eight hours of a simulated team in ten minutes, with crashes, on both databases (ARGS="--minutes 10")
	$(BIN)/python -m benchmarks.soak $(ARGS)

browser:        ## Debian's Chromium and nginx, for the tests that drive a browser
	sh scripts/browser.sh

bench-waits: install   ## what people wait for in a browser, beside another build (BEFORE=folder of its checkout)
	$(BIN)/python -m benchmarks.waits $(BEFORE)

bench-side: install   ## pages and key to next case beside another build (BEFORE=folder of its checkout)
	$(BIN)/python -m benchmarks.side_by_side $(BEFORE)

screenshots: install   ## a picture of every page, for the README
	$(BIN)/python -m tests.browser.screenshots

lock: install   ## pin the dependencies anew
	sh scripts/lock.sh

clean:
	rm -rf .venv
