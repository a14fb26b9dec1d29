"""Server mode starts only with a complete and right environment, and says everything that is wrong at once."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from config.client_address import address_behind_proxy
from config.server_environment import VARIABLES, ConfigurationError, read_environment

ROOT = Path(__file__).resolve().parents[2]


def complete(tmp_path: Path) -> dict[str, str]:
    return {
        "SECRET_KEY": "k3Y-" + "0123456789abcdefgh" * 4,
        "DATABASE_URL": "postgres://lvze:pw@127.0.0.1:1/lvze",
        "BROKER_URL": "redis://127.0.0.1:1/0",
        "ALLOWED_HOSTS": "lvze.example.gov.cn, 10.0.0.8",
        "LVZE_VAR": str(tmp_path / "var"),
    }


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    inherited = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "config.settings.server",
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_complete_environment_gives_every_value(tmp_path: Path) -> None:
    values = read_environment(complete(tmp_path))
    assert set(values) == {variable.name for variable in VARIABLES}
    assert values["ALLOWED_HOSTS"] == ["lvze.example.gov.cn", "10.0.0.8"]
    assert values["LVZE_HTTPS"] is True
    assert (values["LVZE_WEB_WORKERS"], values["LVZE_SIMILARITY_THRESHOLD"]) == (2, 0.85)


def test_all_missing_variables_are_named_at_once() -> None:
    with pytest.raises(ConfigurationError) as refusal:
        read_environment({})
    for name in ("SECRET_KEY", "DATABASE_URL", "BROKER_URL", "ALLOWED_HOSTS", "LVZE_VAR"):
        assert f"{name} 没有设置" in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SECRET_KEY", "short", "至少要 50 个随机字符"),
        ("SECRET_KEY", "a" * 80, "至少要 50 个随机字符"),
        ("DATABASE_URL", "mysql://u:p@h/db", "postgres://"),
        ("DATABASE_URL", "postgres://u:p@h:5432", "postgres://"),
        ("BROKER_URL", "amqp://h", "redis://"),
        ("ALLOWED_HOSTS", "*", "不能写 *"),
        ("ALLOWED_HOSTS", "https://lvze.example.cn", "不带 http://"),
        ("ALLOWED_HOSTS", " , ", "至少写一个"),
        ("LVZE_VAR", "var", "绝对路径"),
        ("LVZE_VAR", "/proc/lvze", "不能写入"),
        ("LVZE_HTTPS", "yes please", "on 或 off"),
        ("LVZE_BIND", "8000", "地址:端口"),
        ("LVZE_BIND", "0.0.0.0:99999", "地址:端口"),
        ("LVZE_WEB_WORKERS", "0", "1 到 64"),
        ("LVZE_WEB_THREADS", "四", "1 到 64"),
        ("LVZE_SESSION_SECONDS", "5", "300 到 43200"),
        ("LVZE_MAX_UPLOAD_BYTES", "-1", "整数"),
        ("LVZE_SIMILARITY_THRESHOLD", "85", "0 到 1"),
        ("LVZE_SIMILARITY_THRESHOLD", "nan", "0 到 1"),
        ("LVZE_PUBLIC_ADDRESS", "lvze.example.cn/letters", "https://域名"),
        ("LVZE_FONT_FOLDER", "/no/such/folder", "不存在"),
        ("LVZE_LOG_LEVEL", "LOUD", "DEBUG、INFO"),
    ],
)
def test_a_wrong_variable_is_named_with_what_it_should_be(tmp_path: Path, name: str, value: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        read_environment(complete(tmp_path) | {name: value})
    lines = str(refusal.value).splitlines()[1:]
    assert len(lines) == 1
    assert lines[0].startswith(f"{name} ")
    assert words in lines[0]


def test_secrets_are_not_repeated_in_a_refusal(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        read_environment(complete(tmp_path) | {"SECRET_KEY": "hunter2", "DATABASE_URL": "mysql://u:hunter3@h/db"})
    assert "hunter" not in str(refusal.value)


@pytest.mark.parametrize(
    "arguments",
    [
        ("manage.py", "check"),
        ("-m", "gunicorn", "-c", "python:config.gunicorn", "config.wsgi:application"),
        ("-m", "celery", "-A", "config", "worker"),
    ],
    ids=["manage", "web", "worker"],
)
def test_every_program_names_the_faults_without_a_traceback(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    environment = complete(tmp_path)
    del environment["BROKER_URL"]
    environment["ALLOWED_HOSTS"] = "*"
    result = run(environment, *arguments)
    assert result.returncode != 0
    assert "BROKER_URL 没有设置" in result.stderr
    assert "ALLOWED_HOSTS 不对" in result.stderr
    assert "Traceback" not in result.stderr + result.stdout


def test_an_unreachable_database_is_named_before_serving(tmp_path: Path) -> None:
    result = run(complete(tmp_path), "manage.py", "prepare")
    assert result.returncode == 1
    assert "数据库连不上" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_demo_does_not_run_on_a_servers_settings(tmp_path: Path) -> None:
    result = run(complete(tmp_path), "manage.py", "demo")
    assert result.returncode == 1
    assert "不能用于正式安装" in result.stderr


def test_the_deployment_checks_find_nothing(tmp_path: Path) -> None:
    result = run(complete(tmp_path), "manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert result.returncode == 0, result.stderr


def test_every_setting_of_the_house_can_be_given_in_server_mode() -> None:
    text = (ROOT / "config" / "settings" / "base.py").read_text()
    read = set(re.findall(r"env\.\w+\(\s*\"(LVZE_[A-Z_]+)\"", text))
    assert read
    assert read <= {variable.name for variable in VARIABLES}


def test_every_variable_is_documented_and_none_besides() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    documented = dict(re.findall(r"^\| `([A-Z_]+)` \|[^|]*\| ([^|]*) \|", text, flags=re.MULTILINE))
    assert set(documented) == {variable.name for variable in VARIABLES}
    for variable in VARIABLES:
        expected = "必填" if variable.default is None else f"`{variable.default}`" if variable.default else "空"
        assert documented[variable.name].strip() == expected, variable.name


def test_the_example_environment_holds_every_required_variable() -> None:
    text = (ROOT / "deploy" / "lvze.env.example").read_text()
    given = set(re.findall(r"^#?\s?([A-Z_]+)=", text, flags=re.MULTILINE))
    assert {variable.name for variable in VARIABLES} <= given | {"DJANGO_SETTINGS_MODULE"}


def test_behind_a_proxy_only_its_own_entry_counts(rf) -> None:
    request = rf.get("/", HTTP_X_FORWARDED_FOR="1.2.3.4, 10.0.0.9", REMOTE_ADDR="10.0.0.1")
    assert address_behind_proxy(request) == "10.0.0.9"
    assert address_behind_proxy(rf.get("/", REMOTE_ADDR="10.0.0.1")) == "10.0.0.1"


def test_a_command_without_its_database_says_so_in_a_sentence(tmp_path: Path) -> None:
    result = run(complete(tmp_path), "manage.py", "migrate", "--skip-checks")
    assert result.returncode == 1
    assert "数据库没有应答" in result.stderr
    assert "Traceback" not in result.stderr
