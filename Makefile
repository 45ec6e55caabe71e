# One command per habit. Every target installs what it lacks, says what it does, and where it fails says what to do.

SHELL := /bin/bash
CARGO := $(if $(CARGO_HOME),$(CARGO_HOME),$(HOME)/.cargo)
export PATH := $(CARGO)/bin:$(PATH)
# Where the site will live, such as https://example.org/alibi/: social previews and oEmbed need the whole address.
BASE_URL ?=
# Where `make serve` serves the page.
PORT ?= 8080
# Where `make dist` leaves the site.
DIST ?= dist
# Options: for Playwright, e.g. `make browser ARGS="slopes --headed"`, or for the benchmark, `make bench ARGS="--only cpu"`.
ARGS ?=

# What `make check` builds the page into, by trunk's quick profile.
SMOKE := target/smoke
# Playwright with this config, on the built site.
PLAYWRIGHT = DIST="$(DIST)" npx --no-install playwright test --config end2end/playwright.config.ts
# Modules of the page alone, whose tests need no optimisation (src/lib.rs).
PAGE := chart:: ui::
NEEDS_DIST = @test -f "$(DIST)/index.html" || { echo "There is no $(DIST)/index.html: run 'make dist' first."; exit 1; }

.PHONY: help serve test test-long check bench train dist format-check types lock lint quick-tests smoke native-tests build-tests fresh same-numbers browser engines \
	timing pictures document

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: ## Install what is missing and serve the page while you edit it, at http://127.0.0.1:PORT
	@.ci/install serve
	@echo "==> Building the page, then serving it at http://127.0.0.1:$(PORT)/ (the first build takes some minutes, later ones some seconds)"
	@trunk serve --port $(PORT)

# The cheapest first; what holds times to their budgets last and by itself. Compilers have what of the processor browsers leave.
# The last step of compressing weights takes a minute and tells nothing.
test: export WEIGHTS_QUALITY := 5
test: ## Install what the tests need and run every test of the code and of the built page in a real browser, but the long ones
	@.ci/install test
	@node .ci/steps.mjs format-check types lock build-tests dist,same-numbers,browser,engines+native-tests,fresh timing
	@echo "==> Every test passed"

test-long: ## Run the tests that take minutes each, on an already built dist/: every model on a software GPU, long inputs, soaks
	@.ci/install engines
	$(NEEDS_DIST)
	@echo "==> What comes from outside: 100,000 random cases of each kind"
	@PROPTEST_CASES=100000 cargo test --locked --all-features --lib -- any_
	@echo "==> Long tests in a real browser"
	@$(PLAYWRIGHT) --project long $(ARGS)
	@echo "==> A slider's step in three browsers"
	@DIST="$(DIST)" node end2end/engines/run.mjs timing

check: ## Format, types, clippy (native and WASM, warnings are errors), the tests that take seconds, and the page in a browser
	@.ci/install check
	@node .ci/steps.mjs format-check types lock lint quick-tests smoke

bench: ## Measure: training and kernels natively, then kernels, engine and page in the browser (some 50 minutes)
	@.ci/install bench
	@echo "==> Training speed, kernels against composed operations"
	@cargo bench --locked --bench trainer
	@echo "==> The kernels beside candle's operations: natively, then as a WASM module of their own"
	@CARGO_TARGET_DIR=target cargo run --locked --release --manifest-path benches/kernels/Cargo.toml --bin native
	@CARGO_TARGET_DIR=target cargo build --locked --release --manifest-path benches/kernels/Cargo.toml --lib --target wasm32-unknown-unknown
	@$(MAKE) --no-print-directory dist
	@echo "==> Checking the peer's graphs, then measuring in the browser"
	@cd benches/browser && npm test --silent
	@node benches/browser/run.mjs "$(DIST)" $(ARGS)

train: ## Fetch the corpus and train every model natively (hours); resumes where it stopped
	@.ci/install rust
	@echo "==> Training into assets/models"
	@cargo run --locked --release --bin train -- all

# The files tell nothing of the machine that they were built on, and get the same names on every machine. Page and workers
# are checked together by clippy: what either leaves unused is an error here.
dist: export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS := --remap-path-prefix=$(CARGO)/registry/src=/crates -Dwarnings
# The page in two files (build.rs).
dist: export ALIBI_SPLIT=1
dist: ## Build the site into dist/: optimised, under a strict content policy, within its size budgets
	@.ci/install dist
	@echo "==> Building the page, the worker and the trainer for release"
	@trunk build --release --locked --dist "$(DIST)" || { echo "The release build failed: the messages above say where. 'make check' is the quicker way to find out."; exit 1; }
	@node .ci/dist.mjs "$(DIST)" "$(BASE_URL)"

format-check:
	@echo "==> Format"
	@cargo fmt --check || { echo "Not formatted: run 'cargo fmt' and commit the result."; exit 1; }

types:
	@echo "==> Types of the browser tests"
	@npx --no-install tsc -p end2end

lock:
	@cargo metadata --locked --format-version 1 --manifest-path benches/kernels/Cargo.toml >/dev/null || { echo "The lock file of benches/kernels is behind: run 'cargo update --workspace --manifest-path benches/kernels/Cargo.toml' and commit it."; exit 1; }

# For `make check`. `make test` compiles with clippy's driver instead: natively in native-tests, for the browser in fresh.
lint:
	@echo "==> Clippy, native"
	@cargo clippy --locked --all-features --all-targets -- -D warnings
	@echo "==> Clippy, WASM: page, worker and trainer"
	@cargo clippy --locked --target wasm32-unknown-unknown --no-default-features --features page,worker,trainer --lib --bin app --bin worker --bin trainer -- -D warnings

quick-tests:
	@echo "==> Quick tests: arithmetic, messages, architecture, documents"
	@cargo test --locked --no-default-features --lib --test architecture --test documents

smoke:
	@echo "==> The page as 'make serve' builds it, in a real browser"
	@trunk build --locked --dist $(SMOKE)
	@DIST=$(SMOKE) npx --no-install playwright test --config end2end/playwright.config.ts --project smoke

# The project's own code is compiled by clippy's driver: looked at and built in one go. What calculates is optimised; the page's
# own tests, and what reads sources and documents, are compiled as fast as can be. Whatever needs nothing of the page is built
# without it (build.rs): the programs, too, which are built for the tests of tests/ and have no tests of their own.
native-tests: export RUSTC_WORKSPACE_WRAPPER := clippy-driver
native-tests: export CLIPPY_ARGS := -Dwarnings__CLIPPY_HACKERY__
native-tests: READING = cargo test --config profile.dev.package.alibi-explainer.opt-level=0 --locked --all-features
native-tests:
	@echo "==> Clippy and native tests: what calculates, a Vulkan driver included"
	@ALIBI_WITHOUT_PAGE=1 cargo test --locked --all-features --lib
	@echo "==> Sources and documents"
	@ALIBI_WITHOUT_PAGE=1 $(READING) --test architecture --test documents --bench trainer --no-run
	@ALIBI_WITHOUT_PAGE=1 $(READING) --test architecture --test documents
	@echo "==> The page's own tests"
	@$(READING) --lib -- $(PAGE)

build-tests:
	@echo "==> The steps that finish the built site"
	@node --test --test-reporter=spec .ci/dist/*.test.mjs benches/browser/measure.test.mjs benches/browser/train_rows.test.mjs benches/browser/windows.test.mjs

fresh: ## Prove that a clone which holds nothing but what git carries serves the page: clone, 'make serve', browser, one change
	@.ci/install browser
	@echo "==> A fresh clone: make serve, the first figure, a changed source"
	@node end2end/fresh.mjs

# Node 20 has relaxed SIMD behind a flag, later ones have it without and do not know the flag.
same-numbers: RELAXED_SIMD = $(shell node --v8-options | grep -q -e --experimental-wasm-relaxed-simd && echo --experimental-wasm-relaxed-simd)
same-numbers: ## Hold the trainer's WASM of an already built dist/ to the native trainer's losses, and to itself
	$(NEEDS_DIST)
	@echo "==> The trainer's WASM beside the native trainer"
	@node $(RELAXED_SIMD) end2end/trainer/same_numbers.mjs "$(DIST)" plain & plain=$$!; \
	node $(RELAXED_SIMD) end2end/trainer/same_numbers.mjs "$(DIST)" relaxed && wait $$plain

browser: ## Test an already built dist/ in a real browser, three tests at a time
	@.ci/install browser
	$(NEEDS_DIST)
	@echo "==> The built page in a real browser"
	@$(PLAYWRIGHT) --project functional $(ARGS)

engines: ## Test an already built dist/ in Chromium, Firefox and WebKit, as far as they are here
	@.ci/install engines
	$(NEEDS_DIST)
	@echo "==> The built page in three browsers"
	@DIST="$(DIST)" node end2end/engines/run.mjs scenarios $(ARGS)

timing: ## Hold an already built dist/ to its budgets of time: nothing else should run meanwhile
	@.ci/install browser
	$(NEEDS_DIST)
	@echo "==> Budgets of time, in a real browser"
	@$(PLAYWRIGHT) --project timing $(ARGS)

document: ## Write what follows from the list of figures and from the glossary into index.html and assets/figures.json
	@.ci/install rust
	@WRITE_DOCUMENT=1 cargo test --locked --all-features --lib document_follows

pictures: ## Take the figures' pictures for previews and readers without JavaScript, from an already built dist/
	@.ci/install browser
	$(NEEDS_DIST)
	@echo "==> Pictures into assets/pictures; 'make dist' puts them into the site"
	@DIST="$(DIST)" node end2end/pictures.mjs $(ARGS)
	@echo "==> Pictures that stand in the article until a figure is drawn, into assets/stills"
	@DIST="$(DIST)" node end2end/stills.mjs $(ARGS)
