# make lab    provisions a lab, measures it, leaves a report          (HOST=name or INVENTORY=file: on your own hypervisor)
# make test   runs every stage of the test ladder; each also alone: lint unit sanity integration molecule
# make check  is the inner loop: lint of what changed, unit tests that take no seconds
# make help   says more
SHELL := /bin/bash
.DEFAULT_GOAL := help

LAB ?= labs/hands-on.yml
ANSIBLE_ARGS ?=
export VENV := $(CURDIR)/.venv
export PATH := $(VENV)/bin:$(PATH)
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg

# Where the hypervisor is: a host's name, an inventory with a group `hypervisors`, or the embedded lab host.
ifdef HOST
where := -i '$(HOST),' -e lab_hosts='$(HOST)' $(if $(filter localhost,$(HOST)),-e ansible_connection=local)
else ifdef INVENTORY
where := -i '$(INVENTORY)'
else
embedded := playbooks/lab_host.yml
resumed := scripts/again_after_reset.sh lab-host
endif
play := ansible-playbook $(where) $(ANSIBLE_ARGS) -e lab_file='$(abspath $(LAB))'

.PHONY: help lab clean-lab check test test-full lint unit sanity integration molecule bench venv setup-lab setup-test

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

lab: setup-lab ## provision the lab, measure it, leave a report under results/
	$(resumed) $(play) playbooks/check.yml $(embedded) playbooks/lab.yml

clean-lab: setup-lab ## take the lab away again; results/ and the cache of images stay
ifdef embedded
	ansible-playbook $(ANSIBLE_ARGS) playbooks/lab_host.yml -e lab_host_state=absent
else
	$(play) playbooks/check.yml playbooks/clean.yml
endif
	@echo "The lab is gone. Kept: results/, which are yours, and the cache of images for the next one."

check: setup-test ## under a minute: lint of what changed since main, unit tests that take no seconds
	scripts/check.sh

test: setup-test ## the whole test ladder, side by side, with a table of seconds at the end
	scripts/ladder.py

test-full: setup-test ## that, and what is too long for every run (CONTRIBUTING.md has the time)
	scripts/ladder.py --full

lint: setup-test ## ruff, mypy, yamllint, ansible-lint, changelog, documentation
	scripts/lint.sh

unit: setup-test ## pytest: pure functions, properties, parsers on captured output
	scripts/unit.sh

sanity: setup-test ## ansible-test sanity
	scripts/sanity.sh

integration: setup-test ## this machine's kernel, iproute2, libvirtd and QEMU
	scripts/ladder.py integration

molecule: setup-test ## the whole lab in the embedded lab host
	scripts/molecule.sh

bench: setup-lab ## what the modules cost at scale, as root (docs/benchmarks.md)
	python3 benchmarks/run.py taps
	python3 benchmarks/run.py networks
	python3 benchmarks/run.py report

venv: $(VENV)/lab.stamp ## the control node's Python environment

setup-lab:
	@scripts/packages.sh lab
	@$(MAKE) --no-print-directory --silent $(VENV)/lab.stamp

setup-test: setup-lab
	@scripts/packages.sh test
	@$(MAKE) --no-print-directory --silent $(VENV)/test.stamp

$(VENV)/lab.stamp: requirements.txt
	@echo "== Python environment in .venv"
	python3 -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python %d.%d is too old: ansible-core 2.19 needs 3.11 or newer" % sys.version_info[:2])'
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install -qq --disable-pip-version-check --requirement requirements.txt
	mkdir -p $(VENV)/collections/ansible_collections/virtio
	ln -sfn $(CURDIR) $(VENV)/collections/ansible_collections/virtio/lab
	touch $@

$(VENV)/test.stamp: requirements-test.txt $(VENV)/lab.stamp
	$(VENV)/bin/pip install -qq --disable-pip-version-check --requirement requirements-test.txt
	touch $@
