"""Reads lists from YAML: plain data only, every problem with its line."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from common.errors import DomainError
from engines.imports.nearest import nearest
from engines.imports.problems import Problem, Severity, shown
from responsibility.enums import DutyKind, Per, Subject
from responsibility.rules.frequency import Frequency, refusal_of
from responsibility.rules.list_file import (
    EMPTY_CONTENT,
    USUAL_TITLES,
    ItemInFile,
    ListInFile,
    SituationInFile,
    due_of,
    points_of,
    usual_duty_kind,
)

MAX_BYTES = 2 * 1024 * 1024
MAX_EVENTS = 200_000
MAX_DEPTH = 12
LONGEST = {"content": 2000, "measures": 4000, "requirement": 2000, "evidence": 500, "supporting_offices": 300}
SHORT = 200
WHERE = "清单文件"
SUBJECTS = {name.upper(): name for name in Subject.values} | {label: value for value, label in Subject.choices}
PERS = {name: name for name in Per.values} | {"half_year": "half", "timely": "continuous"}
PERS |= {"by_date": "date"} | {label: value for value, label in Per.choices}
# Shorter names by which authored files call the same columns.
ALIASES = {
    "lead": "lead_office",
    "supporting": "supporting_offices",
    "leader": "responsible_leader",
    "supervisor": "supervising_body",
    "duty": "duty_kind",
    "content": "text",
}
ROOT_KEYS = ("source", "year", "lists", "categories", "reserved_fields", "notes")
SOURCE_KEYS = ("title", "author", "year", "kind", "url", "completeness")
LIST_KEYS = (
    *("subject", "variant", "title", "duty_kind", "year", "categories", "items", "item_count", "negative", "notes"),
)
CATEGORY_KEYS = ("name", "items")
FREQUENCY_KEYS = ("per", "min", "event")
BASIS_KEYS = ("document", "article")
SITUATION_KEYS = ("text", "basis", "items")
TEXT_KEYS = (
    *("measures", "requirement", "lead_office", "supporting_offices", "responsible_leader", "supervising_body"),
    "evidence",
)
ITEM_KEYS = ("text", "subject", "frequency", "due", "points", "basis", "key", *TEXT_KEYS)


@dataclass
class Read:
    """What a file says, and what is wrong with it."""

    lists: list[ListInFile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def has_errors(self) -> bool:
        return any(problem.is_error for problem in self.problems)


@dataclass(frozen=True)
class Value:
    """A node of the file with its line; `data` is text, a list of values or a mapping of values."""

    data: Any
    line: int

    @property
    def text(self) -> str:
        return self.data.strip() if isinstance(self.data, str) else ""


def read_yaml(data: bytes) -> Read:
    """The lists of the file. Raises DomainError where it cannot be read at all or is not plain data."""
    root = _tree(data)
    reader = _Reader()
    reader.read(root)
    return Read(reader.lists, reader.problems)


# ------------------------------------------------------------------------------------------- text to plain values


def _tree(data: bytes) -> Value:
    if len(data) > MAX_BYTES:
        raise DomainError(
            f"YAML 文件超过 {MAX_BYTES // 1024 // 1024} MB，没有读取。", remedy="请按年度或主体分成几个文件。"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DomainError("文件不是 UTF-8 编码的文本，没有读取。", remedy="请用 UTF-8 编码另存后再传。") from error
    try:
        _ensure_plain(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DomainError(
            f"第 {line} 行不合 YAML 的写法，文件没有读取。", remedy="请核对这一行的缩进、冒号和括号。"
        ) from error
    except yaml.YAMLError as error:
        raise DomainError("文件里有 YAML 不允许的字符，没有读取。", remedy="请用纯文本编辑器另存后再传。") from error
    if node is None:
        raise DomainError("文件是空的。")
    return _value(node)


def _ensure_plain(text: str) -> None:
    """Refuses what plain lists never need and attacks do: anchors, aliases, tags, several documents, deep nesting."""
    depth = documents = 0
    for count, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
        line = (event.start_mark.line if event.start_mark else 0) + 1
        if count > MAX_EVENTS:
            raise DomainError("文件内容过多，没有读取。", remedy="请按年度或主体分成几个文件。")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise DomainError(f"第 {line} 行用了引用（& 或 *），没有读取。", remedy="请把内容直接写出来。")
        if getattr(event, "tag", None):
            raise DomainError(f"第 {line} 行用了类型标记（!），没有读取。", remedy="请只写文字、数字和列表。")
        documents += isinstance(event, yaml.DocumentStartEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if documents > 1:
            raise DomainError(f"第 {line} 行开始了第二份文档（---），没有读取。", remedy="请分成两个文件。")
        if depth > MAX_DEPTH:
            raise DomainError(f"第 {line} 行嵌套过深，没有读取。", remedy="请按模板的层次书写。")


def _value(node: yaml.Node) -> Value:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        return Value([_value(one) for one in node.value], line)
    if isinstance(node, yaml.MappingNode):
        pairs: dict[str, Value] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise DomainError(f"第 {line} 行的名称不是文字，没有读取。")
            if key.value in pairs:
                raise DomainError(
                    f"第 {key.start_mark.line + 1} 行的「{shown(key.value)}」写了两遍。", remedy="请留下一个。"
                )
            pairs[key.value] = _value(value)
        return Value(pairs, line)
    empty = getattr(node, "style", None) is None and node.value.strip() in ("", "~", "null")
    return Value("" if empty else str(node.value), line)


# ------------------------------------------------------------------------------------------- plain values to lists


class _Reader:
    def __init__(self) -> None:
        self.lists: list[ListInFile] = []
        self.problems: list[Problem] = []
        self.source: dict[str, Any] = {}
        self.notes = ""
        self.year: int | None = None

    def wrong(self, value: Value, words: str, remedy: str = "", severity: Severity = Severity.ERROR) -> None:
        said = shown(value.data) if isinstance(value.data, str) else ""
        self.problems.append(Problem(WHERE, value.line, "", said, severity, words, remedy))

    def read(self, root: Value) -> None:
        top = self.mapping(root, ROOT_KEYS, "文件")
        self.year = self.number(top.get("year"), "年度", 2000, 2100)
        self._read_source(top)
        for one in self.sequence(top.get("lists"), "lists"):
            self._read_list(one)
        if "categories" in top:
            self._read_by_subject(top["categories"])
        if not self.lists and not self.problems:
            self.wrong(root, "文件里没有清单。", "请写 lists 或 categories。")
        self._refuse_repeated(root)

    def _read_source(self, top: Mapping[str, Value]) -> None:
        source = self.mapping(top["source"], SOURCE_KEYS, "source") if "source" in top else {}
        for name in SOURCE_KEYS:
            if name in source and name != "year":
                self.source[f"source_{name}"] = self.text(source[name], 300 if name == "url" else SHORT)
        if "year" in source:
            self.source["source_year"] = self.number(source["year"], "来源年份", 1900, 2100)
        notes = [self.text(top["notes"], 4000)] if "notes" in top else []
        if fields := [one.text for one in self.sequence(top.get("reserved_fields"), "reserved_fields")]:
            notes.append("不直接分管：" + "、".join(fields) + "。")
        self.notes = "\n".join(notes)

    def _read_list(self, one: Value) -> None:
        said = self.mapping(one, LIST_KEYS, "清单")
        subject = self.subject(said.get("subject"), one)
        year = self.number(said.get("year"), "年度", 2000, 2100) if "year" in said else self.year
        if year is None:
            self.wrong(one, "没有写年度。", "请在文件开头写 year: 2026。")
        if not subject or year is None:
            return
        categories: list[str] = []
        items: list[ItemInFile] = []
        for each in self.sequence(said.get("categories"), "categories"):
            name, inside = self._category(each)
            categories.append(name)
            items += [item for value in inside if (item := self._item(value, name)[1])]
        items += [item for value in self.sequence(said.get("items"), "items") if (item := self._item(value, "")[1])]
        head = {
            "title": self.text(said["title"], 120) if "title" in said else USUAL_TITLES[Subject(subject)],
            "duty_kind": self.duty_kind(said.get("duty_kind"), subject),
            "declared_item_count": self.number(said.get("item_count"), "事项数", 0, 1000),
            "notes": "\n".join(filter(None, [self.text(said["notes"], 4000) if "notes" in said else "", self.notes])),
            **self.source,
        }
        variant = self.text(said["variant"], 40) if "variant" in said else ""
        situations = self._situations(said.get("negative"), len(items))
        self.lists.append(ListInFile(year, subject, variant, head, tuple(categories), tuple(items), tuple(situations)))

    def _read_by_subject(self, categories: Value) -> None:
        """A source that is ordered by mechanisms and names the subject at each item: one list per subject."""
        by_subject: dict[str, dict[str, list[ItemInFile]]] = {}
        for each in self.sequence(categories, "categories"):
            name, inside = self._category(each)
            for value in inside:
                subject, item = self._item(value, name)
                if not subject:
                    self.wrong(value, "没有写责任主体。", "请写 subject，如 COMMITTEE。")
                elif item:
                    by_subject.setdefault(subject, {}).setdefault(name, []).append(item)
        if self.year is None:
            self.wrong(categories, "没有写年度。", "请在文件开头写 year: 2026。")
            return
        for subject, named in by_subject.items():
            head: dict[str, Any] = {"title": USUAL_TITLES[Subject(subject)], "duty_kind": usual_duty_kind(subject)}
            head |= {"declared_item_count": None, "notes": self.notes, **self.source}
            items = tuple(item for inside in named.values() for item in inside)
            self.lists.append(ListInFile(self.year, subject, "", head, tuple(named), items))

    def _category(self, value: Value) -> tuple[str, list[Value]]:
        if isinstance(value.data, str):
            return self.text(value, 120), []
        said = self.mapping(value, CATEGORY_KEYS, "类别")
        name = self.text(said["name"], 120) if "name" in said else ""
        if not name:
            self.wrong(value, "类别没有名称。", "请写 name。")
        return name, self.sequence(said.get("items"), "items")

    def _item(self, value: Value, category: str) -> tuple[str, ItemInFile | None]:
        """The subject named at the item (or "") and the item; None where it says nothing."""
        if isinstance(value.data, str):
            content = EMPTY_CONTENT | {"content": self.text(value, LONGEST["content"])}
            return "", ItemInFile(content, category) if content["content"] else None
        said = self.mapping(value, ITEM_KEYS, "事项")
        text = self.text(said["text"], LONGEST["content"]) if "text" in said else ""
        if not text:
            self.wrong(value, "事项没有责任内容。", "请写 text。")
            return "", None
        content = EMPTY_CONTENT | {"content": text}
        content |= {name: self.text(said[name], LONGEST.get(name, 120)) for name in TEXT_KEYS if name in said}
        content |= self._frequency(said, value) | self._basis(said.get("basis")) | self._points(said.get("points"))
        subject = self.subject(said["subject"], value) if "subject" in said else ""
        return subject, ItemInFile(content, category, self._key(said.get("key")))

    def _frequency(self, said: Mapping[str, Value], item: Value) -> dict[str, Any]:
        due_on, due_words = due_of(self.text(said["due"], 60)) if "due" in said else (None, "")
        usual = Per.DATE if due_on or due_words else Per.OPEN
        given = self.mapping(said["frequency"], FREQUENCY_KEYS, "频次") if "frequency" in said else {}
        per = str(usual)
        if "per" in given:
            per = PERS.get(given["per"].text, "")
            if not per:
                near = nearest(given["per"].text, dict.fromkeys(PERS, ""))
                self.wrong(
                    given["per"], "频次写法不认识。", near or "可写 year、half、quarter、month、event、continuous。"
                )
                per = str(Per.OPEN)
        times = self.number(given.get("min"), "至少次数", 1, 366)
        event = self.text(given["event"], 120) if "event" in given else ""
        if refusal := refusal_of(Frequency(per, times, event, due_on, due_words)):
            self.wrong(said.get("frequency", item), refusal)
        return {"per": per, "times": times, "event": event, "due_on": due_on, "due_words": due_words}

    def _basis(self, value: Value | None) -> dict[str, Any]:
        if value is None:
            return {}
        if isinstance(value.data, str):
            return {"basis_document": self.text(value, SHORT)}
        said = self.mapping(value, BASIS_KEYS, "依据")
        longest = {"document": SHORT, "article": 60}
        return {f"basis_{name}": self.text(said[name], longest[name]) for name in BASIS_KEYS if name in said}

    def _points(self, value: Value | None) -> dict[str, Any]:
        if value is None:
            return {}
        try:
            return {"points": points_of(value.text)}
        except ValueError:
            self.wrong(value, "分值不是 0 至 9999 之间的数。")
            return {}

    def _key(self, value: Value | None) -> str:
        if value is None or not value.text:
            return ""
        try:
            return str(uuid.UUID(value.text))
        except ValueError:
            self.wrong(value, "事项标识不对。", "请删去 key 这一行，由系统编号。")
            return ""

    def _situations(self, value: Value | None, count: int) -> Iterator[SituationInFile]:
        for one in self.sequence(value, "negative"):
            said = {"text": one} if isinstance(one.data, str) else self.mapping(one, SITUATION_KEYS, "负面情形")
            text = self.text(said["text"], 2000) if "text" in said else ""
            numbers = [self.number(no, "对应事项", 1, count) for no in self.sequence(said.get("items"), "items")]
            basis = self.text(said["basis"], SHORT) if "basis" in said else ""
            if text:
                yield SituationInFile(text, basis, tuple(number for number in numbers if number))
            else:
                self.wrong(one, "负面情形没有内容。", "请写 text。")

    def _refuse_repeated(self, root: Value) -> None:
        seen: set[tuple[int, str, str]] = set()
        for one in self.lists:
            if one.identity in seen:
                self.wrong(root, f"「{one.words}」在文件里出现了两次。", "同一主体要分几份的，请写 variant 区分。")
            seen.add(one.identity)
            names = list(one.categories)
            for name in {name for name in names if names.count(name) > 1}:
                self.wrong(root, f"「{one.words}」的类别「{name}」写了两次。", "请合并成一个。")

    # ---- shapes

    def mapping(self, value: Value, known: tuple[str, ...], what: str) -> dict[str, Value]:
        if not isinstance(value.data, dict):
            self.wrong(value, f"{what}应写成「名称: 内容」的形式。")
            return {}
        data = {ALIASES.get(name, name) if name not in known else name: inner for name, inner in value.data.items()}
        for name, inner in data.items():
            if name not in known:
                near = nearest(str(name), dict.fromkeys(known, ""))
                self.wrong(inner, f"{what}里不认识「{shown(name)}」。", near or f"可写：{'、'.join(known)}。")
        return {name: inner for name, inner in data.items() if name in known}

    def sequence(self, value: Value | None, what: str) -> list[Value]:
        if value is None or value.data == "":
            return []
        if not isinstance(value.data, list):
            self.wrong(value, f"{what} 应写成列表。", "每项一行，以「- 」开头。")
            return []
        return list(value.data)

    def text(self, value: Value, longest: int) -> str:
        if isinstance(value.data, list) and all(isinstance(one.data, str) for one in value.data):
            value = Value("、".join(one.text for one in value.data), value.line)
        if not isinstance(value.data, str):
            self.wrong(value, "这里应是一段文字。")
            return ""
        text = "".join(sign for sign in value.text if sign.isprintable() or sign == "\n")
        if len(text) > longest:
            self.wrong(value, f"有 {len(text):,} 字，最多 {longest:,} 字。", "请精简后再传。")
            return text[:longest]
        return text

    def number(self, value: Value | None, what: str, lowest: int, highest: int) -> int | None:
        if value is None or value.data == "":
            return None
        text = value.text
        if text.isascii() and text.isdigit() and len(text) < 7 and lowest <= int(text) <= highest:
            return int(text)
        self.wrong(value, f"{what}须是 {lowest} 至 {highest} 之间的整数。")
        return None

    def duty_kind(self, value: Value | None, subject: str) -> str:
        if value is None:
            return usual_duty_kind(subject)
        kinds = {kind: kind for kind in DutyKind.values} | {label: kind for kind, label in DutyKind.choices}
        if value.text not in kinds:
            self.wrong(value, "责任类别不认识。", "可写：principal（主体责任）、supervision（监督责任）。")
        return kinds.get(value.text, usual_duty_kind(subject))

    def subject(self, value: Value | None, place: Value) -> str:
        if value is None:
            self.wrong(
                place, "没有写责任主体。", f"请写 subject，可写：{'、'.join(name.upper() for name in Subject.values)}。"
            )
            return ""
        found = SUBJECTS.get(value.text) or SUBJECTS.get(value.text.upper(), "")
        if not found:
            self.wrong(value, "责任主体不认识。", nearest(value.text.upper(), {str(name): "" for name in SUBJECTS}))
        return found
