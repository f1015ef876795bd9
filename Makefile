# SPDX-License-Identifier: MIT
# `make install` sets everything up in this folder; every other target does that first if need be.

PYTHON ?= python3
UV := .uv/bin/uv
UV_VERSION := 0.13.9
# Another Python has an environment of its own: `make test PYTHON=python3.13`.
VENV := .venv
ifneq ($(PYTHON),python3)
VENV := .venv-$(notdir $(PYTHON))
export UV_PYTHON := $(PYTHON)
export UV_PROJECT_ENVIRONMENT := $(VENV)
endif
RUN := $(UV) run --frozen

# Where these would write into the home otherwise.
export VVM_BINARY_PATH := $(CURDIR)/.cache/vvm
export MPLCONFIGDIR := $(CURDIR)/.cache/matplotlib

# The embedded chain hashes five times as fast with this one, a tenth of its time.
export ETH_HASH_BACKEND := pysha3

# Tests run on two workers: threads of linear algebra in each of them would wait for those of the other.
test integration commands drills: export OPENBLAS_NUM_THREADS := 1
test integration commands drills: export OMP_NUM_THREADS := 1

.PHONY: install demo fund devnet test integration commands lint coverage mutants mutants-sample faults fuzz prove static \
	drills standards economics bench gas backers rounds year page page-build page-check page-test page-acts page-screens clean
.DEFAULT_GOAL := help

.PHONY: help
help:
	@echo "make install      uv, Python packages and the Vyper compiler, all below this folder"
	@echo "make demo         a season of the tournament on an embedded chain, with a page of pictures"
	@echo "make fund         a fund on two staked crowds: trades, fees, and NMR bought of them, on an embedded chain (needs npm)"
	@echo "make devnet       a chain that stays up, with the suite on it (needs npm)"
	@echo "make page         the page, built and served beside the devnet (needs Node 20.19 and npm)"
	@echo "make page-check   the tests of the page that need no browser (needs Node 20.19 and npm)"
	@echo "make page-test    the page in a browser, on a devnet (needs Node 20.19, npm and Chromium)"
	@echo "make test         the tests of library and contracts (needs npm); with PYTHON=python3.13 on that Python"
	@echo "make integration  tests of whole flows and commands, on a live anvil (needs Node 20.19 and npm)"
	@echo "make commands     of these what moves stakes, uninterrupted and killed at every step"
	@echo "make drills       failures around a season's service, each on a live anvil (needs npm)"
	@echo "make lint         ruff and mypy"
	@echo "make coverage     what the unit tests reach in the contracts; renews docs/coverage.md (needs npm)"
	@echo "make mutants      plant faults and see whether the unit tests find them; renews docs/mutation.md (needs npm)"
	@echo "make faults       the same for the arithmetic and the reference model in Python"
	@echo "make fuzz         all state machines for ten minutes, other histories in every run (MINUTES=60 for an hour)"
	@echo "make prove        prove the arithmetic of the contracts for all inputs within stated bounds"
	@echo "make static       static analyses, against a baseline"
	@echo "make standards    suites of others on the token, and libraries of others on the chunk tree (needs npm)"
	@echo "make economics    play economic attacks on all weeks of the data and renew benchmarks/economics.md"
	@echo "make bench        measure gas and renew benchmarks/gas.md"
	@echo "make gas          measure gas and compare it with the committed table"
	@echo "make backers      measure a pool at one backer and at 10,000, and renew benchmarks/backers.md"
	@echo "make rounds       time whole rounds on anvil and renew benchmarks/rounds.md"
	@echo "make year         play a year of daily rounds on anvil and renew benchmarks/year.md (needs npm)"
	@echo "make clean        remove what the other targets made, except the environment"

# uv may take the package from its cache, which does not hold what the package's build writes here: the builds of the
# contracts, which are renewed where a source is of another state.
install: $(VENV)/installed
	@$(RUN) python -X utf8 compile_contracts.py

$(UV):
	$(PYTHON) -m venv .uv
	.uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/installed: $(UV) pyproject.toml uv.lock
	$(UV) sync --frozen
	touch $@

node_modules/.bin/anvil: package.json package-lock.json
	npm ci --no-audit --no-fund
	touch $@

tests/integration/hardhat/node_modules/.bin/hardhat: tests/integration/hardhat/package.json \
		tests/integration/hardhat/package-lock.json
	cd tests/integration/hardhat && npm ci --no-audit --no-fund
	touch $@

demo: install
	$(RUN) ape run demo

# With npm's packages, of which one is the pool that the buyback trades beside.
fund: install node_modules/.bin/anvil
	$(RUN) ape run fund

devnet: install node_modules/.bin/anvil
	$(RUN) ape run devnet

page/node_modules/.bin/vite: page/package.json page/package-lock.json
	cd page && npm ci --no-audit --no-fund
	touch $@

# What `nmr page` writes, as data of the package: build it before the wheel.
page-build: install page/node_modules/.bin/vite
	$(RUN) python -m nmr.page.abi page/src/abi.json
	cd page && npm run --silent build

# Beside a running devnet, of whose chain it takes a snapshot first.
PAGE_PORT ?= 8600
page: page-build
	$(RUN) nmr page --out .build/page --node http://127.0.0.1:8545
	@echo "The page is at http://127.0.0.1:$(PAGE_PORT)/ until Ctrl-C."
	$(RUN) python -m http.server --bind 127.0.0.1 --directory .build/page $(PAGE_PORT)

# The page's arithmetic and replay, on a snapshot of a history that the audit reports on; and the size of what is built.
page-check: page-build
	$(RUN) python -m tests.library.page.fixture page/.cache/snapshot
	cd page && npm test --silent

# The page in a Chromium that is on the machine, on a devnet with a season on it; in CI without the nodes that are slow.
page-acts: BROWSER_TESTS := views acting price
page-acts: page-test
page-test: page-build node_modules/.bin/anvil
	@test -n "$(CHROMIUM)$$(command -v chromium chromium-browser google-chrome)" \
		|| { echo "Chromium is missing: install Debian's package chromium, or name another by CHROMIUM=/path."; exit 1; }
	$(RUN) python -m tests.browser.stage npm --prefix page run --silent browser -- $(BROWSER_TESTS)

# The pictures in the docs, of that devnet.
page-screens: page-build node_modules/.bin/anvil
	$(RUN) python -m tests.browser.stage node page/bench/screens.mjs docs

# Compiled once beforehand: the workers would each do it, at the same time. The histories of the stateful tests depend on
# which modules are loaded, so they have processes of their own. Each file stays with one worker, or each scene.
test: install node_modules/.bin/anvil
	$(RUN) python -m nmr.ape.compile
	$(RUN) pytest tests/library tests/proofs -p no:ape_test -p no:boa -n 2 --dist loadfile
	$(RUN) pytest tests/stateful -n 2 --dist loadfile
	$(RUN) pytest tests/access -p no:ape_test -p no:boa -n 2 --dist loadgroup
	$(RUN) pytest tests/unit -n 2 --dist loadfile

# Whole flows and commands, many on a live anvil; each worker has ports of its own. Commands that are killed run in forks
# of their tests, which polars does not survive once it has run in the process: those tests have processes of their own.
# With the page built, which the wheel has to carry.
FLOWS := pytest -n 2 --dist loadfile
KILLED := tests/integration/test_killed.py
OPERATE := tests/integration/test_operate.py tests/integration/test_operate_drills.py
integration: page-build node_modules/.bin/anvil tests/integration/hardhat/node_modules/.bin/hardhat
	$(RUN) python -m nmr.ape.compile
	$(RUN) $(FLOWS) tests/integration --ignore $(KILLED) $(OPERATE:%=--ignore %)
	$(RUN) pytest -n 2 $(KILLED)
	$(RUN) pytest -n 2 --dist loadfile $(OPERATE)

# What goes wrong around a season's service, each on an anvil of its own; and seasons that are killed at random.
drills: install node_modules/.bin/anvil
	$(RUN) pytest -n 2 --dist loadfile $(OPERATE)

# Those of commands that move stakes or tell of them, uninterrupted and killed: with a season of one round, and without
# walks of which each command is a process of its own. And that the package carries the contracts that are deployed, and
# one cheat of each kind.
MOVING := builds bulk ill_node deployment permit resolve_command sealed_round stake_command submit_command timelock_delay tvl_command
CHEATS := tests/integration/test_red_team.py tests/integration/test_red_team_texts.py
FEW_CHEATS := 'not red_team or red_team_texts and not eth_ or \
	not red_team_texts and (genuine or Buyback or Tournament or root or eth_getProof)'
commands: install node_modules/.bin/anvil
	$(RUN) python -m nmr.ape.compile
	$(RUN) $(FLOWS) $(MOVING:%=tests/integration/test_%.py) $(CHEATS) -k $(FEW_CHEATS)
	$(RUN) pytest -n 2 $(KILLED) -k 'points or stake or resolve or drive'
	$(RUN) $(FLOWS) $(OPERATE) -k 'one_round or store_is_away or targets_are_partial or block_of_the_lock'

coverage: install node_modules/.bin/anvil
	$(RUN) python -m nmr.ape.compile
	$(RUN) python -m tests.tools.coverage --write

# Goes on where the last run stopped. A recording of the coverage tells which tests can find a fault.
MINUTES ?= 120
mutants: coverage
	$(RUN) python -m tests.tools.mutation --minutes $(MINUTES) --write

# The same faults in every run, and no recording.
mutants-sample: install node_modules/.bin/anvil
	$(RUN) python -m nmr.ape.compile
	$(RUN) python -m tests.tools.mutation --sample 8

faults: install
	$(RUN) python -m tests.tools.python_mutants

tests/standards/node_modules/.bin/forge: tests/standards/package.json tests/standards/package-lock.json
	cd tests/standards && npm ci --no-audit --no-fund
	touch $@

# Each suite in the environment that it needs; see docs/standards.md. wake finds anvil by the path. forge leaves out the
# tests that Numeraire.t.sol calls, and those that give a token another name.
standards: install node_modules/.bin/anvil tests/standards/node_modules/.bin/forge
	$(RUN) python -m tests.standards.prepare
	$(RUN) pytest tests/standards
	cd tests/standards/wake && PATH="$(CURDIR)/node_modules/.bin:$$PATH" $(CURDIR)/$(RUN) wake test --seed 4e4d52 erc20.py
	cd .build/standards/solmate && $(CURDIR)/tests/standards/node_modules/.bin/forge test \
		--match-contract '^(NumeraireTest|ERC20Invariants)$$' \
		--no-match-test '^testFail|Metadata|^test(Burn|Approve|Transfer|TransferFrom|Permit)\(.*address'

# Every machine for so many minutes, at the same time: more than `make test` plays, and other histories in every run.
fuzz: MINUTES = 10
fuzz: install
	$(RUN) python -m tests.stateful.fuzz --minutes $(MINUTES)

# What docs/proofs.md says is proved, and that planted mistakes are found. `make test` has what takes seconds of it.
prove: install
	$(RUN) python -m tests.proofs

# Findings that are not in tests/tools/static.json fail; docs/static-analysis.md has what each is worth.
static: install
	$(RUN) python -m tests.tools.static

lint: install
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy

bench: install
	$(RUN) python -m benchmarks.gas

backers: install node_modules/.bin/anvil
	$(RUN) python -m benchmarks.backers

rounds: install node_modules/.bin/anvil
	$(RUN) python -m benchmarks.rounds

# Goes on where the last run stopped.
year: install node_modules/.bin/anvil
	$(RUN) python -m benchmarks.year --write

economics: install
	$(RUN) python -m benchmarks.economics

gas: install
	$(RUN) python -m benchmarks.gas --check

clean:
	rm -rf page/.cache nmr/page/built .build .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache .coverage report
