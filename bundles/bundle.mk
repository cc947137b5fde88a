# How `sam build` makes what is deployed: pinned wheels for the runtime and the processor asked for
# (whatever this machine has), and bytecode compiled in, which is worth a third of a cold start.
# Each folder beside this file is one pair of the template's parameters; SAM names it, make reads it.
HERE := $(dir $(abspath $(firstword $(MAKEFILE_LIST))))
ROOT := $(abspath $(HERE)/../..)
PAIR := $(notdir $(patsubst %/,%,$(HERE)))
RUNTIME := $(word 1,$(subst -, ,$(PAIR)))
VERSION := $(patsubst python%,%,$(RUNTIME))
PROCESSOR := $(patsubst arm64,aarch64,$(word 2,$(subst -, ,$(PAIR))))

UV := $(shell command -v uv)
INSTALL_UV = $(UV) pip install --quiet --require-hashes --only-binary :all: \
	--python-version $(VERSION) --python-platform $(PROCESSOR)-manylinux_2_28
INSTALL_PIP = python3 -m pip install --quiet --quiet --disable-pip-version-check --no-deps --require-hashes \
	--only-binary :all: --python-version $(VERSION) --implementation cp \
	--platform manylinux_2_28_$(PROCESSOR) --platform manylinux_2_17_$(PROCESSOR) \
	--platform manylinux2014_$(PROCESSOR)
INSTALL = $(if $(UV),$(INSTALL_UV),$(INSTALL_PIP))

# Bytecode is read only by the version that wrote it, so it takes a Python of the same version.
COMPILER := $(shell for p in $(RUNTIME) python3; do $$p -c 'import sys; assert "%d.%d" % sys.version_info[:2] == "$(VERSION)"' 2>/dev/null && command -v $$p && break; done)
COMPILE = $(if $(COMPILER),$(COMPILER) -m compileall -q --invalidation-mode unchecked-hash,@echo "no $(RUNTIME) here: built without bytecode (slower cold starts)" \#)

define LIBRARIES
	$(INSTALL) --target $(ARTIFACTS_DIR)/python -r $(ROOT)/requirements/$(1).txt
	cd $(ARTIFACTS_DIR)/python && rm -rf bin .lock && find . -depth \
		\( -name tests -o -name _tests -o -name __pycache__ \) -type d -exec rm -rf {} + && \
		find . \( -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.a' -o -name '*.h' \) -delete
endef

build-SharedLayer:
	$(call LIBRARIES,layer)
	cp -r $(ROOT)/layers/shared/touchline $(ARTIFACTS_DIR)/python/
	find $(ARTIFACTS_DIR)/python/touchline -name __pycache__ -type d -exec rm -rf {} +
	$(COMPILE) $(ARTIFACTS_DIR)/python

build-EngineLayer:
	$(call LIBRARIES,engine)
	$(COMPILE) $(ARTIFACTS_DIR)/python

# The console's files lie beside the functions; only this one serves them.
build-ReportsFunction: build-FunctionSources
	cp -r $(ROOT)/console $(ARTIFACTS_DIR)/console

build-%Function: build-FunctionSources ;

# Most of a function's code is in the layer, and SAM publishes a new version of a function only when
# its own bundle changes: so that is where the layer's checksum is.
LAYER_SOURCES := $(ROOT)/layers/shared/touchline $(ROOT)/requirements/layer.txt $(ROOT)/requirements/engine.txt

build-FunctionSources:
	cp -r $(ROOT)/functions/. $(ARTIFACTS_DIR)/
	find $(LAYER_SOURCES) -type f ! -name '*.pyc' | LC_ALL=C sort | xargs cat | cksum > $(ARTIFACTS_DIR)/layer.cksum
	find $(ARTIFACTS_DIR) -name __pycache__ -type d -exec rm -rf {} +
	$(COMPILE) $(ARTIFACTS_DIR)
