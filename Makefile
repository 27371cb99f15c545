# make lab [COURSE=vi|en] · make check · make test · make unit · make lint · make notebooks · make colab · make site · make slides · make bench
# make test-lower-bounds · make constraints (renews the pins) · make solve (can every Python have them?)
# Each sets up .venv first if it is missing. Choose another Python with PYTHON=python3.12.

PYTHON ?= python3
COURSE ?= vi
PY := .venv/bin/python

ifneq ($(filter lab,$(or $(MAKECMDGOALS),lab)),) # before anything is installed
ifeq ($(findstring |$(COURSE)|,|vi|en|),)
$(error COURSE=$(COURSE): choose vi or en)
endif
endif

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

# How tests and lessons run: each on one core; and, as they free and fetch the same hundreds of MB again and again, which costs a
# tenth of their time, Linux's C library is told to keep them (mallopt(3); elsewhere these mean nothing).
ON_ONE_CORE := OMP_NUM_THREADS=1 MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=8589934592 MALLOC_TOP_PAD_=67108864

# Both editions have the same code cells (a test says so): the Vietnamese one runs on MNIST, the English one as on a
# machine without a network, on the embedded digits. Two lessons at a time, each on one core.
NBVAL := $(PY) -m pytest -n 2 --dist loadfile --nbval-lax --nbval-current-env --nbval-cell-timeout=300 \
	--nbval-sanitize-with tests/nbval_sanitize.cfg -o timeout=0 --durations=5 -p tests.nbval_times
# Three workers on two cores: many tests wait for a server, a browser or a limit. Files in the order of tests/conftest.py.
IN_TURNS := -n 3 --dist loadfile --no-loadscope-reorder
NO_NETWORK := env -u VAE_DATA_DIR http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 no_proxy=

# What is tested once more at the lower bounds of requirements.txt: the rooms that use NumPy, matplotlib, IPython or ipywidgets.
LOWER_BOUNDS_ROOMS := data metrics models page plots quiz widgets
tests-of = $(wildcard $(foreach room,$(1),tests/$(room) tests/test_$(room).py))

# The Pythons and systems that constraints.txt serves. uv finds the pins; it has a place of its own.
PYTHONS := 3.10 3.11 3.12 3.13 3.14
SYSTEMS := x86_64-manylinux_2_28 aarch64-manylinux_2_28 macos windows
UV := .uv/bin/python -m uv --quiet pip compile pyproject.toml --all-extras

.PHONY: lab check test unit test-lower-bounds notebooks colab site slides built lint bench constraints solve clean

lab: .venv/lab
	@echo "$(if $(filter vi,$(COURSE)),English edition: make lab COURSE=en,Bản tiếng Việt: make lab COURSE=vi) · Ctrl-C: dừng, stop"
	$(PY) -m jupyterlab --ServerApp.root_dir="$(CURDIR)" \
		--LabApp.default_url="/lab/tree/notebooks/$(COURSE)/00_start_here.ipynb" $(LAB_FLAGS)

test: lint unit .venv/lower-bounds
	PYTHONPATH=.venv/lower-bounds $(ON_ONE_CORE) $(PY) -m pytest -n 2 --dist loadfile --disable-warnings -m "not browser and not torch_alone" \
		$(call tests-of,$(LOWER_BOUNDS_ROOMS))
	$(ON_ONE_CORE) $(NBVAL) notebooks/vi quiz/vi
	$(NO_NETWORK) $(ON_ONE_CORE) $(NBVAL) notebooks/en quiz/en

# Before a commit: under two minutes.
check: lint
	$(PY) -m mypy
	$(PY) -m tools.check

unit: .venv/ready
	$(ON_ONE_CORE) $(PY) -m pytest $(IN_TURNS) --durations=20

lint: .venv/ready
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

notebooks: .venv/ready
	$(PY) -m tools.build $(LESSONS)

# One file per lesson that runs alone, on Colab or in an empty folder: dist/colab/vi, dist/colab/en.
colab: .venv/ready
	$(PY) -m tools.colab dist/colab

# The course as a site, for any web server or the disk: dist/site/index.html. Lecturers' decks: dist/slides.
site: .venv/ready
	$(PY) -m tools.site $(LESSONS)

slides: .venv/ready
	$(PY) -m tools.slides --out $(or $(SLIDES),dist/slides) $(LESSONS)

# The branch "built", of which Colab opens lessons: the notebooks with the badges and the install line of this repository.
built: .venv/ready
	$(PY) -m tools.branch $(if $(PUSH),--push $(PUSH))

# What a student needs. JupyterLab's question about its news would cover the first lesson: it is answered here.
.venv/lab: requirements.txt constraints.txt pyproject.toml
	@echo "Setting up .venv: downloads about 3 GB on Linux (PyTorch with CUDA), once."
	$(PYTHON) -m venv .venv || { rm -rf .venv .bootstrap; \
		$(PYTHON) -m pip install --quiet --target .bootstrap virtualenv && \
		PYTHONPATH=.bootstrap $(PYTHON) -m virtualenv .venv; }
	$(PIP_INSTALL) --quiet --constraint constraints.txt setuptools
	$(PIP_INSTALL) --quiet --constraint constraints.txt --no-build-isolation --editable ".[lab]"
	$(PY) -c "import torch, torchvision, vae_helpers.models"
	@mkdir -p .venv/share/jupyter/lab/settings
	@echo '{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}}' \
		> .venv/share/jupyter/lab/settings/overrides.json
	@touch $@

# What an author needs besides.
.venv/ready: .venv/lab
	$(PIP_INSTALL) --quiet --constraint constraints.txt --no-build-isolation --editable ".[lab,dev]"
	@touch $@

# The other libraries that benchmarks.peers trains with.
.venv/bench: .venv/ready
	$(PIP_INSTALL) --quiet --constraint constraints.txt --no-build-isolation --editable ".[lab,dev,bench]"
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
	.venv-lower/bin/python -m pytest --disable-warnings -m "not browser" $(call tests-of,$(LOWER_BOUNDS_ROOMS) training faults)
	.venv-lower/bin/python -m pytest --disable-warnings --nbval-lax --nbval-current-env --nbval-cell-timeout=300 -o timeout=0 \
		notebooks/vi/00_start_here.ipynb notebooks/en/03_reparameterization.ipynb

.venv-lower/ready: requirements.txt pyproject.toml
	rm -rf .venv-lower
	$(PYTHON) -m venv .venv-lower
	sed -n 's/>=/==/p' requirements.txt > .venv-lower/lower-bounds.txt
	.venv-lower/bin/python -m pip install --quiet --constraint .venv-lower/lower-bounds.txt --editable ".[dev]"
	@touch $@

# One set of exact versions for every Python and system above. Run it when a bound changes, or to have newer packages.
constraints: .uv/ready
	$(UV) --universal --python-version $(firstword $(PYTHONS)) --upgrade --no-annotate \
		--custom-compile-command "make constraints" --output-file constraints.txt

# Does every Python on every system find a wheel of each pin? (PyTorch has none for macOS 13 and before, or for Intel Macs.)
solve: .uv/ready
	@export MACOSX_DEPLOYMENT_TARGET=14.0; for python in $(PYTHONS); do for system in $(SYSTEMS); do \
		$(UV) --constraint constraints.txt --python-version $$python --python-platform $$system --only-binary :all: \
			--output-file .uv/solved.txt >/dev/null || exit 1; \
		echo "Python $$python on $$system: $$(grep -c == .uv/solved.txt) packages"; rm .uv/solved.txt; \
	done; done

.uv/ready:
	$(PYTHON) -m venv .uv
	.uv/bin/python -m pip install --quiet uv
	@touch $@

bench: .venv/ready .venv/bench
	$(PY) -m benchmarks.widget_latency
	$(PY) -m benchmarks.page_latency
	$(PY) -m benchmarks.lessons
	$(PY) -m benchmarks.train_speed --quick
	$(PY) -m benchmarks.grading
	$(PY) -m benchmarks.peers
	$(PY) -m benchmarks.late
	$(PY) -m benchmarks.race

clean:
	rm -rf .venv .venv-lower .bootstrap .uv
