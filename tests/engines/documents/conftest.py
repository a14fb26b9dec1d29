"""A key folder and a file store of its own for every test, and one long letter."""

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import LazySettings

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(autouse=True)
def own_folders(settings: LazySettings, tmp_path: Path) -> None:
    settings.VAR = tmp_path / "var"
    settings.MEDIA_ROOT = tmp_path / "var" / "files"
    settings.LVZE_FONT_FOLDER = ""


@pytest.fixture
def letter() -> dict[str, Any]:
    clause = (
        "坚决维护党中央权威和集中统一领导，把党风廉政建设和反腐败工作同改革发展稳定工作同部署、同落实、同检查、同考核。"
        * 3
    )
    return {
        "title": "2026年度党风廉政建设\n目标管理责任书",
        "number": "云纪责〔2026〕12号",
        "preamble": ["根据市委统一部署，签订本责任书。"],
        "sections": [
            {"heading": "责任期限", "paragraphs": ["自2026年1月1日起至2026年12月31日止。"]},
            {
                "heading": "责任内容",
                "clauses": [{"heading": "加强领导。", "text": clause, "items": ["报市纪委备案。", "每季度研判1次。"]}]
                * 4,
            },
        ],
        "closing": ["本责任书自双方签字之日起生效。"],
        "parties": [
            {
                "role": "下达单位",
                "unit": "中共云川市委员会",
                "post": "市委书记",
                "name": "孙䶮",
                "typed": "孙䶮",
                "signed_on": "2026年3月31日",
            },
            {"role": "责任单位", "unit": "中共云川市财政局党组", "post": "党组书记", "name": "欧阳𠮷"},
        ],
        "record": None,
    }
