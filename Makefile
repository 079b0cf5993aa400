# Four commands, the same for people and for CI: make check, make test, make demo, make bench.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
export OMP_NUM_THREADS ?= 2

.PHONY: install check test demo bench docs clean

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

test: install
	$(BIN)/python -m pytest

demo: install
	$(BIN)/dcgan-eval run pipelines/demo.yaml --checkpoint-root zoo
	@echo "Next, your own checkpoint:"
	@echo "  $(BIN)/dcgan-eval inspect PATH/TO/discriminator.pth"
	@echo "  $(BIN)/dcgan-eval run pipelines/demo.yaml --set representations.0.path=PATH/TO/discriminator.pth"

bench: install
	for name in extraction l2svm nearest; do $(BIN)/python benchmarks/$$name.py || exit 1; done

docs: install
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[docs]"
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

clean:
	rm -rf $(VENV) build *.egg-info
