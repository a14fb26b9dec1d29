"""Cleans what people paste into cells without losing a character that means something."""

import re
import unicodedata

SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
# Marks nobody sees: zero width, byte order, direction overrides (which can disguise a name), soft hyphen.
INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u00ad"
LINES = {"\u2028": "\n", "\u2029": "\n"}
CLEANED = str.maketrans({**dict.fromkeys(SPACES, " "), **dict.fromkeys(INVISIBLE, None), **LINES})
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
PRIVATE = re.compile(r"[\ue000-\uf8ff\U000f0000-\U0010ffff]")
LINE_BREAK = re.compile(r"[ \t]*[\r\n\t]+[ \t]*")
CJK = "\u2e80-\u9fff\uf900-\ufaff\uff01-\uff60\U00020000-\U0003ffff"
INNER_SPACE = re.compile(rf"(?<=[{CJK}])\s+(?=[{CJK}])")
DOTS = re.compile("[\u2022\u30fb\u2027\u2219.\u22c5\uff0e]")  # what people type for the middle dot of a name
DASHES = re.compile("[\u2010-\u2015\u2212\ufe63]")


def is_plain(raw: str) -> bool:
    """Whether nothing needs cleaning; true of nearly every cell, so it is asked first."""
    return raw.isprintable() and raw == raw.strip() and unicodedata.is_normalized("NFC", raw)


def clean(raw: str, *, multiline: bool = False) -> str:
    """Trimmed (full-width spaces too), NFC, without invisible marks; line breaks only where they are wanted.

    A break inside a Chinese phrase is only the width of a cell and leaves no space. Rare characters stay as they are.
    """
    text = raw.replace("\r\n", "\n").translate(CLEANED)
    if multiline:
        text = "\n".join(line.strip() for line in text.replace("\r", "\n").split("\n"))
    else:
        text = INNER_SPACE.sub(lambda gap: "" if "\n" in gap.group() or "\r" in gap.group() else gap.group(), text)
        text = LINE_BREAK.sub(" ", text)
    return unicodedata.normalize("NFC", text.strip())


def clean_name(raw: str) -> str:
    """A person's name: 「张　三」 is 张三， and any dot in it is the middle dot."""
    if raw.isalpha() and unicodedata.is_normalized("NFC", raw):
        return raw
    return DOTS.sub("·", INNER_SPACE.sub("", clean(raw)))


def clean_code(raw: str) -> str:
    """A code: plain letters, digits and hyphens without spaces; case stays."""
    if raw.isascii() and raw.replace("-", "").isalnum():
        return raw
    return DASHES.sub("-", re.sub(r"\s+", "", unicodedata.normalize("NFKC", clean(raw))))
