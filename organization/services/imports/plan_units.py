"""The sheet 单位: which units are new, changed, moved or the same, and what is wrong with a row."""

from collections.abc import Iterator
from typing import Any

from common.words import cn_date
from engines.imports.nearest import nearest
from engines.imports.preview import Act, Does
from engines.imports.reading import Row
from organization.enums import PartyKind
from organization.services.imports.known import KnownUnit
from organization.services.imports.planning import Planning

MODEL = "organization.Unit"
DEEPEST = 20  # levels; a path has room for about thirty
REFERENCES = {"parent": "上级单位", "supervisor": "监督单位"}
EMPTY = {"party_name": "", "party_kind": PartyKind.NONE.value, "parent": "", "supervisor": "", "order": 0}


def plan(work: Planning, rows: list[Row]) -> None:
    """Adds the acts of this sheet, parents before their children."""
    by_code = {row.values["code"]: row for row in rows}
    for row in rows:
        _check_references(work, row, by_code)
    for row in _circles(work, by_code):
        work.refuse(row, "parent", "上级单位的关系成了一个圈。", "请改正其中一个单位的上级单位编码。")
    for row in _parents_first(by_code):
        if not row.bad:
            _plan_row(work, row, by_code)


def _plan_row(work: Planning, row: Row, by_code: dict[str, Row]) -> None:
    code, parent = row.values["code"], row.values["parent"]
    known = work.known.units.get(code)
    if parent in by_code and by_code[parent].bad and parent not in work.known.units:
        work.refuse(
            row, "parent", f"上级单位「{parent}」所在的第 {by_code[parent].number} 行须改正。", "改正后一并导入。"
        )
    elif _level(work, row) > DEEPEST:
        work.refuse(row, "parent", f"单位层级超过 {DEEPEST} 级。", "请核对上级单位编码。")
    elif known is None:
        _plan_new(work, row)
    elif known.abolished_on is not None:
        work.refuse(row, "code", f"这个编码的单位已于{cn_date(known.abolished_on)}撤销。", "新单位请用新的编码。")
    elif not work.manages(known.path):
        work.refuse(row, "code", "这个单位不在您的管理范围。", "请删去这一行，或由上级纪检机关导入。")
    else:
        _plan_known(work, row, known)


def _plan_new(work: Planning, row: Row) -> None:
    values = row.values
    if values["founded_on"] is None:
        work.refuse(row, "founded_on", "新设的单位没有填写成立日期。", "请填写成立日期。")
    elif values["founded_on"] > work.today:
        work.refuse(row, "founded_on", "成立日期晚于今天。", "请在成立当天导入。")
    elif not _may_found(work, values["parent"]):
        words = "上级单位不在您的管理范围。" if values["parent"] else "没有填写上级单位编码。"
        work.refuse(row, "parent", words, "顶层单位只能由运维人员在服务器上建立。")
    else:
        work.founded.add(values["code"])
        after = {**_facts(row, {}), "founded_on": values["founded_on"]}
        _act(work, Does.CREATE, row, {}, after)


def _may_found(work: Planning, parent: str) -> bool:
    """Beneath a unit one manages, or beneath one that this import founds; a new root is founded on the server only."""
    if parent in work.known.units:
        return work.manages(work.known.units[parent].path)
    return parent in work.founded if parent else work.scope is None


def _plan_known(work: Planning, row: Row, known: KnownUnit) -> None:
    after = _facts(row, known.facts)
    changed = {name: value for name, value in after.items() if known.facts[name] != value}
    if row.values["founded_on"] not in (None, known.founded_on):
        words = f"成立日期与系统中的 {known.founded_on:%Y-%m-%d} 不同，没有改动。"
        work.ask(row, "founded_on", words, "确需更正的，请在单位页面办理。")
    if "parent" in changed and not changed["parent"]:
        work.refuse(
            row, "parent", f"没有填写上级单位编码，系统中为「{known.facts['parent']}」。", "请填写上级单位编码。"
        )
        return
    before = {name: known.facts[name] for name in changed}
    _act(work, Does.CHANGE if changed else Does.SAME, row, before, changed)


def _facts(row: Row, known: dict[str, Any]) -> dict[str, Any]:
    """The facts the row states; a column the sheet lacks leaves them as they are."""
    given = row.head.letters
    facts = {"name": row.values["name"], "kind": row.values["kind"]}
    for name, empty in EMPTY.items():
        stated = row.values[name] if name in given else known.get(name)
        facts[name] = empty if stated is None else stated
    return facts


def _act(work: Planning, does: Does, row: Row, before: dict[str, Any], after: dict[str, Any]) -> None:
    code = row.values["code"]
    work.plan.units_in_order.append(code)
    work.plan.acts.append(Act(does, row.sheet, row.number, MODEL, code, f"{code} {row.values['name']}", before, after))


def _check_references(work: Planning, row: Row, by_code: dict[str, Row]) -> None:
    for key, label in REFERENCES.items():
        code = row.values[key]
        if not code:
            continue
        known = work.known.units.get(code)
        if code == row.values["code"]:
            work.refuse(row, key, f"单位不能以自己为{label}。", "请改正编码。")
        elif known is None and code not in by_code:
            work.refuse(row, key, f"{label}编码「{code}」不存在。", _near(work, code, by_code))
        elif known is not None and known.abolished_on is not None:
            work.refuse(
                row, key, f"{label}「{known.facts['name']}」已于{cn_date(known.abolished_on)}撤销。", "请改正编码。"
            )


def _near(work: Planning, code: str, by_code: dict[str, Row]) -> str:
    names = {known: unit.facts["name"] for known, unit in work.known.units.items()}
    names |= {known: row.values["name"] for known, row in by_code.items()}
    return f"{nearest(code, names)}若为新单位，先在「单位」表增加。"


def _circles(work: Planning, by_code: dict[str, Row]) -> Iterator[Row]:
    """The rows whose chain of parents, as it will be after the import, comes back to itself."""
    seen: set[str] = set()
    for start in by_code:
        trail: dict[str, int] = {}
        code = start
        while code and code not in seen and code not in trail:
            trail[code] = len(trail)
            code = _parent_after(work, code, by_code)
        if code in trail:
            yield from (by_code[c] for c, place in trail.items() if place >= trail[code] and c in by_code)
        seen.update(trail)


def _parent_after(work: Planning, code: str, by_code: dict[str, Row]) -> str:
    row = by_code.get(code)
    if row is not None and not row.bad and "parent" in row.head.letters:
        return str(row.values["parent"])
    known = work.known.units.get(code)
    return str(known.facts["parent"]) if known else ""


def _parents_first(by_code: dict[str, Row]) -> Iterator[Row]:
    """Every row after the row of its parent; rows in a circle (already refused) come as they stand."""
    done: set[str] = set()
    for start in by_code:
        trail: dict[str, None] = {}
        code = start
        while code in by_code and code not in done and code not in trail:
            trail[code] = None
            code = by_code[code].values["parent"]
        done.update(trail)
        yield from (by_code[passed] for passed in reversed(trail))


def _level(work: Planning, row: Row) -> int:
    """How deep the unit will stand; its parent's row has been planned before."""
    code, parent = row.values["code"], row.values["parent"]
    if parent not in work.levels and parent in work.known.units:
        work.levels[parent] = work.known.units[parent].path.count("/")
    work.levels[code] = work.levels.get(parent, 0) + 1
    return work.levels[code]
