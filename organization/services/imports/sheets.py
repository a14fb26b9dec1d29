"""The three sheets of the workbook, as an office keeps them."""

from engines.imports.spec import Column, Kind, SheetSpec
from organization.enums import PartyKind, PostKind, UnitKind

UNITS, POSTS, CHARGES = "单位", "人员职务", "班子分工"


def _labels(choices: type[UnitKind] | type[PartyKind] | type[PostKind]) -> dict[str, str]:
    return {str(choice.label): str(choice.value) for choice in choices}


UNIT_SHEET = SheetSpec(
    UNITS,
    (
        Column("code", "单位编码", ("编码", "单位代码"), Kind.CODE, required=True, max_length=40),
        Column("name", "单位名称", ("名称",), required=True, max_length=120),
        Column("kind", "单位类别", ("类别",), Kind.CHOICE, required=True, choices=_labels(UnitKind)),
        Column("party_name", "党组织名称", max_length=160),
        Column("party_kind", "党组织类别", (), Kind.CHOICE, choices=_labels(PartyKind)),
        Column("parent", "上级单位编码", ("上级编码", "上级单位"), Kind.CODE, max_length=40),
        Column("supervisor", "监督单位编码", ("监督单位",), Kind.CODE, max_length=40),
        Column("founded_on", "成立日期", (), Kind.DATE),
        Column("order", "排序", ("序号", "顺序"), Kind.INT),
    ),
    key=("code",),
    note="每个单位一行；编码已有的更新，没有的新设。",
)
POST_SHEET = SheetSpec(
    POSTS,
    (
        Column("unit", "单位编码", ("编码",), Kind.CODE, required=True, max_length=40),
        Column("name", "姓名", (), Kind.NAME, required=True, max_length=60),
        Column("title", "职务", (), required=True, max_length=120),
        Column("kind", "职务类别", (), Kind.CHOICE, required=True, choices=_labels(PostKind)),
        Column("rank", "职级", max_length=40),
        Column("started_on", "任职日期", (), Kind.DATE, required=True),
        Column("ended_on", "免职日期", (), Kind.DATE),
        Column("phone", "手机", ("手机号", "联系电话", "手机号码"), Kind.PHONE, max_length=20),
    ),
    key=("unit", "name", "title", "started_on"),
    required=False,
    note="一人多职的，每个职务一行。",
)
CHARGE_SHEET = SheetSpec(
    CHARGES,
    (
        Column("unit", "单位编码", ("编码",), Kind.CODE, required=True, max_length=40),
        Column("name", "姓名", (), Kind.NAME, required=True, max_length=60),
        Column("field", "分管领域", ("分管工作",), required=True, max_length=60),
        Column("note", "备注", max_length=200),
    ),
    key=("unit", "name", "field"),
    required=False,
    note="每人每个分管领域一行。",
)
SHEETS = (UNIT_SHEET, POST_SHEET, CHARGE_SHEET)
