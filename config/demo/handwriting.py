"""Drawn signatures of people who do not exist: their names in a script face, leaning and uneven, as a PNG."""

import zlib
from functools import lru_cache

import typst

from engines.documents.fonts import font_set

PIXELS_PER_INCH = 140
PAGE = """
#set page(width: auto, height: auto, margin: 6pt, fill: none)
#set text(font: "LXGW WenKai", size: 32pt, fill: rgb("#1f2933"), lang: "zh")
#let lean = float(sys.inputs.lean) * 1deg
#rotate(lean, reflow: true, skew(ax: -14deg, reflow: true, {
  for (n, sign) in sys.inputs.name.clusters().enumerate() {
    box(baseline: calc.rem(n * 5, 7) * 1pt - 3pt, text(size: 34pt - calc.rem(n * 3, 5) * 1.5pt, tracking: -3pt, sign))
  }
}))
"""


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    return typst.Compiler(font_paths=font_set().fonts, ignore_system_fonts=True)


@lru_cache(maxsize=512)
def drawn(name: str) -> bytes:
    """The same picture for the same name."""
    inputs = {"name": name, "lean": str(zlib.crc32(name.encode()) % 7 - 4)}
    return bytes(_compiler().compile(PAGE.encode(), format="png", ppi=PIXELS_PER_INCH, sys_inputs=inputs))
