# make run    the simulated city, polled, exported, on a page; needs Python 3.11 and no root
# make stack  the same with Prometheus, Alertmanager and an inbox: watch an alert travel
# make test   everything that must hold before a change lands, in minutes
# make e2e    the longer stories with real programs
# make soak   what takes long: many more random cases, and hostile bytes by the million
# make bench  the measurements of bench/README.md

VENV ?= .venv
LISTEN ?= 127.0.0.1:9810
DATA ?= .run
SCRIPT ?=
PYTEST = $(VENV)/bin/python -m pytest
export VENV LISTEN DATA SCRIPT

# What the tests talk to: SNMP agents and tools, scrapers and promtool, Alertmanager, network namespaces, an HTTP client,
# an SSH server and the library that lets it know users of a test's own, systemd to try the units under.
PACKAGES = snmpd snmp prometheus prometheus-alertmanager victoria-metrics iproute2 nftables iputils-ping procps curl openssh-server libnss-wrapper systemd

.PHONY: run stack test e2e soak bench lint environment packages clean

run:
	@scripts/environment run
	@exec scripts/run-city

stack:
	@scripts/packages prometheus prometheus-alertmanager
	@scripts/environment run
	@exec $(VENV)/bin/python scripts/stack.py

environment:
	@scripts/environment dev

packages:
	@scripts/packages $(PACKAGES)

lint: environment
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/mypy deploy/alertmanager/render.py deploy/grafana/source/*.py scripts/*.py

test: packages lint
	$(PYTEST) -n 2 --dist worksteal -m "not e2e and not soak"

e2e: packages environment
	$(PYTEST) -m e2e --timeout 900

soak: packages environment
	NETMON_HYPOTHESIS=soak $(PYTEST) -n 2 --timeout 7200 -m "not e2e"
	$(VENV)/bin/python fuzz/soak.py

bench: environment
	@scripts/packages gcc libc6-dev prometheus-snmp-exporter snmpd fping nftables iproute2 \
		prometheus prometheus-alertmanager prometheus-blackbox-exporter
	$(VENV)/bin/python bench/all.py

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .fuzz
