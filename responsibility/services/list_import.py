"""Lists from a file into the library: what would be done, and doing it; the same file twice changes nothing."""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from common.errors import DomainError, Stale
from organization.models import Unit
from responsibility.documents.list_workbook import read_workbook
from responsibility.documents.list_yaml import Read, read_yaml
from responsibility.enums import ChangeKind, ListState
from responsibility.models import ListItem, ResponsibilityList
from responsibility.queries.library import HEAD_FIELDS, as_in_file, latest_of
from responsibility.rules.frequency import moved_to_year
from responsibility.rules.list_file import ItemInFile, ListInFile
from responsibility.rules.lists import Difference, Duty, difference
from responsibility.services import contents, library
from responsibility.services.authority import ensure
from responsibility.services.drafts import locked_draft, renumber

ACTS = {"create": "新建草稿", "change": "修改草稿", "revise": "修订出新版草稿", "same": "没有变化"}


@dataclass(frozen=True)
class Step:
    """What becomes of one list of the file; `target` is the newest version in the library."""

    act: str
    wanted: ListInFile
    target: ResponsibilityList | None = None
    changes: Sequence[Difference] = field(default=())

    @property
    def act_words(self) -> str:
        return ACTS[self.act]

    @property
    def declared(self) -> int | None:
        """How many items the source says there are."""
        return self.wanted.head.get("declared_item_count")

    @property
    def counts(self) -> dict[str, int]:
        if self.act == "create":
            return {"added": len(self.wanted.items), "changed": 0, "removed": 0}
        return {str(kind): sum(change.kind == kind for change in self.changes) for kind in ChangeKind}


@dataclass(frozen=True)
class Plan:
    """What a file would do to the library of one unit."""

    unit: Unit
    read: Read
    steps: Sequence[Step]

    @property
    def changes_something(self) -> bool:
        return any(step.act != "same" for step in self.steps)

    @property
    def digest(self) -> str:
        """Says whether the plan is still the one that was shown."""
        told = [
            (s.act, s.wanted.identity, s.target.pk if s.target else 0, sorted(s.counts.items())) for s in self.steps
        ]
        return hashlib.sha256(repr((self.unit.pk, told)).encode()).hexdigest()[:32]


def read_file(data: bytes, name: str) -> Read:
    """Excel or YAML, told apart by content. Raises DomainError for anything else."""
    if data[:4] == b"PK\x03\x04" or data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return read_workbook(data)
    if name.lower().endswith((".yaml", ".yml")):
        return read_yaml(data)
    raise DomainError(
        f"「{name}」不是 Excel 工作簿（.xlsx），也不是 YAML 文件（.yaml）。", remedy="请用模板填写后再传。"
    )


def plan_lists(read: Read, *, unit: Unit, year: int | None = None) -> Plan:
    """Compares every list of the file with the newest version of the same year, subject and variant.

    `year` brings the lists in as those of another year than the file says.
    """
    lists = [_in_year(one, year) for one in read.lists] if year else read.lists
    return Plan(unit, read, [_step(one, unit) for one in lists])


@transaction.atomic
def commit_lists(plan: Plan, *, seen: str = "", actor: Any, now: datetime) -> list[ResponsibilityList]:
    """Carries the plan out and returns the drafts it made or changed. All or nothing.

    Refuses a file with errors, and (Stale) where the library has changed since the plan with digest `seen` was shown.
    """
    ensure(actor, "list.author", plan.unit)
    if plan.read.has_errors:
        count = sum(problem.is_error for problem in plan.read.problems)
        raise DomainError(f"文件还有 {count} 处须改正，没有导入。", remedy="请改正后重新上传。")
    if seen and plan.digest != seen:
        raise Stale("清单库在预览之后有了变化，没有导入。", remedy="请重新预览后再导入。")
    return [_carry_out(step, plan.unit, actor, now) for step in plan.steps if step.act != "same"]


def _in_year(one: ListInFile, year: int) -> ListInFile:
    by = year - one.year
    items = tuple(
        replace(item, content={**item.content, "due_on": moved_to_year(item.content["due_on"], by)})
        for item in one.items
    )
    return replace(one, year=year, items=items)


def _step(wanted: ListInFile, unit: Unit) -> Step:
    target = latest_of(unit, year=wanted.year, subject=wanted.subject, variant=wanted.variant)
    if target is None:
        return Step("create", wanted)
    present = as_in_file(target)
    changes = difference(_duties(present.items), _duties(wanted.items, present.items))
    if not changes and _rest(present) == _rest(wanted):
        return Step("same", wanted, target)
    return Step("change" if target.state == ListState.DRAFT else "revise", wanted, target, changes)


def _rest(one: ListInFile) -> tuple[Any, ...]:
    head = {name: one.head.get(name) or None for name in HEAD_FIELDS}
    return head, one.categories, one.situations, [item.content["content"] for item in one.items]


def _duties(items: Sequence[ItemInFile], known: Sequence[ItemInFile] = ()) -> list[Duty]:
    """Items as they are compared; one without a key takes that of the known item with the same text."""
    by_text = {item.content["content"]: item.key for item in known}
    duties = []
    taken: set[str] = {item.key for item in items if item.key}
    for number, item in enumerate(items, start=1):
        key = item.key or by_text.get(item.content["content"], "")
        if not item.key and key in taken:
            key = ""
        taken.add(key)
        duties.append(Duty(key or f"new-{number}", number, {**item.content, "category": item.category}, item))
    return duties


def _carry_out(step: Step, unit: Unit, actor: Any, now: datetime) -> ResponsibilityList:
    wanted = step.wanted
    head = {name: wanted.head[name] for name in HEAD_FIELDS if name in wanted.head}
    if step.act == "create":
        draft = library.create_list(
            unit,
            year=wanted.year,
            subject=wanted.subject,
            variant=wanted.variant,
            title=wanted.head["title"],
            head=head,
            actor=actor,
            now=now,
        )
    else:
        assert step.target is not None
        draft = step.target
        if step.act == "revise":
            draft = library.revise_list(step.target, actor=actor, now=now)
        draft = library.edit_list(draft, head=head, actor=actor, now=now)
    _write_content(draft, wanted, actor, now)
    return draft


def _write_content(draft: ResponsibilityList, wanted: ListInFile, actor: Any, now: datetime) -> None:
    locked_draft(draft, actor)
    categories = {one.name: one for one in draft.categories.all()}
    for name in wanted.categories:
        if name not in categories:
            categories[name] = contents.add_category(draft, name=name, actor=actor, now=now)
    for situation in draft.situations.all():
        contents.delete_situation(situation, actor=actor, now=now)
    items = _write_items(draft, wanted, categories, actor, now)
    for name, category in categories.items():
        if name not in wanted.categories:
            contents.delete_category(category, actor=actor, now=now)
    for one in categories.values():
        if one.pk:
            one.refresh_from_db(fields=["no"])
    renumber([categories[name] for name in wanted.categories])
    renumber(items)
    for said in wanted.situations:
        paired = [items[no - 1] for no in said.items]
        contents.save_situation(draft, text=said.text, basis=said.basis, items=paired, actor=actor, now=now)


def _write_items(
    draft: ResponsibilityList, wanted: ListInFile, categories: dict[str, Any], actor: Any, now: datetime
) -> list[ListItem]:
    """Adds, changes and takes away until the draft has the items of the file; returned in the file's order."""
    present = {str(item.key): item for item in draft.items.select_related("category", "list")}
    known = [ItemInFile({"content": item.content}, "", key) for key, item in present.items()]
    duties = _duties(wanted.items, known)
    old = as_in_file(draft)
    reworded = {
        change.after.key: change.before.key
        for change in difference(_duties(old.items), duties)
        if change.reworded and change.before and change.after
    }
    written: list[ListItem] = []
    for duty in duties:
        inside: ItemInFile = duty.ref
        category = categories.get(inside.category)
        item = present.pop(reworded.get(duty.key, duty.key), None)
        if item is None:
            key = uuid.UUID(inside.key) if inside.key else None
            added = contents.add_item(draft, content=inside.content, category=category, key=key, actor=actor, now=now)
            written.append(added)
        else:
            kept = item.upper
            written.append(
                contents.edit_item(item, content=inside.content, category=category, upper=kept, actor=actor, now=now)
            )
    for item in present.values():
        contents.delete_item(item, actor=actor, now=now)
    for item in written:
        item.refresh_from_db(fields=["no"])
    return written
