# A thin front for CMake and scripts/: `make` sets up, trains the three demonstrations and writes the report,
# `make test` sets up and runs the tests, `make help` lists the rest.

PREFIX ?= /usr/local
EPOCHS ?= 1
SEEDS ?= 1
PRECISION ?= f32
JOBS ?= $(shell nproc)

all: build data ## set up, train the demonstrations in full (resumes where it stopped), results/report.html
	scripts/demonstrations.sh --seeds $(SEEDS) --precision $(PRECISION) results

demo: build data ## the same with EPOCHS=1 epochs, into the folder demo/
	scripts/demonstrations.sh --epochs $(EPOCHS) --precision $(PRECISION) demo

claims: build data ## three seeds of each demonstration; checks the claims and writes docs/results.md
	scripts/demonstrations.sh --seeds 1,2,3 --precision $(PRECISION) results
	build/release/mixup claims results --out results/claims.md
	scripts/results_page.sh demonstrations <results/claims.md

study: build data ## the paper's experiments at a laptop's size, three seeds (hours); study/report.html, docs/results.md
	scripts/fetch_data.sh cifar10
	scripts/fetch_data.sh fashion_mnist
	scripts/study.sh --seeds 1,2,3 study
	scripts/results_page.sh study <study/summary.md

bench: build ## time libmixup against PyTorch and TensorFlow, write docs/performance.md (about an hour and a half)
	scripts/benchmark.sh

test: build data ## set up and run all tests
	ctest --preset release

dependencies: ## install the Debian packages that are missing
	scripts/install_dependencies.sh

data: dependencies ## fetch MNIST into data/mnist/
	scripts/fetch_data.sh mnist

build: dependencies ## compile into build/release/
	cmake --preset release
	cmake --build --preset release -j $(JOBS)

install: ## install what `make build` compiled: PREFIX=/usr/local, DESTDIR=
	cmake --install build/release --prefix $(PREFIX)
	@test -n "$(DESTDIR)" || ldconfig 2>/dev/null || true # so that programs find the new library

format: ## bring the sources into the layout of .clang-format
	scripts/check_sources.sh format --fix

lint: ## clang-tidy, cppcheck and shellcheck
	cmake --preset release
	scripts/check_sources.sh tidy cppcheck shellcheck

asan tsan: ## build and test with sanitizers
	scripts/check_preset.sh $(subst asan,asan-ubsan,$@)

reference: ## build and test without oneDNN
	scripts/check_preset.sh reference-only

valgrind: ## run unit tests of that build under valgrind
	scripts/check_valgrind.sh

instructions: build ## count the instructions of a step with callgrind and compare with bench/instructions.txt
	scripts/check_instructions.sh

coverage: ## build, test and print which lines were run
	scripts/check_preset.sh coverage
	cmake --build --preset coverage --target coverage

clean: ## remove build/; data/, results/ and demo/ stay
	cmake -E rm -rf build

help: ## this list
	@sed -n 's/^\([a-z ]*\):[^#]*## /\1\t/p' Makefile | expand -t 14

.PHONY: all demo claims study bench test dependencies data build install format lint asan tsan reference valgrind instructions coverage clean help
.NOTPARALLEL:
