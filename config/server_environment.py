"""The environment variables of server mode: what each means, what it must look like, and all faults in one go."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


class ConfigurationError(Exception):
    """One or more variables are missing or wrong; the text names each in a sentence."""


@dataclass(frozen=True)
class Variable:
    """`read` returns the value or raises ValueError with the rest of the sentence「NAME …」."""

    name: str
    meaning: str
    read: Callable[[str], Any]
    default: str | None = None  # None: must be given


def secret_key(text: str) -> str:
    if len(text) < 50 or len(set(text)) < 5:
        raise ValueError(
            "至少要 50 个随机字符，可用 python3 -c 'import secrets; print(secrets.token_urlsafe(64))' 生成"
        )
    return text


def database_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise ValueError("应当写成 postgres://用户:密码@主机:5432/库名")
    return text


def broker_url(text: str) -> str:
    if urlsplit(text).scheme not in {"redis", "rediss", "redis+socket"}:
        raise ValueError("应当写成 redis://主机:6379/0（Redis 或 Valkey）")
    return text


def writable_folder(text: str) -> Path:
    path = Path(text)
    if not path.is_absolute():
        raise ValueError("应当是绝对路径")
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ValueError(f"这个文件夹不能写入（{error.strerror})") from error
    return path


def existing_folder(text: str) -> str:
    if text and not Path(text).is_dir():
        raise ValueError("这个文件夹不存在")
    return text


def hosts(text: str) -> list[str]:
    found = [host.strip() for host in text.split(",") if host.strip()]
    if not found:
        raise ValueError("至少写一个访问域名或地址，多个用英文逗号隔开")
    if "*" in found or any("/" in host for host in found):
        raise ValueError("只写域名或地址本身，不能写 *，不带 http:// 和路径")
    return found


def switch(text: str) -> bool:
    values = {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False}
    if text.lower() not in values:
        raise ValueError("只能是 on 或 off")
    return values[text.lower()]


def whole_number(lowest: int, highest: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not lowest <= int(text) <= highest:
            raise ValueError(f"应当是 {lowest} 到 {highest} 之间的整数")
        return int(text)

    return read


def fraction(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value <= 1:
        raise ValueError("应当是 0 到 1 之间的小数")
    return value


def log_level(text: str) -> str:
    if text not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ValueError("只能是 DEBUG、INFO、WARNING、ERROR 之一")
    return text


def web_address(text: str) -> str:
    parts = urlsplit(text)
    if text and (parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/") or parts.query):
        raise ValueError("应当写成 https://域名，不带路径")
    return text.rstrip("/")


def mail_url(text: str) -> str:
    if text and (urlsplit(text).scheme not in {"smtp", "smtp+tls", "smtp+ssl"} or not urlsplit(text).hostname):
        raise ValueError("应当写成 smtp+tls://账号:密码@主机:587（不加密的写 smtp://，SSL 的写 smtp+ssl://）")
    return text


def mail_address(text: str) -> str:
    if text and not re.fullmatch(r"[^@\s]+@[^@\s]+", text):
        raise ValueError("应当是一个邮箱地址")
    return text


def bind_address(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not text.startswith("unix:") and not (host and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError("应当写成 地址:端口 或 unix:/路径")
    return text


VARIABLES = [
    Variable("SECRET_KEY", "会话和表单防伪的密钥，各台机器相同", secret_key),
    Variable("DATABASE_URL", "PostgreSQL(15 以上）的地址", database_url),
    Variable("BROKER_URL", "Redis 或 Valkey 的地址，只用来叫醒后台进程", broker_url),
    Variable("ALLOWED_HOSTS", "用户访问时用的域名或地址，英文逗号隔开", hosts),
    Variable("LVZE_VAR", "上传、成文、密钥、日志所在的文件夹（多台机器时为共享目录）", writable_folder),
    Variable("LVZE_HTTPS", "是否只经 HTTPS 访问；off 只可用于没有证书的隔离内网", switch, "on"),
    Variable("LVZE_BEHIND_PROXY", "是否在反向代理之后（信任它的 X-Forwarded-Proto 和 X-Forwarded-For)", switch, "off"),
    Variable("LVZE_BIND", "网页服务监听的地址", bind_address, "127.0.0.1:8000"),
    Variable("LVZE_WEB_WORKERS", "网页服务的进程数", whole_number(1, 64), "2"),
    Variable("LVZE_WEB_THREADS", "每个网页进程的线程数", whole_number(1, 64), "4"),
    Variable("LVZE_SESSION_SECONDS", "多久不操作即退出登录（秒）", whole_number(300, 43200), "7200"),
    Variable("LVZE_MAX_UPLOAD_BYTES", "上传文件的上限（字节）", whole_number(1024, 1024**3), str(30 * 1024**2)),
    Variable("LVZE_SIMILARITY_THRESHOLD", "个性清单文字雷同到多少时提醒", fraction, "0.85"),
    Variable("LVZE_LETTERS_PER_SIGNER", "同一人一年签订的责任书多于几份时提醒", whole_number(1, 1000), "4"),
    Variable(
        "LVZE_PUBLIC_ADDRESS",
        "责任书二维码指向的网址（如 https://lvze.example.gov.cn），不填只印核验码",
        web_address,
        "",
    ),
    Variable("LVZE_MAIL_URL", "发提醒用的邮件服务器，如 smtp+tls://账号:密码@主机:587，不填不发邮件", mail_url, ""),
    Variable("LVZE_MAIL_FROM", "提醒邮件的发件地址", mail_address, ""),
    Variable("LVZE_WECOM_ADDRESS", "经代理或用私有版时企业微信机器人的网址，不填用官方网址", web_address, ""),
    Variable("LVZE_DINGTALK_ADDRESS", "经代理或用专有版时钉钉机器人的网址，不填用官方网址", web_address, ""),
    Variable("LVZE_FEISHU_ADDRESS", "经代理或用私有版时飞书机器人的网址，不填用官方网址", web_address, ""),
    Variable("LVZE_PLACE", "页面上方显示的地名，如「云川市」", str, ""),
    Variable("LVZE_OWNER", "页面下方显示的主办单位全称", str, ""),
    Variable("LVZE_FONT_FOLDER", "本单位自有的仿宋、小标宋等字体所在文件夹，不填用自带字体", existing_folder, ""),
    Variable("LVZE_LOG_LEVEL", "日志详细程度", log_level, "INFO"),
]


def read_or_exit(environ: Mapping[str, str]) -> dict[str, Any]:
    """For the settings module: ends the program with the sentences instead of a traceback."""
    try:
        return read_environment(environ)
    except ConfigurationError as error:
        raise SystemExit(str(error)) from None


def read_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Every variable by name. Refuses with all faults at once, each in its own sentence."""
    values: dict[str, Any] = {}
    faults: list[str] = []
    for variable in VARIABLES:
        text = environ.get(variable.name, "").strip()
        if not text and variable.default is None:
            faults.append(f"{variable.name} 没有设置：{variable.meaning}。")
            continue
        try:
            values[variable.name] = variable.read(text or variable.default or "")
        except ValueError as error:
            faults.append(f"{variable.name} 不对：{error}。")
    if faults:
        raise ConfigurationError("不能启动，请改正下列环境变量（说明见 docs/operations.md):\n" + "\n".join(faults))
    return values
