"""The sheet 人员职务: who is whom, which posts begin, change or end, and what is wrong with a row."""

from collections import Counter, defaultdict
from typing import Any

from common.words import cn_date
from engines.imports.nearest import nearest
from engines.imports.preview import Act, Does
from engines.imports.reading import Row
from organization.services.imports.known import KnownPost
from organization.services.imports.planning import PersonDraft, Planning, PostDraft

MODEL = "organization.Post"
PERSON = "organization.Person"


def plan(work: Planning, rows: list[Row]) -> None:
    """Adds the acts of this sheet and notes for every unit how its posts will stand."""
    times = Counter((row["unit"], row["name"], row["title"]) for row in rows)
    stated: dict[int, PostDraft] = {}
    fresh: dict[str, list[PostDraft]] = defaultdict(list)
    for row in rows:
        if not _unit_is_sound(work, row) or not _dates_are_sound(work, row):
            continue
        person = _person(work, row)
        if person is None:
            continue
        once = times[row["unit"], row["name"], row["title"]] == 1
        known = _known_post(work, row, person, once)
        draft = _plan_known(work, row, known) if known else _plan_new(work, row, person)
        if known:
            stated[known.pk] = draft
        else:
            fresh[draft.unit].append(draft)
    _note_outcome(work, stated, fresh)


def _note_outcome(work: Planning, stated: dict[int, PostDraft], fresh: dict[str, list[PostDraft]]) -> None:
    for unit in {*work.known.posts, *fresh}:
        kept = [stated.get(post.pk) or _as_draft(work, post) for post in work.known.posts.get(unit, ())]
        work.plan.posts[unit] = [*kept, *fresh.get(unit, ())]


def _as_draft(work: Planning, post: KnownPost) -> PostDraft:
    name = work.known.people[post.person_id][0]
    ref, person = f"#{post.pk}", f"#{post.person_id}"
    return PostDraft(post.unit, person, name, post.title, post.kind, ref, post.started_on, post.ended_on)


def _unit_is_sound(work: Planning, row: Row) -> bool:
    code = row["unit"]
    known = work.known.units.get(code)
    if known is None and code not in work.founded:
        names = {known: unit.facts["name"] for known, unit in work.known.units.items()}
        found = (
            {act.key: act.after["name"] for act in work.plan.acts if act.key in work.founded} if work.founded else {}
        )
        work.refuse(
            row,
            "unit",
            f"单位编码「{code}」不存在。",
            f"{nearest(code, names | found)}若为新单位，先在「单位」表增加。",
        )
    elif known is not None and known.abolished_on is not None and known.abolished_on <= row["started_on"]:
        work.refuse(row, "unit", f"这个单位已于{cn_date(known.abolished_on)}撤销。", "请改正单位编码。")
    elif known is not None and not work.manages(known.path):
        work.refuse(row, "unit", "这个单位不在您的管理范围。", "请删去这一行，或由上级纪检机关导入。")
    return not row.bad


def _dates_are_sound(work: Planning, row: Row) -> bool:
    started, ended = row["started_on"], row["ended_on"]
    if ended is not None and ended < started:
        column = row.head.letters.get("started_on", "")
        words = f"免职日期早于 {column}{row.number} 的任职日期。"
        work.refuse(row, "ended_on", words, "改正其中一个日期；同日免职又任职的，免职在前。")
        return False
    known = work.known.units.get(row["unit"])
    if known is not None and started < known.founded_on:
        work.ask(row, "started_on", f"任职日期早于单位的成立日期（{known.founded_on:%Y-%m-%d}）。")
    return True


# Who is whom -------------------------------------------------------------------------------------------------------


def _person(work: Planning, row: Row) -> str | None:
    """`#id` of somebody known or the key of a new person; None where the row was refused.

    By number and name, else by name within the unit; the same name elsewhere is asked about, not assumed.
    """
    name, phone = row["name"], row["phone"]
    by_phone = work.known.by_phone.get(phone) if phone else None
    if by_phone is not None:
        return _of_phone(work, row, by_phone)
    drafted = work.plan.people.get(f"{phone}|") if phone else work.plan.people.get(f"|{row['unit']}|{name}")
    if drafted is not None:
        return _of_draft(work, row, drafted)
    here = work.known.people_of(row["unit"], name)
    if len(here) == 1:
        return _of_unit(work, row, here.pop())
    return _new_person(work, row)


def _of_phone(work: Planning, row: Row, pk: int) -> str | None:
    name = work.known.people[pk][0]
    if name != row["name"]:
        work.refuse(row, "phone", f"这个手机号已由{name}使用。", "请核对姓名和手机号。")
        return None
    return f"#{pk}"


def _of_draft(work: Planning, row: Row, drafted: PersonDraft) -> str | None:
    if drafted.name != row["name"]:
        work.refuse(row, "phone", f"这个手机号在本表中又写给{drafted.name}。", "请核对姓名和手机号。")
        return None
    return drafted.key


def _of_unit(work: Planning, row: Row, pk: int) -> str:
    """Somebody of that name in the unit; a number that is new or another one is taken over and said."""
    old, new = work.known.people[pk][1], row["phone"]
    if new and new != old:
        if old:
            work.ask(row, "phone", f"系统中{row['name']}的手机号是 {old}，导入后改为 {new}。")
        work.known.people[pk] = (row["name"], new)
        work.known.by_phone[new] = pk
        title = f"{row['name']}的手机号"
        work.plan.acts.append(
            Act(Does.CHANGE, row.sheet, row.number, PERSON, f"#{pk}", title, {"phone": old}, {"phone": new})
        )
    return f"#{pk}"


def _new_person(work: Planning, row: Row) -> str:
    name, phone = row["name"], row["phone"]
    elsewhere = work.known.by_name.get(name, ())
    if elsewhere:
        remedy = "若为同一人兼职，请填写系统中登记的手机号；不是则不用改。"
        work.ask(row, "name", f"系统中另有{name}，没有相同的手机号，按另一人导入。", remedy)
    if not phone and "phone" in row.head.letters:
        work.ask(row, "phone", "没有手机号，提醒只能在系统内收到。", "可在导入后由本人补充。")
    key = f"{phone}|" if phone else f"|{row['unit']}|{name}"
    work.plan.people[key] = PersonDraft(key, name, phone)
    return key


# Posts -------------------------------------------------------------------------------------------------------------


def _known_post(work: Planning, row: Row, person: str, once: bool) -> KnownPost | None:
    """The post the row speaks of: same day of appointment, else (if the file has it once) the one still held."""
    if not person.startswith("#"):
        return None
    pk = int(person[1:])
    same = [p for p in work.known.posts.get(row["unit"], ()) if p.person_id == pk and p.title == row["title"]]
    for post in same:
        if post.started_on == row["started_on"]:
            return post
    still = [post for post in same if post.ended_on is None]
    return still[0] if once and still else None


def _plan_new(work: Planning, row: Row, person: str) -> PostDraft:
    values = row.values
    after = {name: values[name] for name in ("unit", "title", "kind", "rank", "started_on", "ended_on")}
    after["person"] = person
    key = f"{values['unit']}|{person}|{values['title']}|{values['started_on']}"
    work.plan.acts.append(Act(Does.CREATE, row.sheet, row.number, MODEL, key, _title(work, row), {}, after))
    return _draft(row, person, key)


def _plan_known(work: Planning, row: Row, known: KnownPost) -> PostDraft:
    given = row.head.letters
    changed: dict[str, Any] = {}
    for name in ("kind", "rank", "started_on", "ended_on"):
        if name in given and row.values[name] != getattr(known, name):
            changed[name] = row.values[name]
    if known.ended_on is not None and changed.get("ended_on", known.ended_on) is None:
        del changed["ended_on"]
        words = f"系统中已于{cn_date(known.ended_on)}免职，表中没有免职日期，没有恢复任职。"
        work.ask(row, "ended_on", words, "重新任职的，请填写新的任职日期。")
    before = {name: getattr(known, name) for name in changed}
    does = Does.SAME if not changed else Does.END if set(changed) == {"ended_on"} else Does.CHANGE
    work.plan.acts.append(Act(does, row.sheet, row.number, MODEL, f"#{known.pk}", _title(work, row), before, changed))
    person, ref = f"#{known.person_id}", f"#{known.pk}"
    ended = changed.get("ended_on", known.ended_on)
    started = changed.get("started_on", known.started_on)
    kind = changed.get("kind", known.kind)
    return PostDraft(known.unit, person, row["name"], known.title, kind, ref, started, ended)


def _draft(row: Row, person: str, ref: str) -> PostDraft:
    values = row.values
    return PostDraft(
        values["unit"],
        person,
        values["name"],
        values["title"],
        values["kind"],
        ref,
        values["started_on"],
        values["ended_on"],
    )


def _title(work: Planning, row: Row) -> str:
    return f"{row['name']}（{row['title']}，{row['unit']}）"
