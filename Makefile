# Everything a newcomer needs: `make demo` and `make test`. Both make their own virtual
# environment in .venv with plain python3 and pip.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
SIZE ?= small
SEED ?= 7
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONUTF8 := 1
# Processes find each other's byte code, whatever the machine says: tests start many.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo demo-data test gates bench format clean

help:
	@echo "make demo    a sample city, matched and served at http://127.0.0.1:$(PORT) (SIZE, SEED, PORT)"
	@echo "make test    the test suite"
	@echo "make gates   ruff, mypy, import floors"
	@echo "make bench   quality and speed tables (see docs/how-to/benchmarks.md)"

$(BIN)/silian: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/tested: $(BIN)/silian
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	@touch $@

$(VENV)/benched: $(VENV)/tested
	$(BIN)/python -m pip install --quiet --editable '.[test,bench]'
	@touch $@

demo: demo-data
	@echo "sign in as operator, adviser, enterprise, research or viewer; password: $$(cat var/demo/password)"
	SILIAN_HOME=var/demo $(BIN)/silian serve --port $(PORT)

# The sample city is made once per size and seed; `rm -r var/demo` to begin again.
demo-data: $(BIN)/silian
	@if [ ! -f var/demo/ready-$(SIZE)-$(SEED) ]; then \
	  rm -rf var/demo && mkdir -p var/demo && \
	  $(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(9))' > var/demo/password && \
	  SILIAN_HOME=var/demo SILIAN_DEMO_PASSWORD=$$(cat var/demo/password) \
	    $(BIN)/silian sample --size $(SIZE) --seed $(SEED) --load && \
	  SILIAN_HOME=var/demo $(BIN)/silian build && \
	  SILIAN_HOME=var/demo $(BIN)/silian map --match && \
	  touch var/demo/ready-$(SIZE)-$(SEED); \
	fi
	@SILIAN_HOME=var/demo $(BIN)/silian match --by-kind --limit 3 --text "需要一种耐高温的永磁材料用于新能源汽车电机"

test: $(VENV)/tested
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

gates: $(VENV)/tested
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/benched
	$(BIN)/python -m benchmarks

format: $(VENV)/tested
	$(BIN)/ruff check --fix src tests benchmarks
	$(BIN)/ruff format src tests benchmarks

clean:
	rm -rf var .mypy_cache .ruff_cache .pytest_cache
