# make lab    provisions a lab, measures it, leaves a report          (HOST=name or INVENTORY=file: on your own hypervisor)
# make test   runs every stage of the test ladder; each also alone: lint unit sanity integration molecule
# make check  is the inner loop: lint of what changed, unit tests that take no seconds
# make help   says more
SHELL := /bin/bash
.DEFAULT_GOAL := help

# Where LAB lies and where the hypervisor is: a host's name, an inventory with a group `hypervisors`, or neither, for the
# embedded lab host. scripts/lab.sh reads them from the environment, so no blank or quote in them is taken apart here.
export LAB ?= labs/hands-on.yml
export HOST
export INVENTORY
ANSIBLE_ARGS ?=

# Relative, for make takes a target's name apart at blanks; what runs is told the whole path.
venv := .venv
export VENV := $(CURDIR)/$(venv)
export PATH := $(VENV)/bin:$(PATH)
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg

# Python's scripts, ssh's options and QEMU's take a path apart at a blank, a colon, a comma or a quote.
ifneq (,$(findstring ?,$(shell pwd | tr -d '\n' | LC_ALL=C tr -c 'A-Za-z0-9/._+@=~\200-\377-' '?')))
$(error '$(CURDIR)': the checkout must lie at a path of letters, digits and ._+@=~- alone, without blanks, colons, commas and quotes: move it there)
endif

.PHONY: help lab clean-lab asked check test test-full matrix lint unit sanity integration molecule bench venv setup-lab setup-test

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

lab: asked setup-lab ## provision the lab, measure it, leave a report under results/
	@scripts/lab.sh run $(ANSIBLE_ARGS)

clean-lab: asked setup-lab ## take the lab away again; results/ and the cache of images stay
	@scripts/lab.sh clean $(ANSIBLE_ARGS)

asked:
	@scripts/lab.sh asked

check: setup-test ## under a minute: lint of what changed since main, unit tests that take no seconds
	scripts/check.sh

test: setup-test ## the whole test ladder, side by side, with a table of seconds at the end
	python3 scripts/ladder.py

test-full: setup-test ## that, and what is too long for every run (CONTRIBUTING.md has the time)
	python3 scripts/ladder.py --full

lint: setup-test ## ruff, mypy, yamllint, ansible-lint, changelog, documentation
	scripts/lint.sh

unit: setup-test ## pytest: pure functions, properties, parsers on captured output
	scripts/unit.sh

sanity: setup-test ## ansible-test sanity
	scripts/sanity.sh

integration: setup-test ## this machine's kernel, iproute2, libvirtd and QEMU
	python3 scripts/ladder.py integration

molecule: setup-test ## the whole lab in the embedded lab host
	scripts/molecule.sh

matrix: setup-test ## ansible-core 2.18 to 2.21 on the Pythons that are here, with equal results (part of test-full)
	tests/integration/lane.sh python3 tests/matrix/matrix.py

bench: setup-lab ## what the modules cost at scale, as root (docs/benchmarks.md)
	python3 benchmarks/run.py taps
	python3 benchmarks/run.py networks
	python3 benchmarks/run.py report

venv: $(venv)/lab.stamp ## the control node's Python environment

setup-lab:
	@scripts/packages.sh lab
	@$(MAKE) --no-print-directory --silent $(venv)/lab.stamp

setup-test: setup-lab
	@scripts/packages.sh test
	@$(MAKE) --no-print-directory --silent $(venv)/test.stamp

$(venv)/lab.stamp: requirements.lock
	@echo "== Python environment in .venv"
	python3 -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python %d.%d is too old: the control node needs 3.11 or newer" % sys.version_info[:2])'
	python3 -m venv $(venv)
	$(venv)/bin/pip install -qq --disable-pip-version-check --require-hashes --requirement requirements.lock
	mkdir -p $(venv)/collections/ansible_collections/virtio
	ln -sfn '$(CURDIR)' $(venv)/collections/ansible_collections/virtio/lab
	touch $@

$(venv)/test.stamp: requirements-test.lock $(venv)/lab.stamp
	$(venv)/bin/pip install -qq --disable-pip-version-check --require-hashes --requirement requirements-test.lock
	touch $@
