"""Which font files documents are set in, what each official role is set with, and which characters they cover."""

import struct
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import pylopdf_fonts_zh_cn
import typst
from django.conf import settings

Role = Literal["fangsong", "title", "hei", "kai", "song"]

FACES = Path(__file__).parent / "faces"

# Family names under which offices have the faces that GB/T 9704 names; the first one found leads its role.
OFFICE_FAMILIES: dict[Role, tuple[str, ...]] = {
    "fangsong": ("FangSong_GB2312", "仿宋_GB2312", "FangSong", "仿宋", "STFangsong", "华文仿宋", "FZFangSong-Z02S"),
    "title": ("FZXiaoBiaoSong-B05S", "FZXiaoBiaoSong-B05", "方正小标宋简体", "方正小标宋_GBK", "FZXBSJW--GB1-0"),
    "hei": ("SimHei", "黑体", "STHeiti", "华文黑体", "FZHei-B01S"),
    "kai": ("KaiTi_GB2312", "楷体_GB2312", "KaiTi", "楷体", "STKaiti", "华文楷体", "FZKai-Z03S"),
    "song": ("SimSun", "宋体", "STSong", "华文宋体"),
}
# Ours, open and delivered; the last two of every role cover the rare characters of names.
OWN_FAMILIES: dict[Role, tuple[str, ...]] = {
    "fangsong": ("Zhuque Fangsong",),
    "title": (),
    "hei": ("Noto Sans SC",),
    "kai": ("LXGW WenKai",),
    "song": (),
}
LAST_RESORT = ("Noto Serif SC", "LXGW WenKai", "Noto Sans SC")
REQUIRED = ("Noto Serif SC", "Noto Sans SC", "LXGW WenKai", "Zhuque Fangsong")
ROLE_WORDS: dict[Role, str] = {"fangsong": "仿宋", "title": "小标宋", "hei": "黑体", "kai": "楷体", "song": "宋体"}
RARE_NAMES = "喆堃䶮𬭚𠮷"
# Joiners and variation selectors have no glyph of their own.
GLYPHLESS = frozenset("\n\t\u200b\u200d\ufeff") | {chr(c) for c in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))}


@dataclass(frozen=True, eq=False)
class FontSet:
    """The loaded fonts of this process and what they cover."""

    fonts: typst.Fonts
    families: frozenset[str]
    covered: frozenset[int]
    folders: tuple[str, ...]
    problem: str = ""

    def stack(self, role: Role) -> list[str]:
        """Return the families a role is set in, the office's own first, the ones for rare characters last."""
        office = [family for family in OFFICE_FAMILIES[role] if family in self.families]
        stack = [*office, *(f for f in OWN_FAMILIES[role] if f in self.families), *LAST_RESORT]
        return list(dict.fromkeys(stack))


def font_set() -> FontSet:
    """Return the fonts of the product and of `settings.LVZE_FONT_FOLDER`, loaded once per process and folder."""
    return _load(str(getattr(settings, "LVZE_FONT_FOLDER", "") or ""))


def missing_characters(text: str) -> set[str]:
    """Return the characters of `text` that no loaded font can show (rare names, emoji, private codes)."""
    covered = font_set().covered
    return {c for c in set(text) if ord(c) not in covered and c not in GLYPHLESS}


def fonts_state() -> tuple[bool, str]:
    """Return whether documents can be set, and a sentence that names the face used for each role."""
    try:
        loaded = font_set()
    except OSError as error:
        return False, f"字体文件无法读取：{error}。"
    absent = [family for family in REQUIRED if family not in loaded.families]
    if absent:
        return False, f"缺少随产品提供的字体：{'、'.join(absent)}。请重新安装程序文件。"
    if loaded.problem:
        return False, loaded.problem
    if rare := missing_characters(RARE_NAMES):
        return False, f"字体缺少姓名用字：{'、'.join(sorted(rare))}。"
    used = "，".join(f"{ROLE_WORDS[role]}用 {loaded.stack(role)[0]}" for role in ROLE_WORDS)
    return True, f"{used}。"


@lru_cache(maxsize=4)
def _load(office_folder: str) -> FontSet:
    paths = [Path(pylopdf_fonts_zh_cn.serif_path()), Path(pylopdf_fonts_zh_cn.sans_path()), FACES]
    problem = ""
    if office_folder:
        if Path(office_folder).is_dir():
            paths.append(Path(office_folder))
        else:
            problem = f"设置的字体目录不存在：{office_folder}。已改用随产品提供的字体。"
    folders = tuple(dict.fromkeys(str(path if path.is_dir() else path.parent) for path in paths))
    fonts = typst.Fonts(False, False, list(folders))
    infos = fonts.fonts()
    covered: set[int] = set()
    for info in infos:
        # Every role ends in these families, so what they cover can be shown everywhere.
        if info.path and info.family in LAST_RESORT:
            covered |= covered_by(Path(info.path), info.index)
    return FontSet(fonts, frozenset(info.family for info in infos), frozenset(covered), folders, problem)


def covered_by(path: Path, index: int = 0) -> set[int]:
    """Return the code points that a TrueType or OpenType file maps to a glyph (its `cmap`, formats 4 and 12)."""
    data = path.read_bytes()
    start = struct.unpack_from(">I", data, 12 + 4 * index)[0] if data[:4] == b"ttcf" else 0
    (tables,) = struct.unpack_from(">H", data, start + 4)
    for record in range(start + 12, start + 12 + 16 * tables, 16):
        if data[record : record + 4] == b"cmap":
            (offset,) = struct.unpack_from(">I", data, record + 8)
            return _read_cmap(data, offset)
    return set()


def _read_cmap(data: bytes, cmap: int) -> set[int]:
    found: set[int] = set()
    (count,) = struct.unpack_from(">H", data, cmap + 2)
    for record in range(cmap + 4, cmap + 4 + 8 * count, 8):
        platform, _encoding, offset = struct.unpack_from(">HHI", data, record)
        if platform not in (0, 3):
            continue
        table = cmap + offset
        (kind,) = struct.unpack_from(">H", data, table)
        if kind == 12:
            found |= _format_12(data, table)
        elif kind == 4:
            found |= _format_4(data, table)
    return found


def _format_12(data: bytes, table: int) -> set[int]:
    (groups,) = struct.unpack_from(">I", data, table + 12)
    found: set[int] = set()
    for group in range(table + 16, table + 16 + 12 * groups, 12):
        first, last, _glyph = struct.unpack_from(">III", data, group)
        found.update(range(first, last + 1))
    return found


def _format_4(data: bytes, table: int) -> set[int]:
    (double,) = struct.unpack_from(">H", data, table + 6)
    ends = struct.unpack_from(f">{double // 2}H", data, table + 14)
    starts = struct.unpack_from(f">{double // 2}H", data, table + 16 + double)
    return {point for first, last in zip(starts, ends, strict=True) for point in range(first, last + 1)} - {0xFFFF}
