# Everything starts here: `make demo`, `make test`, `make check`. Needs Python 3.11 or later, git and make; nothing else.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-$(shell cat requirements/runtime.txt 2>/dev/null | cksum | tr -d ' ')
DEV := $(VENV)/.dev-$(shell cat requirements/dev.txt 2>/dev/null | cksum | tr -d ' ')
PIP := $(BIN)/python -m pip install --disable-pip-version-check --no-input -q --require-hashes --only-binary :all:
UV ?= uv

.PHONY: demo test check bench lock clean
.DEFAULT_GOAL := demo

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "需要 Python 3.11 或更新版本。已安装在别处时:make PYTHON=/路径/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "不能建立 Python 环境:缺少 venv 模块(Debian、Ubuntu:apt-get install python3-venv)。"; exit 1; }

$(RUNTIME): $(BIN)/python
	@echo "正在按锁定的版本安装依赖(首次约一分钟)……"
	@$(PIP) -r requirements/runtime.txt || { echo "依赖没有装成:请检查网络和软件源(可用 PIP_INDEX_URL 指定内网源)。"; exit 1; }
	@rm -f $(VENV)/.runtime-* && touch $@

$(DEV): $(BIN)/python
	@echo "正在按锁定的版本安装依赖和检查工具……"
	@$(PIP) -r requirements/dev.txt || { echo "依赖没有装成:请检查网络和软件源(可用 PIP_INDEX_URL 指定内网源)。"; exit 1; }
	@rm -f $(VENV)/.runtime-* $(VENV)/.dev-* && touch $@ $(RUNTIME)

# The whole product on this machine with the demo city; PORT and LVZE_VAR change port and data folder.
demo: $(RUNTIME)
	@exec $(BIN)/python manage.py demo

test: $(DEV)
	@PYTHON_BIN=$(BIN)/python .ci/test

check: $(DEV)
	@BIN=$(BIN) .ci/check

bench: $(DEV)
	@$(BIN)/python -m benchmarks

# Resolves requirements/*.in anew; uv only resolves, pip installs.
lock:
	$(UV) pip compile --universal --python-version 3.11 --generate-hashes -q requirements/runtime.in -o requirements/runtime.txt
	$(UV) pip compile --universal --python-version 3.11 --generate-hashes -q requirements/dev.in -o requirements/dev.txt

# The environment and what tools left behind; var/ (data, keys) is never touched.
clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
