# The same commands for people and for CI: make check, quick, test, system, demo, bench.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
export OMP_NUM_THREADS ?= 2
# Tests are shared among processes of one thread each.
TEST = OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal

.PHONY: install check quick test system demo bench docs clean

install: $(VENV)/installed

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[test,check]"
	touch $@

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

quick: install
	$(TEST) -m "not slow and not system and not real_data"

# COVERAGE=1 prints which lines no test runs.
test: install
	$(TEST) -m "not system" $(if $(COVERAGE),--cov --cov-report=term:skip-covered)

system: install
	$(TEST) -m system

demo: install
	$(BIN)/dcgan-eval demo
	@echo "The command is in $(BIN): '. $(BIN)/activate' makes it known to this shell."

bench: install
	for name in extraction l2svm nearest; do $(BIN)/python benchmarks/$$name.py || exit 1; done
	$(BIN)/python -m benchmarks.reporting

docs: install
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[docs]"
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

clean:
	rm -rf $(VENV) build *.egg-info
