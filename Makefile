# make lab · make test · make notebooks · make colab · make html · make lint · make bench · make test-lower-bounds
# Each sets up .venv first if it is missing. Choose another Python with PYTHON=python3.12.

PYTHON ?= python3
COURSE ?= vi
PY := .venv/bin/python

# Whatever this machine's pip configuration says, packages go into .venv, and the versions come from constraints.txt.
PIP_INSTALL := env -u PIP_CONSTRAINT -u PIP_NO_DEPS -u PIP_DRY_RUN -u PYTHONPATH -u PYTHONHOME PIP_REQUIRE_VIRTUALENV=0 \
	PIP_DISABLE_PIP_VERSION_CHECK=1 $(PY) -m pip install --no-user --target ""

# Lessons and tests use the kernel of .venv, even where another python3 kernel is installed for the user.
export JUPYTER_PREFER_ENV_PATH := 1
export JUPYTER_PATH := $(CURDIR)/.venv/share/jupyter

# JupyterLab refuses to run as root unless it is told to, and without a screen there is no browser to open.
LAB_FLAGS := $(if $(filter 0,$(shell id -u)),--allow-root)
ifeq ($(shell uname -s),Linux)
LAB_FLAGS += $(if $(DISPLAY)$(WAYLAND_DISPLAY),,--no-browser)
endif

# What the old ipywidgets and IPython need besides, and the newest no longer do.
OLD_HELPERS := ipython_genutils==0.2.0 backcall==0.2.0 decorator==5.1.1 pickleshare==0.7.5

# Both editions have the same code cells (a test says so): the Vietnamese one runs on MNIST, the English one as on a
# machine without a network, on the embedded digits. Two lessons at a time, each on one core.
NBVAL := $(PY) -m pytest -n 2 --dist loadfile --nbval-lax --nbval-current-env --nbval-cell-timeout=300 \
	--nbval-sanitize-with tests/nbval_sanitize.cfg -o timeout=0
NO_NETWORK := env -u VAE_DATA_DIR http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 no_proxy=

# What is tested once more at the lower bounds of requirements.txt.
LOWER_BOUNDS_TESTS := $(foreach room,checks models plots quiz widgets,tests/$(room)) $(foreach file,data losses metrics,tests/test_$(file).py)

.PHONY: lab test test-lower-bounds notebooks colab html lint bench clean

lab: .venv/ready
	@test -f "notebooks/$(COURSE)/00_start_here.ipynb" || { echo "COURSE=$(COURSE): choose vi or en."; exit 2; }
	$(PY) -m jupyterlab --ServerApp.root_dir="$(CURDIR)" \
		--LabApp.default_url="/lab/tree/notebooks/$(COURSE)/00_start_here.ipynb" $(LAB_FLAGS)

test: lint .venv/lower-bounds
	OMP_NUM_THREADS=1 $(PY) -m pytest -n 2 --dist loadfile
	PYTHONPATH=.venv/lower-bounds OMP_NUM_THREADS=1 $(PY) -m pytest -n 2 --dist loadfile --disable-warnings $(LOWER_BOUNDS_TESTS)
	OMP_NUM_THREADS=1 $(NBVAL) notebooks/vi quiz/vi
	$(NO_NETWORK) OMP_NUM_THREADS=1 $(NBVAL) notebooks/en quiz/en

lint: .venv/ready
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

notebooks: .venv/ready
	$(PY) -m tools.build $(LESSONS)

# One file per lesson that runs alone, on Colab or in an empty folder: dist/colab/vi, dist/colab/en.
colab: .venv/ready
	$(PY) -m tools.colab dist/colab

html: .venv/ready
	$(PY) -m tools.to_html $(LESSONS)

.venv/ready: requirements.txt constraints.txt pyproject.toml
	@echo "Setting up .venv: downloads about 3 GB on Linux (PyTorch with CUDA), once."
	$(PYTHON) -m venv .venv || { rm -rf .venv .bootstrap; \
		$(PYTHON) -m pip install --quiet --target .bootstrap virtualenv && \
		PYTHONPATH=.bootstrap $(PYTHON) -m virtualenv .venv; }
	$(PIP_INSTALL) --quiet --constraint constraints.txt setuptools
	$(PIP_INSTALL) --quiet --constraint constraints.txt --no-build-isolation --editable ".[lab,dev]"
	$(PY) -c "import torch, torchvision, vae_helpers.models"
	@touch $@

# The lower bounds of requirements.txt, all but PyTorch's, laid over the newest packages of .venv. Pythons after 3.11 have
# no such old NumPy and SciPy: there it is ipywidgets alone, in Colab's version.
.venv/lower-bounds: .venv/ready
	@rm -rf $@
	@sed -n '/^torch/!s/>=/==/p' requirements.txt > $@.txt
	$(PIP_INSTALL) --target $@ --quiet --no-deps --only-binary numpy,scipy,scikit-learn,matplotlib,pillow,safetensors \
		-r $@.txt $(OLD_HELPERS) || { echo "No wheels of these old versions for this Python: only ipywidgets is tested at its lower bound."; \
		$(PIP_INSTALL) --target $@ --quiet --no-deps ipywidgets==7.7.1 ipython_genutils==0.2.0; }
	@touch $@

# The whole of requirements.txt at its lower bounds, PyTorch included, in a virtual environment of its own (5.6 GB; Python
# 3.10 or 3.11, for which such old versions exist).
test-lower-bounds: .venv-lower/ready
	.venv-lower/bin/python -m pytest --disable-warnings $(LOWER_BOUNDS_TESTS) tests/training tests/faults
	.venv-lower/bin/python -m pytest --disable-warnings --nbval-lax --nbval-current-env --nbval-cell-timeout=300 -o timeout=0 \
		notebooks/vi/00_start_here.ipynb notebooks/en/03_reparameterization.ipynb

.venv-lower/ready: requirements.txt
	rm -rf .venv-lower
	$(PYTHON) -m venv .venv-lower
	sed -n 's/>=/==/p' requirements.txt > .venv-lower/lower-bounds.txt
	.venv-lower/bin/python -m pip install --quiet --requirement .venv-lower/lower-bounds.txt \
		"jupytext>=1.19" "nbclient>=0.10" "nbval>=0.11" "pytest>=8" "pytest-timeout>=2.3" "setuptools>=68"
	@touch $@

bench: .venv/ready
	$(PY) -m benchmarks.widget_latency
	$(PY) -m benchmarks.train_speed --quick

clean:
	rm -rf .venv .venv-lower .bootstrap
