"""Turns a context into the bytes of an archivable PDF (PDF/A-2u) that come out the same every time."""

import hashlib
import json
import logging
import re
import subprocess
import threading
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import typst
from cryptography.hazmat.primitives import hashes

from common.errors import DomainError
from engines.documents.fonts import ROLE_WORDS, FontSet, font_set, missing_characters
from engines.documents.render_apart import CompiledApart, compile_apart

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "documents"
STANDARD = "a-2u"
# The compiler keeps what it worked on for ten more documents: a list of 500 rows costs 70 MB, so it is made apart.
MANY_WORDS = 1_500
MOST_WORDS = 40_000
MISSING_MARK = "〓"  # what Chinese printers put where a character is lacking

logger = logging.getLogger(__name__)
_lock = threading.Lock()  # a typst compiler serves one caller at a time


class RenderFailed(Exception):
    """A template and its data do not fit: a fault of the program, not of the person."""


@dataclass(frozen=True)
class Digests:
    """The two fingerprints of a text, in lower-case hex."""

    sha256: str
    sm3: str


def render(
    template: str,
    data: Mapping[str, Any],
    *,
    now: datetime,
    missing: Literal["refuse", "mark"] = "refuse",
    tagged: bool = True,
) -> bytes:
    """Return the PDF of `templates/documents/<template>.typ` filled with `data`, dated `now`.

    `data` holds str, numbers, bool, None, lists, dicts, and bytes (images). Text is data: nothing in it is read as
    markup. Same data and same `now` give the same bytes. Characters no font can show are refused with a sentence,
    or replaced by 〓 where `missing="mark"`. A naive `now` is refused. `tagged` writes the structure that screen readers
    use; a long table is a fifteenth of the size without it.
    """
    if now.tzinfo is None:
        raise ValueError("now must be time-zone aware")
    options = {"pdf_standards": [STANDARD], "pdf_tags": tagged}
    return _compile(template, data, now=now, missing=missing, kind="pdf", options=options)[0]


def render_pages(template: str, data: Mapping[str, Any], *, now: datetime, ppi: float = 96) -> list[bytes]:
    """Return one PNG per page of the same document, for a preview on the screen; lacking characters show as 〓."""
    return _compile(template, data, now=now, missing="mark", kind="png", options={"ppi": ppi})


def content_digests(data: Any) -> Digests:
    """Return the fingerprints of a text given as JSON-like data: keys sorted, no spaces, UTF-8."""
    raw = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return bytes_digests(raw)


def bytes_digests(raw: bytes) -> Digests:
    """Return SHA-256 and SM3 (GB/T 32905) of `raw`."""
    sm3 = hashes.Hash(hashes.SM3())
    sm3.update(raw)
    return Digests(hashlib.sha256(raw).hexdigest(), sm3.finalize().hex())


def _compile(
    template: str,
    data: Mapping[str, Any],
    *,
    now: datetime,
    missing: str,
    kind: Literal["pdf", "png"],
    options: dict[str, Any],
) -> list[bytes]:
    source = _template(template)
    loaded = font_set()
    ready = inert(data)
    words = list(_strings(ready))
    if len(words) > MOST_WORDS:
        raise DomainError(
            f"内容太多（{len(words):,} 格），没有生成文件。",
            remedy="请先筛选，缩小范围后再打印；全部数据请导出 Excel。",
        )
    if lacking := missing_characters("".join(words)):
        if missing == "refuse":
            raise _no_glyph(lacking)
        ready = _mark(ready, lacking)
    order = {
        "source": str(source),
        "root": str(TEMPLATES),
        "format": kind,
        "folders": list(loaded.folders),
        "inputs": {
            "data": json.dumps(ready, ensure_ascii=False),
            "faces": json.dumps({role: loaded.stack(role) for role in ROLE_WORDS}),
        },
        # A whole second: the file holds no finer time, and the same letter must give the same bytes.
        "moment": int(now.timestamp()),
        "options": options,
    }
    try:
        files, warnings = compile_apart(order) if len(words) > MANY_WORDS else _compile_here(order, loaded)
    except (typst.TypstError, CompiledApart, subprocess.TimeoutExpired) as error:
        raise RenderFailed(f"{template}: {error}") from error
    for warning in warnings:
        logger.warning("document template %s: %s", template, warning)
    if not files:
        raise RenderFailed(f"{template}: the compiler gave nothing")
    return files


def _compile_here(order: dict[str, Any], loaded: FontSet) -> tuple[list[bytes], list[str]]:
    with _lock:
        out, warnings = _compiler(loaded).compile_with_warnings(
            input=Path(order["source"]),
            format=order["format"],
            sys_inputs=order["inputs"],
            timestamp=datetime.fromtimestamp(order["moment"], UTC),
            **order["options"],
        )
    files = [out] if isinstance(out, bytes) else list(out or [])
    return files, [warning.message for warning in warnings]


def inert(value: Any) -> Any:
    """Return `value` as plain JSON data without control, direction-changing or half characters; refuses other types."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return "".join(c for c in value if _printable(c))
    if isinstance(value, bytes):
        return list(value)
    if isinstance(value, Mapping):
        return {str(key): inert(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [inert(item) for item in value]
    raise TypeError(f"a document cannot hold {type(value).__name__}; turn it into words first")


def _printable(character: str) -> bool:
    # Cf holds the marks that turn the direction of writing: a signed text would show other words than were meant.
    return character == "\n" or unicodedata.category(character) not in ("Cc", "Cf", "Cs")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list) and not (value and isinstance(value[0], int)):
        for item in value:
            yield from _strings(item)


def _mark(value: Any, lacking: set[str]) -> Any:
    if isinstance(value, str):
        return "".join(MISSING_MARK if c in lacking else c for c in value)
    if isinstance(value, dict):
        return {key: _mark(item, lacking) for key, item in value.items()}
    if isinstance(value, list) and not (value and isinstance(value[0], int)):
        return [_mark(item, lacking) for item in value]
    return value


def _no_glyph(lacking: set[str]) -> DomainError:
    shown = "、".join(f"「{c}」(U+{ord(c):04X})" for c in sorted(lacking)[:10])
    return DomainError(
        f"文中有 {len(lacking)} 个字没有可用的字体：{shown}，文件未生成。",
        remedy="请改用通行字形；确需使用的，请管理员把含有这个字的字体放进字体目录。",
    )


def _template(name: str) -> Path:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or not (path := TEMPLATES / f"{name}.typ").is_file():
        raise RenderFailed(f"no document template is called {name!r}")
    return path


@lru_cache(maxsize=2)
def _compiler(loaded: FontSet) -> typst.Compiler:
    # Loading 50 MB of fonts takes longer than setting a page: one compiler lives as long as the process.
    return typst.Compiler(root=TEMPLATES, font_paths=loaded.fonts, ignore_system_fonts=True)
