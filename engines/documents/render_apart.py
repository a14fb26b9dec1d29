"""Compiles one large document in a process of its own, so that its memory is given back when it is done."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SECONDS = 120


class CompiledApart(Exception):
    """The other process refused the document; the message is the compiler's."""


def compile_apart(order: dict[str, Any]) -> tuple[list[bytes], list[str]]:
    """Return the files and the warnings of an `order` (see `carry_out`), compiled by a fresh interpreter."""
    # A file handed over by its path would have to be cleaned up after a crash: pipes need no broom.
    done = subprocess.run(
        [sys.executable, "-I", str(Path(__file__))],
        check=False,
        input=json.dumps(order).encode(),
        capture_output=True,
        timeout=SECONDS,
    )
    if done.returncode != 0:
        raise CompiledApart(done.stderr.decode(errors="replace").strip().rpartition("\n")[2])
    head, _newline, body = done.stdout.partition(b"\n")
    report = json.loads(head)
    files, start = [], 0
    for size in report["sizes"]:
        files.append(body[start : start + size])
        start += size
    return files, report["warnings"]


def carry_out(order: dict[str, Any]) -> tuple[list[bytes], list[str]]:
    """Compile `source` with `inputs` from `root` with the fonts in `folders`; return files and warnings."""
    import typst  # slow to load, and only this process needs it

    fonts = typst.Fonts(False, False, order["folders"])
    compiler = typst.Compiler(root=order["root"], font_paths=fonts, ignore_system_fonts=True)
    out, warnings = compiler.compile_with_warnings(
        input=order["source"],
        format=order["format"],
        sys_inputs=order["inputs"],
        timestamp=datetime.fromtimestamp(order["moment"], UTC),
        **order["options"],
    )
    files = [out] if isinstance(out, bytes) else list(out or [])
    return files, [warning.message for warning in warnings]


def main() -> None:
    files, warnings = carry_out(json.loads(sys.stdin.buffer.read()))
    report = {"sizes": [len(file) for file in files], "warnings": warnings}
    sys.stdout.buffer.write(json.dumps(report).encode() + b"\n" + b"".join(files))


if __name__ == "__main__":
    main()
