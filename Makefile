# make run    opens the program; make test runs every test. Each does what is needed first.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# One process of tests for each core, each with one thread for its matrices; one that dies ends all.
SHARED_OUT := OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --max-worker-restart 0

.PHONY: run test test-core test-window lint wheel samples clean

$(READY): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	touch $(READY)

run: $(READY)
	$(BIN)/segformer-studio

test: $(READY)
	QT_QPA_PLATFORM=offscreen $(SHARED_OUT)

# The core and the command line, as on a server without Qt.
test-core: $(READY)
	SEGFORMER_STUDIO_WITHOUT_QT=1 $(SHARED_OUT) -p no:pytest-qt tests/segcore tests/app/cli

# The flows through the real window on a real X server.
test-window: $(READY)
	QT_QPA_PLATFORM=xcb xvfb-run --auto-servernum --server-args="-screen 0 1920x1200x24" \
		$(BIN)/python -m pytest tests/flows

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

wheel: $(READY)
	rm -rf build dist
	$(BIN)/python -m build --wheel --outdir dist

samples: $(READY)
	$(BIN)/python -m resources.samples.draw

clean:
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
