# SPDX-License-Identifier: Apache-2.0
#: bpfd: a daemon that manages eBPF programs. The front door: meson does the work.
#:
#: On a fresh Debian machine as root, `make demo` shows it and `make check` tests it.

BUILD ?= build
PREFIX ?= /usr/local
SECONDS_EACH ?= 300

# make's own implicit rules and CC=cc stay out of meson's way.
MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.DEFAULT_GOAL := build
.PHONY: build demo check check-vm check-kube bench fuzz style unit format install clean help

build: $(BUILD)/build.ninja ## build everything into build/ (the default)
	@ninja -C $(BUILD)

$(BUILD)/build.ninja:
	@meson setup $(BUILD) --prefix=$(PREFIX) --sysconfdir=/etc --localstatedir=/var

demo: ## install what is missing, build, and count real packets
	@tests/deps install build demo
	@$(MAKE) build
	@examples/demo.sh

check: ## install what is missing, then run every test that needs no other kernel
	@tests/deps install build check
	@tests/run check

check-vm: ## run the end-to-end tests inside virtual machines, one kernel each
	@tests/deps install build vm
	@$(MAKE) build
	@tests/run vm

check-kube: ## run agent and operator against a real API server (built once, four minutes)
	@tests/deps install build kube
	@$(MAKE) build
	@tests/run kube

bench: ## measure, beside the peers: make bench [ONLY=1.1,1.3] [QUICK=yes]
	@tests/deps install build bench
	@$(MAKE) build
	@ONLY='$(ONLY)' QUICK='$(QUICK)' tests/run bench

fuzz: ## fuzz every decoder for SECONDS_EACH (300) seconds
	@tests/deps install build check
	@FUZZ_SECONDS=$(SECONDS_EACH) FUZZ_RUNS=-1 LIMIT=86400 tests/run suite fuzz

style: ## the style checks alone
	@tests/run suite style

unit: ## the unit tests alone, under AddressSanitizer and UBSan
	@tests/run suite unit

format: ## lay out every .c and .h file by .clang-format
	@tests/style/format.sh --fix

install: build ## install: make install [DESTDIR=/somewhere] [PREFIX=/usr]
	@DESTDIR='$(DESTDIR)' meson install -C $(BUILD) --no-rebuild

clean: ## remove every build directory
	@rm -rf build build-*

help: ## this list
	@awk 'sub(/^#: ?/, "") { print } \
		/^[a-z-]+:.*## / { split($$0, part, /:.*## /); \
			printf "  make %-10s %s\n", part[1], part[2] } \
		/^\.PHONY/ { print "" }' Makefile
	@echo
	@echo "  DEPS=no        installs no packages (demo, check, check-vm, check-kube, bench, fuzz)"
	@echo "  BUILD=build    the build directory of build, bench and install"
