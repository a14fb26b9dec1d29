"""Fonts: what is covered, which face a role takes, an office's own folder."""

import shutil
from pathlib import Path

import pytest
from django.conf import LazySettings

from engines.documents import fonts
from engines.documents.fonts import FACES, font_set, fonts_state, missing_characters


def test_rare_characters_of_names_are_covered() -> None:
    assert missing_characters("喆堃䶮𬭚𠮷㛃𬭎翀旻赟淼犇骉燊甯靐㐱䜣𬍛𬱖") == set()


def test_every_character_of_gbk_is_covered() -> None:
    points = (bytes([high, low]) for high in range(0x81, 0xFF) for low in range(0x40, 0xFF))
    han = {c for pair in points if len(c := pair.decode("gbk", "ignore")) == 1 and "\u4e00" <= c <= "\u9fff"}
    assert len(han) > 20_000
    assert missing_characters("".join(han)) == set()


def test_what_cannot_be_shown_is_named() -> None:
    assert missing_characters("王\ue000\U0001f600，孙") == {"\ue000", "\U0001f600"}


def test_marks_without_a_glyph_are_not_missing() -> None:
    assert missing_characters("葛\U000e0100\u200d\n\t") == set()


def test_the_state_names_the_face_of_each_role() -> None:
    ok, words = fonts_state()
    assert ok
    assert "仿宋用 Zhuque Fangsong，小标宋用 Noto Serif SC，黑体用 Noto Sans SC，楷体用 LXGW WenKai" in words


def test_a_folder_that_is_not_there_is_said(settings: LazySettings) -> None:
    settings.LVZE_FONT_FOLDER = "/nowhere/fonts"
    ok, words = fonts_state()
    assert not ok
    assert "/nowhere/fonts" in words


def test_fonts_of_the_office_lead_their_role(
    settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(FACES / "LXGWWenKai-Regular.ttf", tmp_path / "simfang.ttf")
    monkeypatch.setitem(fonts.OFFICE_FAMILIES, "fangsong", ("FangSong_GB2312", "LXGW WenKai"))
    settings.LVZE_FONT_FOLDER = str(tmp_path)
    assert font_set().stack("fangsong")[0] == "LXGW WenKai"
    assert font_set().stack("fangsong")[1] == "Zhuque Fangsong"


def test_the_fonts_delivered_are_those_written_down() -> None:
    import hashlib

    notes = (FACES / "README.md").read_text()
    files = sorted(FACES.glob("*.ttf"))
    assert len(files) == 3
    for file in files:
        assert f"{file.name} " in notes
        assert hashlib.sha256(file.read_bytes()).hexdigest() in notes
