# One command sets up, one checks everything, and `make` alone lists them all.
# Needs Python 3.11+, git and make (3.81, as macOS has it, is enough).

VENV := .venv
BIN := $(VENV)/bin
SITE := $(VENV)/.site-stamp
DEV := $(VENV)/.dev-stamp
PYTHON ?= python3.13 python3.12 python3.11 python3
PORT ?= 8000
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# The theme's notice on the end of MkDocs: the engine stands apart for that very reason.
export NO_MKDOCS_2_WARNING := 1
PIP := $(BIN)/python -m pip install --quiet

.DEFAULT_GOAL := help
.NOTPARALLEL:

# A stamp is written last and holds the folder's name. A .venv that was left half-made, was moved
# with its folder, or has lost its Python is therefore made anew.
ifneq ($(shell cat $(SITE) 2>/dev/null) $(shell $(BIN)/python -c 'print("runs")' 2>/dev/null),$(CURDIR) runs)
.PHONY: $(SITE)
endif

.PHONY: help setup serve build check lint derive links browser test bench lock

help: ## list these targets
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r target text; \
	  do printf '  make %-9s%s\n' "$$target" "$$text"; done

setup: $(SITE) ## make .venv and install what the site needs
	@echo "$(VENV) is ready: 'make serve' shows the site."

serve: $(SITE) ## read the site at http://127.0.0.1:8000/, with live reload (PORT=8001 for another port)
	@$(BIN)/python -c "import socket; socket.create_server(('127.0.0.1', $(PORT))).close()" 2>/dev/null || \
	  { echo "Port $(PORT) cannot be had: something else may be using it. Try 'make serve PORT=8001'." >&2; exit 1; }
	@$(BIN)/mkdocs serve -a 127.0.0.1:$(PORT)

build: $(SITE) ## build the site into site/; a warning fails the build
	@$(BIN)/mkdocs build --strict

check: $(SITE) ## check the cards and pages, without the network
	@$(BIN)/ethogram check

lint: $(DEV) ## check the code's style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

derive: $(SITE) ## write what follows from the taxonomy: choices in the form, snippets and schemas
	@$(BIN)/python scripts/derive.py

links: $(SITE) ## ask every link and picture whether it is still there
	@$(BIN)/ethogram links

browser: $(DEV) ## find a browser for the tests, or get one
	@$(BIN)/python scripts/browser.py

# loadfile: the tests of one file share what they built.
test: browser lint ## run everything: browser, lint, tests
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile

bench: $(DEV) ## measure building and checking against bare MkDocs Material
	@$(BIN)/python scripts/benchmark.py

lock: $(DEV) ## pin pyproject.toml's dependencies anew (UPGRADE=--upgrade for the newest of each)
	@$(BIN)/python scripts/lock.py $(UPGRADE)

# A launcher of a version manager may stand on the PATH with no Python behind it: so each is asked.
define new-venv
for python in $(PYTHON); do \
  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
  modern="$$python"; \
  "$$python" -c 'import ensurepip, venv' 2>/dev/null || continue; \
  echo "Setting up $(VENV) with $$("$$python" --version): a minute or so, this once."; \
  exec "$$python" -m venv --clear $(VENV); \
done; \
if [ -n "$$modern" ]; then \
  echo "$$modern cannot make virtual environments: install its venv module (Debian, Ubuntu: apt-get install python3-venv)." >&2; \
else \
  echo "Ethogram needs Python 3.11 or newer, and none of these is: $(PYTHON). Install one and run make again." >&2; \
fi; \
exit 1
endef

$(SITE): requirements.lock pyproject.toml
	@[ "$$(cat $@ 2>/dev/null)" = "$(CURDIR)" ] && $(BIN)/python -m pip --version >/dev/null 2>&1 || ( $(new-venv) )
	@rm -f $(SITE) $(DEV)
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-index --no-build-isolation --no-deps --editable .
	@$(BIN)/python -m compileall -q hooks
	@printf '%s' "$(CURDIR)" > $@

$(DEV): $(SITE) requirements-dev.lock
	@rm -f $@
	@echo "Adding the development tools to $(VENV)."
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@
