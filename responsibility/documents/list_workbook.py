"""Lists in Excel: the sheets that are read and written, so that what is exported comes back without a change."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from engines.documents import sheet
from engines.imports.problems import Problem
from engines.imports.reading import Row
from engines.imports.spec import Column, Kind, SheetSpec
from engines.imports.template import blank_workbook
from engines.imports.workbook import open_workbook
from responsibility.documents.list_yaml import Read
from responsibility.enums import DutyKind, Per, Subject
from responsibility.rules.frequency import Frequency, refusal_of
from responsibility.rules.list_file import (
    EMPTY_CONTENT,
    ItemInFile,
    ListInFile,
    SituationInFile,
    points_of,
    usual_duty_kind,
)

SUBJECTS = {label: value for value, label in Subject.choices} | {name.upper(): name for name in Subject.values}
IDENTITY = (
    Column("year", "年度", kind=Kind.INT, required=True),
    Column("subject", "责任主体", kind=Kind.CHOICE, choices=SUBJECTS, required=True),
    Column("variant", "适用对象", max_length=40, note="同一主体分几份清单时填写，如：分管领导。"),
)
KEY = ("year", "subject", "variant")
LISTS = SheetSpec(
    "清单",
    (
        *IDENTITY,
        Column("title", "清单名称", required=True, max_length=120),
        Column("duty_kind", "责任类别", kind=Kind.CHOICE, choices={label: value for value, label in DutyKind.choices}),
        Column("source_title", "来源文章"),
        Column("source_author", "来源作者", max_length=120),
        Column("source_year", "来源年份", kind=Kind.INT),
        Column("source_kind", "来源类别", max_length=40),
        Column("source_url", "来源网址", max_length=300),
        Column("source_completeness", "来源完整程度"),
        Column("declared_item_count", "来源写明的事项数", kind=Kind.INT),
        Column("notes", "说明", max_length=4000, multiline=True),
    ),
    key=KEY,
)
CATEGORIES = SheetSpec(
    "类别", (*IDENTITY, Column("name", "类别名称", required=True, max_length=120)), key=(*KEY, "name")
)
ITEMS = SheetSpec(
    "事项",
    (
        *IDENTITY,
        Column("category", "类别", max_length=120),
        Column("content", "责任内容", required=True, max_length=2000, multiline=True),
        Column("measures", "具体措施", max_length=4000, multiline=True),
        Column("requirement", "工作要求", max_length=2000, multiline=True),
        Column("per", "频次", kind=Kind.CHOICE, choices={label: value for value, label in Per.choices}),
        Column("times", "至少次数", kind=Kind.INT),
        Column("event", "遇何事项", max_length=120),
        Column("due_on", "完成期限", kind=Kind.DATE),
        Column("due_words", "期限表述", max_length=60, note="如：4月底前。没有确切日期时填写。"),
        Column("responsible_leader", "责任领导", max_length=120),
        Column("lead_office", "牵头单位", max_length=120),
        Column("supporting_offices", "配合单位", max_length=300),
        Column("supervising_body", "监督主体", max_length=120),
        Column("evidence", "佐证材料", max_length=500),
        Column("points", "分值", max_length=10),
        Column("basis_document", "依据文件"),
        Column("basis_article", "依据条款", max_length=60),
        Column("key", "事项标识", max_length=40, note="由系统编号，新增事项留空。"),
    ),
)
SITUATIONS = SheetSpec(
    "负面清单",
    (
        *IDENTITY,
        Column("text", "问责情形", required=True, max_length=2000, multiline=True),
        Column("basis", "依据"),
        Column("items", "对应事项序号", note="本清单事项的序号，用顿号分开，如：1、3。"),
    ),
    required=False,
)
SPECS = (LISTS, CATEGORIES, ITEMS, SITUATIONS)
HEAD = tuple(column.key for column in LISTS.columns if column.key not in KEY)
Identity = tuple[int, str, str]


def template() -> bytes:
    """The blank workbook."""
    return blank_workbook(SPECS)


def read_workbook(data: bytes) -> Read:
    """The lists of the workbook with every problem at its cell. Raises DomainError where the file cannot be read."""
    reading = open_workbook(data).read(SPECS)
    problems: list[Problem] = list(reading.problems)
    known = {_identity(row): row for row in reading.good(LISTS.name)}
    grouped: dict[str, dict[Identity, list[Row]]] = {spec.name: {} for spec in SPECS}
    for spec in SPECS[1:]:
        for row in reading.good(spec.name):
            if _identity(row) not in known:
                words = "「清单」表里没有这一年度、主体和适用对象的清单。"
                problems.append(row.problem("subject", words, "请先在「清单」表里写一行。"))
            grouped[spec.name].setdefault(_identity(row), []).append(row)
    lists = [
        _list(row, [grouped[spec.name].get(identity, []) for spec in SPECS[1:]], problems)
        for identity, row in known.items()
    ]
    return Read(lists, problems)


def _identity(row: Row) -> Identity:
    return row["year"], row["subject"], row["variant"] or ""


def _list(row: Row, parts: Sequence[list[Row]], problems: list[Problem]) -> ListInFile:
    categories, items, situations = parts
    year, subject, variant = _identity(row)
    head = {name: row[name] if name in NUMBERS else row[name] or "" for name in HEAD}
    head["duty_kind"] = row["duty_kind"] or usual_duty_kind(subject)
    names = [one["name"] for one in categories]
    read = [_item(one, names, problems) for one in items]
    negative = tuple(_situation(one, len(items), problems) for one in situations)
    return ListInFile(year, subject, variant, head, tuple(names), tuple(read), negative)


NUMBERS = {"source_year", "declared_item_count"}


def _item(row: Row, categories: Sequence[str], problems: list[Problem]) -> ItemInFile:
    content = EMPTY_CONTENT | {name: row[name] for name in EMPTY_CONTENT if row[name] is not None}
    content["per"] = row["per"] or str(Per.OPEN)
    try:
        content["points"] = points_of(str(row["points"] or ""))
    except ValueError:
        content["points"] = None
        problems.append(row.problem("points", "分值不是 0 至 9999 之间的数。"))
    if refusal := refusal_of(
        Frequency(content["per"], content["times"], content["event"], content["due_on"], content["due_words"])
    ):
        problems.append(row.problem("per", refusal))
    category = row["category"] or ""
    if category and category not in categories:
        problems.append(row.problem("category", "「类别」表里没有这个类别。", "请先在「类别」表里写一行。"))
    return ItemInFile(content, category, _key(row, problems))


def _key(row: Row, problems: list[Problem]) -> str:
    text = row["key"] or ""
    try:
        return str(uuid.UUID(text)) if text else ""
    except ValueError:
        problems.append(row.problem("key", "事项标识不对。", "请清空这一格，由系统编号。"))
        return ""


def _situation(row: Row, count: int, problems: list[Problem]) -> SituationInFile:
    numbers = [part.strip() for part in str(row["items"] or "").replace("，", "、").replace(",", "、").split("、")]
    good = tuple(int(n) for n in numbers if n.isascii() and n.isdigit() and 1 <= int(n) <= count)
    if len(good) != len([n for n in numbers if n]):
        problems.append(row.problem("items", f"对应事项序号须在 1 至 {count} 之间。", "请用顿号分开，如：1、3。"))
    return SituationInFile(row["text"], row["basis"] or "", good)


def write_workbook(lists: Iterable[ListInFile], *, exporter: str, now: datetime) -> bytes:
    """The lists in the same sheets; reading them again gives the same lists."""
    rows: dict[str, list[list[Any]]] = {spec.name: [] for spec in SPECS}
    for one in lists:
        identity = [one.year, Subject(one.subject).label, one.variant]
        head = {**one.head, "duty_kind": DutyKind(one.head["duty_kind"]).label}
        rows[LISTS.name].append([*identity, *(head.get(name) for name in HEAD)])
        rows[CATEGORIES.name] += [[*identity, name] for name in one.categories]
        rows[ITEMS.name] += [[*identity, *_written(item)] for item in one.items]
        rows[SITUATIONS.name] += [
            [*identity, each.text, each.basis, "、".join(map(str, each.items))] for each in one.situations
        ]
    sheets = [sheet.Sheet(spec.name, [_column(column) for column in spec.columns], rows[spec.name]) for spec in SPECS]
    return sheet.workbook(sheets, exporter=exporter, now=now, line="none")


def _written(item: ItemInFile) -> list[Any]:
    values = {**item.content, "category": item.category, "key": item.key, "per": Per(item.content["per"]).label}
    values["points"] = "" if values["points"] is None else f"{values['points']:f}"
    return [values[column.key] for column in ITEMS.columns if column.key not in KEY]


def _column(column: Column) -> sheet.Column:
    kind: sheet.Kind = {Kind.INT: "number", Kind.DATE: "date"}.get(column.kind, "text")  # type: ignore[assignment]
    return sheet.Column(column.header, 40 if column.max_length > 300 else 16, kind)
