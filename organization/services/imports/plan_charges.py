"""The sheet 班子分工: which charges are new, and what the rules of 分工 find in the units concerned."""

from collections import defaultdict

from engines.imports.nearest import nearest
from engines.imports.preview import Act, Does
from engines.imports.reading import Row
from organization.enums import PostKind
from organization.rules.charges import Fault, Finding, HeldPost, check_charges
from organization.services.imports.known import KnownCharge
from organization.services.imports.planning import Planning, PostDraft

MODEL = "organization.Charge"
SHORT_NAMES = 50.0  # fields have two characters; one of them wrong is still likely meant
PLACE = {kind: place for place, kind in enumerate(PostKind.values)}


def plan(work: Planning, rows: list[Row]) -> None:
    """Adds the acts of this sheet; faults of the division of work are reported at their cells but do load."""
    holds: dict[str, list[tuple[PostDraft, str, Row]]] = defaultdict(list)
    for row in rows:
        post = _post(work, row)
        if post is not None and _field_is_known(work, row):
            _plan_row(work, row, post)
            holds[row["unit"]].append((post, row["field"], row))
    for unit, held in holds.items():
        _report(work, unit, held)


def _post(work: Planning, row: Row) -> PostDraft | None:
    """The post through which the person will be in charge: one still held, the head's before the members'."""
    unit, name = row["unit"], row["name"]
    posts = work.plan.posts.get(unit, [])
    if unit not in work.known.units and unit not in work.founded:
        names = {code: known.facts["name"] for code, known in work.known.units.items()}
        work.refuse(
            row, "unit", f"单位编码「{unit}」不存在。", f"{nearest(unit, names)}若为新单位，先在「单位」表增加。"
        )
        return None
    if unit in work.known.units and not work.manages(work.known.units[unit].path):
        work.refuse(row, "unit", "这个单位不在您的管理范围。", "请删去这一行，或由上级纪检机关导入。")
        return None
    mine = [post for post in posts if post.name == name]
    held = sorted((post for post in mine if post.held(work.today)), key=lambda post: PLACE[post.kind])
    if held:
        return held[0]
    words = f"{name}在这个单位的任职已经终止。" if mine else f"{name}不在这个单位任职。"
    near = nearest(name, {post.name: "" for post in posts if post.held(work.today)}) if posts else ""
    work.refuse(row, "name", words, f"{near}请核对姓名，或先在「人员职务」表登记任职。")
    return None


def _field_is_known(work: Planning, row: Row) -> bool:
    name = row["field"]
    if name in work.known.field_ids:
        return True
    near = nearest(name, dict.fromkeys(work.known.field_ids, ""), at_least=SHORT_NAMES)
    work.refuse(row, "field", f"分管领域「{name}」没有登记。", f"{near}确为新的领域，请系统管理员先在管理后台登记。")
    return False


def _plan_row(work: Planning, row: Row, post: PostDraft) -> None:
    known = _known_charge(work, row, post)
    title = f"{row['name']}分管{row['field']}"
    if known is None:
        key = f"{post.ref}|{row['field']}"
        after = {"post": post.ref, "field": row["field"], "note": row["note"]}
        work.plan.acts.append(Act(Does.CREATE, row.sheet, row.number, MODEL, key, title, {}, after))
        return
    changed = "note" in row.head.letters and known.note != row["note"]
    does = Does.CHANGE if changed else Does.SAME
    before, after = ({"note": known.note}, {"note": row["note"]}) if changed else ({}, {})
    work.plan.acts.append(Act(does, row.sheet, row.number, MODEL, f"#{known.pk}", title, before, after))


def _known_charge(work: Planning, row: Row, post: PostDraft) -> KnownCharge | None:
    """The running charge of this person and field in the unit, through whichever of his posts."""
    refs = [draft.ref for draft in work.plan.posts.get(row["unit"], []) if draft.person == post.person]
    ids = [int(ref[1:]) for ref in refs if ref.startswith("#")]
    found = (charge for pk in ids for charge in work.known.charges.get(pk, ()) if charge.field == row["field"])
    return next(found, None)


def _report(work: Planning, unit: str, held: list[tuple[PostDraft, str, Row]]) -> None:
    """Asks people to look at what the rules find: at the cell concerned, else at the unit's last row."""
    rows = {(post.ref, name): row for post, name, row in held}
    for finding, ref in _findings(work, unit, held):
        row = rows.get((ref, finding.field), held[-1][2])
        words = f"{unit}：{finding.sentence}" if finding.fault == Fault.NOBODY_HOLDS else finding.sentence
        work.ask(row, "field", words, "可先导入，再按「五个不直接分管」调整分工。")


def _findings(work: Planning, unit: str, held: list[tuple[PostDraft, str, Row]]) -> list[tuple[Finding, str]]:
    posts = work.plan.posts.get(unit, [])
    fields: dict[str, list[str]] = defaultdict(list)
    before = {f"#{post.pk}": post for post in work.known.posts.get(unit, ())}
    for post in posts:
        if post.ref in before and (post.ended_on is None or before[post.ref].ended_on is not None):
            fields[post.ref] += [charge.field for charge in work.known.charges.get(int(post.ref[1:]), ())]
    for post, name, _ in held:
        if name not in fields[post.ref]:
            fields[post.ref].append(name)
    stated = [
        HeldPost(number, post.name, post.title, post.kind, tuple(fields[post.ref]), post.ended_on)
        for number, post in enumerate(posts)
    ]
    found = check_charges(stated, work.known.fields, on=work.today)
    return [(finding, posts[finding.post_id].ref if finding.post_id is not None else "") for finding in found]
