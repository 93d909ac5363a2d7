# Builds, runs and tests dsv3sim; `make help` lists the targets. Everything that is not a result
# goes to stderr.

PREFIX ?= /usr/local
DESTDIR ?=
SCENARIO ?= scenarios/deepseek-v3-pretrain.yaml
SOAK_RUNS ?= 100
# What the stress test consists of.
SOAK_PARTS := soak-kill soak-slurm soak-faults soak-fidelity soak-seeds soak-random soak-pages \
  soak-builds fuzz sanitize-address sanitize-thread
# Random scenarios of the stress test, and minutes of fuzzing on all cores.
SCENARIOS ?= 500
MINUTES ?= 5
# Instruction set to build for: any value of clang's -march, or empty for the architecture's
# baseline. By default AVX2 (2013), if this machine supports it.
MARCH ?= $(shell grep -q '\<avx2\>.*\<bmi2\>' /proc/cpuinfo 2> /dev/null && echo x86-64-v3)

PROGRAM := .build/release/dsv3sim
# Undefined behaviour is C's: in Swift it traps anyway, and its compiler has no sanitizer for it on
# Linux.
SANITIZED := -Xcc -fsanitize=undefined -Xcc -fsanitize-trap=undefined
ADDRESS := $(SANITIZED) --sanitize address --scratch-path .build/address
# Nothing is recorded when a function is called, so reports name the two accesses of a race, but not
# their callers: to see them, leave this option of LLVM out.
THREAD := $(SANITIZED) --sanitize thread --scratch-path .build/thread \
  -Xswiftc -Xllvm -Xswiftc -tsan-instrument-func-entry-exit=0
# Their environment. Swift's own backtrace takes minutes. Leaks are not looked for: Swift keeps tags
# in pointers, and the sanitizer takes what they point to for lost. LeakTests look for them. Of the
# callers of each allocation, only the nearest is kept: collecting all takes long.
IN_ADDRESS := DSV3SIM_SANITIZED=address SWIFT_BACKTRACE=enable=no \
  ASAN_OPTIONS=detect_leaks=0:malloc_context_size=1
IN_THREAD := DSV3SIM_SANITIZED=thread SWIFT_BACKTRACE=enable=no
# Suites of parts that run with the address sanitizer anyway.
FAULTS := DiskFaultTests|OlderFilesTests
RANDOM := GeneratedScenarioTests|BoundTests|LayoutPlanTests
# All tests but HouseTests, which read texts and start programs. Random scenarios, recomputed ones,
# layouts and published figures are fewer: each takes long.
WHOLE := SCENARIOS=20 BOUND_SCENARIOS=100 LAYOUT_SPACE=small
CHOSEN = --skip HouseTests $(if $(FILTER),--filter "$(FILTER)")

.PHONY: run test test-browser bench docs docc gallery install deb fuzz sanitize soak clean help \
  $(SOAK_PARTS) soak-engine libraries browser build

run: build ## build for release and run the main scenario (SCENARIO=file for another)
	@$(PROGRAM) run $(SCENARIO)

test: libraries $(if $(CI),browser) ## run all tests; those in Chromium if it is installed
	@swift build --build-tests
	@bash -o pipefail -c 'swift test --skip-build | tee .build/tests.log' || \
	  { echo "what failed, once more:"; grep -a '^✘' .build/tests.log; exit 1; }

test-browser: libraries browser ## open reports in Chromium
	@swift test --filter BrowserTests

bench: build ## benchmark kernel, network and engine against their peers, placement and services
	@Benchmarks/kernel.sh
	@Benchmarks/network.sh
	@Benchmarks/engine.sh
	@$(PROGRAM) bench placement
	@$(PROGRAM) bench serving

docs: build ## write the generated pages and pictures of docs/
	@$(PROGRAM) facts --format markdown > docs/facts.md
	@$(PROGRAM) accuracy --format markdown > docs/accuracy.md
	@$(PROGRAM) schema --format markdown > docs/scenarios.md
	@$(PROGRAM) schema --results > docs/results.md
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	$(PROGRAM) run scenarios/tiny-16gpu.yaml --set cluster.nodes=8 \
	  --set training.parallel.pipeline=8 --set training.microbatches=20 \
	  --timeline -o "$$folder/tiny.db" > "$$folder/summary" && \
	$(PROGRAM) timeline "$$folder/tiny.db" --to 0.0385 -o docs/pictures/dualpipe.svg

docc: ## build the docstrings as DocC pages in .build/docc; a warning is an error
	@Packaging/docc

gallery: build ## write the pages of reports/gallery
	@Benchmarks/gallery.sh

install: build ## install program, scenarios, manual page and completions below PREFIX
	@Packaging/install $(PROGRAM) $(DESTDIR)$(PREFIX)

deb: libraries ## build a Debian package that needs no Swift, in .build/package
	@DSV3SIM_MARCH= swift build --configuration release --static-swift-stdlib \
	  --scratch-path .build/package --product dsv3sim >&2
	@Packaging/deb .build/package/release/dsv3sim .build/package

fuzz: libraries ## fuzz what reads files, for MINUTES in all; TARGETS="order query" for some
	@$(IN_ADDRESS) swift build $(ADDRESS) --product Fuzz >&2
	@MINUTES=$(MINUTES) TARGETS="$(TARGETS)" Fuzz/run

sanitize: soak-faults soak-random sanitize-address sanitize-thread ## run the tests with sanitizers

soak: ## stress test: all parts named soak-, then fuzz and sanitize; says what each did
	@Benchmarks/soak.sh $(SOAK_PARTS)

# Kills comparisons and sweeps.
soak-kill: build
	@Benchmarks/kill.sh
	@Benchmarks/kill-sweep.sh

# Kills array jobs of Slurm, and counts what they do in a second.
soak-slurm: build
	@Benchmarks/slurm.sh soak
	@Benchmarks/slurm.sh scale

# Lets every single write, sync and open of a results file fail, and reads files of all formats.
soak-faults: libraries
	@$(IN_ADDRESS) DISK_FAULTS=all swift test $(ADDRESS) --filter "$(FAULTS)" >&2

# Compares every GPU with the folded step.
soak-fidelity: build
	@Benchmarks/fidelity.sh

# Runs SOAK_RUNS seeds with one worker and, at the same time, with two.
soak-seeds: build
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && seed=1 && \
	run() { \
	  $(PROGRAM) run $(SCENARIO) --seed $$seed --jobs $$1 --format json -o "$$folder/$$1.db" \
	    > "$$folder/$$1.json" 2> "$$folder/$$1.log" && rm "$$folder/$$1.db"; \
	} && \
	while [ $$seed -le $(SOAK_RUNS) ]; do \
	  run 2 & run 1 && wait $$! && cmp "$$folder/1.json" "$$folder/2.json" || \
	    { cat "$$folder"/*.log; echo "seed $$seed fails or differs"; exit 1; } >&2; \
	  seed=$$((seed + 1)); \
	done; \
	echo "$(SOAK_RUNS) seeds, with one worker and with two: no difference" >&2

# Tests of random scenarios, in their hundreds.
soak-random: libraries
	@$(IN_ADDRESS) SCENARIOS=$(SCENARIOS) BOUND_SCENARIOS=$(SCENARIOS) LAYOUT_SPACE=whole \
	  swift test $(ADDRESS) --filter "$(RANDOM)" >&2

# Runs the pages that have slow blocks.
soak-pages: build
	@$(IN_ADDRESS) SLOW_PAGES=$(PROGRAM) swift test $(ADDRESS) --filter ReadmeCommandsTests >&2

# Compares what the release build and the one with the address sanitizer store.
soak-builds: build
	@$(IN_ADDRESS) OTHER_BUILD=$(PROGRAM) swift test $(ADDRESS) --filter TwoBuildsTests >&2

# Runs the blocks that train many engines, which takes an hour or two and is no part of `make soak`.
soak-engine: build
	@TRAINING_PAGES=$(PROGRAM) swift test --filter ReadmeCommandsTests >&2

sanitize-address: libraries
	@$(IN_ADDRESS) $(WHOLE) swift test $(ADDRESS) $(CHOSEN) \
	  $(if $(FILTER),,--skip "$(FAULTS)|$(RANDOM)") >&2

sanitize-thread: libraries
	@$(IN_THREAD) swift build --build-tests $(THREAD) >&2
	@"$$(dirname "$$(realpath "$$(command -v swift)")")"/clang -shared -fPIC -O1 Benchmarks/mutex.c \
	  -o .build/thread/mutex.so
	@$(IN_THREAD) $(WHOLE) LD_PRELOAD=$(CURDIR)/.build/thread/mutex.so swift test --skip-build \
	  $(THREAD) $(CHOSEN) >&2

clean: ## remove all build output
	rm -rf .build

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

libraries:
	@.ci/install-libraries

browser:
	@.ci/install-libraries chromium

build: libraries
	@DSV3SIM_MARCH=$(MARCH) swift build --configuration release --product dsv3sim >&2
