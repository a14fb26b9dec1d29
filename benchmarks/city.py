"""A province of invented units, lists and letters in the sizes the bounds speak of, loaded by COPY."""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connection
from django.utils import timezone

from benchmarks.copying import copy_rows, finish
from organization.enums import PartyKind, PostKind, UnitKind
from organization.rules.search import search_text

FOUNDED = date(2001, 1, 1)
HELD_SINCE = date(2022, 3, 1)
DEPARTMENTS, TOWNS, VILLAGES, GROUPS = 48, 10, 23, 9
COUNTY = 1 + 1 + GROUPS + DEPARTMENTS + TOWNS * (1 + VILLAGES)  # units of one county
SURNAMES = "孔孟沈华冯曹李赵钱孙周吴郑王卫蒋韩杨朱秦许何吕施张"
ONE = "独项村"  # a unit with exactly one list, one item and one letter
FIFTY = "五十村"  # fifty such units, beneath a town that has none of these itself
GIVEN = "宁衡弘诚景朴怀守川远清明石启行若然修和立木予恒思廉承禾"
OFFICES = (
    "财政 教育 民政 司法 水利 商务 统计 审计 交通 住建 文旅 卫健 应急 市场监管 农业农村 人社 自然资源 发改 工信 科技"
)
DUTIES = (
    "专题研究全面从严治党工作",
    "听取班子成员履行一岗双责情况汇报",
    "开展廉政风险排查并更新防控措施",
    "与新任职干部开展任职谈话",
    "组织警示教育并督促以案促改",
    "整治群众身边不正之风和腐败问题",
    "检查中央八项规定精神落实情况",
    "推进巡察反馈问题整改销号",
)


@dataclass(frozen=True)
class Size:
    """How much is loaded. `items` and `letters` are totals; lists and items are spread evenly over the units."""

    name: str
    units: int
    lists_per_unit: int
    items: int
    letters: int


SMALL = Size("3,000 家单位", 3_000, 3, 200_000, 20_000)
LARGE = Size("100,000 家单位", 100_000, 1, 500_000, 100_000)


@dataclass
class Place:
    """One unit while loading: what later rows need of it."""

    pk: int
    path: str
    depth: int
    name: str
    kind: str
    parent: "Place | None"
    supervisor: int | None = None
    posts: list[tuple[int, int, str, str]] = field(default_factory=list)  # post, person, name, kind
    items: list[int] = field(default_factory=list)


@cache
def _found_by(word: str) -> str:
    return search_text([word], longest=120)


class City:
    """Loads one size into the present database; ids start at 1 in every table."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.random = random.Random(size.units)  # noqa: S311 (the same province every time)
        self.now: datetime = timezone.now()
        self.today = timezone.localdate(self.now)
        self.year = self.today.year
        self.places: list[Place] = []

    def load(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
        self.places = list(self._places())
        self._units()
        self._people()
        self._library()
        self._lists()
        self._letters()
        self._accounts()
        apps_loaded = (apps.get_app_config(label) for label in ("organization", "responsibility", "documents", "audit"))
        finish(*(model for app in apps_loaded for model in app.get_models()))

    def _copy(self, label: str, names: str, rows: Any) -> int:
        return copy_rows(apps.get_model(label), names.split(), rows)

    # ---- organisation

    def _places(self) -> Iterator[Place]:
        self._next = 0
        top = self._place(None, "云川省", UnitKind.REGION)
        yield top
        counties = max(1, (self.size.units - 1) // COUNTY)
        upper = top
        for number in range(counties):
            if self.size.units > 10_000 and number % 33 == 0:
                upper = self._place(top, f"云川{number // 33 + 1}市", UnitKind.REGION)
                yield upper
            yield from self._county(upper, number + 1)
        yield self._place(top, ONE, UnitKind.VILLAGE)
        fifty = self._place(top, FIFTY, UnitKind.VILLAGE)
        yield fifty
        yield from (self._place(fifty, f"{ONE}{n}", UnitKind.VILLAGE) for n in range(1, 50))

    def _place(self, parent: Place | None, name: str, kind: str, supervisor: int | None = None) -> Place:
        self._next += 1
        path = f"{parent.path if parent else ''}{self._next}/"
        return Place(self._next, path, parent.depth + 1 if parent else 0, name, kind, parent, supervisor)

    def _county(self, upper: Place, number: int) -> Iterator[Place]:
        county = self._place(upper, f"第{number}县", UnitKind.REGION)
        body = self._place(county, f"第{number}县纪委监委", UnitKind.DISCIPLINE)
        groups = [self._place(body, f"派驻第{n + 1}纪检监察组", UnitKind.DISPATCHED, body.pk) for n in range(GROUPS)]
        yield from (county, body, *groups)
        offices = OFFICES.split()
        for n in range(DEPARTMENTS):
            name = f"第{number}县{offices[n % len(offices)]}{n // len(offices) or ''}局"
            yield self._place(county, name, UnitKind.GOVERNMENT, groups[n % GROUPS].pk)
        for n in range(TOWNS):
            town = self._place(county, f"第{number}县{n + 1}号镇", UnitKind.TOWN, body.pk)
            yield town
            yield from (self._place(town, f"{town.name}{v + 1}村", UnitKind.VILLAGE, body.pk) for v in range(VILLAGES))

    def _units(self) -> None:
        names = (
            "id code name kind party_name party_kind parent_id supervisor_id order path depth founded_on search_text"
        )
        self._copy("organization.Unit", names, (self._unit_row(place) for place in self.places))
        versions = "unit_id name kind party_name party_kind parent_id supervisor_id order valid_from change"
        rows = map(self._unit_row, self.places)
        self._copy("organization.UnitVersion", versions, ((row[0], *row[2:9], FOUNDED, "设立") for row in rows))

    def _unit_row(self, p: Place) -> tuple[Any, ...]:
        party = f"中共{p.name}党组"
        parent = p.parent.pk if p.parent else None
        found = f"{_found_by(p.name)}|u{p.pk:06d}"
        facts = (p.name, p.kind, party, PartyKind.GROUP, parent, p.supervisor, p.pk)
        return (p.pk, f"U{p.pk:06d}", *facts, p.path, p.depth, FOUNDED, found)

    def _people(self) -> None:
        people: list[tuple[Any, ...]] = []
        posts: list[tuple[Any, ...]] = []
        for place in self.places:
            for kind, title in self._titles(place):
                pk = len(people) + 1
                name = self.random.choice(SURNAMES) + "".join(self.random.sample(GIVEN, 2))
                people.append((pk, f"P{pk:07d}", name, f"1{pk:010d}", _found_by(name)))
                posts.append((pk, place.pk, place.path, pk, title, kind, HELD_SINCE))
                place.posts.append((pk, pk, name, kind))
        self._copy("organization.Person", "id code name phone search_text", people)
        self._copy("organization.Post", "id unit_id unit_path person_id title kind started_on", posts)
        self._copy("organization.Charge", "post_id field_id started_on", self._charges())

    def _charges(self) -> Iterator[tuple[Any, ...]]:
        """The five reserved fields among the members; in three units of a hundred the head holds one himself."""
        fields = list(apps.get_model("organization.Field").objects.filter(reserved=True).values_list("pk", flat=True))
        for place in self.places:
            members = [post for post, _, _, kind in place.posts if kind == PostKind.MEMBER]
            if not members or place.kind not in (UnitKind.GOVERNMENT, UnitKind.TOWN):
                continue
            for n, reserved in enumerate(fields):
                faulty = n == 0 and place.pk % 33 == 0
                yield place.posts[0][0] if faulty else members[n % len(members)], reserved, HELD_SINCE

    def _titles(self, place: Place) -> list[tuple[str, str]]:
        if place.kind in (UnitKind.DISCIPLINE, UnitKind.DISPATCHED):
            return [(PostKind.DISCIPLINE, "负责人")]
        if place.name.startswith((ONE, FIFTY)):
            return [(PostKind.HEAD, "党组书记")]
        head = [(PostKind.HEAD, "党组书记"), (PostKind.MEMBER, "党组成员"), (PostKind.MEMBER, "党组成员、副职")]
        return head if self.size.letters > self.size.units else head[:2]

    # ---- lists

    def _library(self) -> None:
        self.lineages = [uuid.UUID(int=n + 1) for n in range(self.size.lists_per_unit)]
        self.per_list = max(1, round(self.size.items / (len(self.places) * self.size.lists_per_unit)))
        names = "id unit_id unit_path year subject title state lineage created_at published_at"
        root, subjects = self.places[0], ("committee", "head", "member")
        lists = [
            (
                n + 1,
                root.pk,
                root.path,
                self.year,
                subjects[n],
                f"第{n + 1}责任清单",
                "published",
                lineage,
                self.now,
                self.now,
            )
            for n, lineage in enumerate(self.lineages)
        ]
        self._copy("responsibility.ResponsibilityList", names, lists)
        self.titles = {row[0]: (row[4], row[5]) for row in lists}
        categories = [(n * 5 + c + 1, n + 1, c + 1, f"第{c + 1}类") for n in range(len(lists)) for c in range(5)]
        self._copy("responsibility.ListCategory", "id list_id no name", categories)
        self._copy("responsibility.ListItem", "id list_id category_id no content per times key", self._library_items())

    def _library_items(self) -> Iterator[tuple[Any, ...]]:
        for n in range(len(self.lineages)):
            for i in range(self.per_list):
                pk = n * self.per_list + i + 1
                yield (
                    pk,
                    n + 1,
                    n * 5 + i % 5 + 1,
                    i + 1,
                    f"{DUTIES[i % len(DUTIES)]}（{i + 1}）",
                    "quarter",
                    1,
                    uuid.UUID(int=pk),
                )

    def _lists(self) -> None:
        holders = list(self._list_rows())
        names = (
            "id list_id lineage unit_id unit_path post_id year subject title state issued_at acknowledge_due_on "
            "acknowledged_at search_text"
        )
        self._copy("responsibility.IssuedList", names, (row for _, row in holders))
        names = (
            "id issued_list_id unit_path year source_id category_no category_name no content per times due_on "
            "lead_office kind key search_text"
        )
        self._copy("responsibility.IssuedItem", names, self._item_rows(holders))

    def _list_rows(self) -> Iterator[tuple[Place, tuple[Any, ...]]]:
        pk = 0
        for place in self.places:
            for n, lineage in enumerate(self.lineages):
                post = place.posts[n - 1][0] if n and len(place.posts) >= n else None
                if n and (post is None or place.name.startswith((ONE, FIFTY))):
                    continue
                pk += 1
                subject, title = self.titles[n + 1]
                done = self.random.random() < 0.9
                due = self.today + timedelta(days=self.random.randint(-60, 60))
                state, moment = ("acknowledged", self.now) if done else ("issued", None)
                found = f"{_found_by(title)}|{_found_by(place.name)}"
                holder = (place.pk, place.path, post, self.year, subject, title)
                yield place, (pk, n + 1, lineage, *holder, state, self.now, due, moment, found)

    def _item_rows(self, holders: list[tuple[Place, tuple[Any, ...]]]) -> Iterator[tuple[Any, ...]]:
        per_list = max(1, round(self.size.items / len(holders)))
        pk = 0
        for place, row in holders:
            for i in range(1 if place.name.startswith((ONE, FIFTY)) else per_list):
                pk += 1
                place.items.append(pk)
                common = i % 10 != 9 and i < self.per_list
                source = (row[1] - 1) * self.per_list + i + 1 if common else None
                content = f"{DUTIES[i % len(DUTIES)]}（{i + 1}）"
                due = self.today + timedelta(days=(pk * 7) % 300 - 150)
                key = uuid.UUID(int=source or 10**9 + pk)
                kind = "common" if common else "individual"
                yield (pk, row[0], place.path, self.year, source, i % 5 + 1, f"第{i % 5 + 1}类", i + 1, content,
                       "quarter", 1, due, "办公室", kind, key, f"{_found_by(content)}|{_found_by(place.name)}")  # fmt: skip

    # ---- letters

    def _letters(self) -> None:
        letters = list(self._letter_rows())
        self._copy("documents.StoredFile", *self._file_rows(letters))
        names = (
            "id number year title kind issuer_unit_id issuer_post_id recipient_unit_id recipient_post_id unit_path "
            "search_text state stage period_from period_to due_on text_sha256 verify_code document_id signed_at "
            "sealed_at drafted_by_id drafted_at edited_at"
        )
        self._account("bench_office", None)  # who drafted all of them
        self._copy("responsibility.Letter", names, (row for _, _, row in letters))
        stages = (
            (pk * 2 + n - 1, pk, 1, n + 1, ("责任方", "下达方")[n]) for pk in range(1, len(letters) + 1) for n in (0, 1)
        )
        self._copy("responsibility.SigningStage", "id letter_id version order label", stages)
        names = (
            "letter_id stage_id version stage_order order side post_id person_id person_name post_title unit_name state "
            "typed_name confirmed_read signed_at signed_by_id text_sha256"
        )
        self._copy("responsibility.Signature", names, self._signature_rows(letters))
        clauses = (
            (row[0], n + 1, DUTIES[n], item) for _, (_, place), row in letters for n, item in enumerate(place.items[:3])
        )
        self._copy("responsibility.LetterClause", "letter_id no text item_id", clauses)

    def _pairs(self) -> Iterator[tuple[int, Place, Place, int, int, str]]:
        """(year, issuer, recipient, issuer's post, recipient's post, level), most important first."""
        root = self.places[0]
        for back in range(4):
            for place in reversed(self.places[1:]):
                if place.name.startswith((ONE, FIFTY)) and back:
                    continue
                upper = place.parent if place.parent and place.parent.posts else root
                yield self.year - back, upper, place, upper.posts[0][0], place.posts[0][0], "committee_unit"
                for post in place.posts[1:]:
                    yield self.year - back, place, place, place.posts[0][0], post[0], "group_member"

    def _letter_rows(self) -> Iterator[tuple[Place, tuple[Place, Place], tuple[Any, ...]]]:
        for pk, (year, upper, place, issuer, recipient, kind) in enumerate(self._pairs(), start=1):
            if pk > self.size.letters:
                return
            state = "sealed" if year < self.year or self.random.random() < 0.9 else "signing"
            sealed = state == "sealed"
            due = date(year, 4, 15) if sealed else self.today + timedelta(days=pk % 60 - 20)
            title = "落实全面从严治党主体责任责任书"
            person = place.posts[recipient - place.posts[0][0]][2]
            found = f"{_found_by(place.name)}|{_found_by(person)}|{_found_by(title)}"
            moment = self.now if sealed else None
            row = (pk, f"云责〔{year}〕{pk}号", year, title, kind, upper.pk, issuer, place.pk, recipient, place.path, found,
                   state, None if sealed else 1, date(year, 1, 1), date(year, 12, 31), due, f"{pk:064x}",
                   f"YC-{pk:012d}", pk if sealed else None, moment, moment, 1, self.now, self.now)  # fmt: skip
            yield upper, (upper, place), row

    def _file_rows(self, letters: list[Any]) -> tuple[str, Any]:
        sealed = (row[0] for _, _, row in letters if row[11] == "sealed")
        names = "id sha256 sm3 size content_type name stored_at"
        return names, (
            (pk, f"{pk:064x}", f"{pk:064x}", 100_000, "application/pdf", f"{pk}.pdf", self.now) for pk in sealed
        )

    def _signature_rows(self, letters: list[Any]) -> Iterator[tuple[Any, ...]]:
        persons = {post: (person, name, place) for place in self.places for post, person, name, _ in place.posts}
        for _, _, row in letters:
            for n, post in enumerate((row[8], row[6])):
                person, name, place = persons[post]
                signed = row[11] == "sealed" or (n == 0 and row[0] % 2)
                given = (
                    ("signed", name, True, self.now, 1, row[16]) if signed else ("waiting", "", False, None, None, "")
                )
                side = ("recipient", "issuer")[n]
                yield row[0], row[0] * 2 + n - 1, 1, n + 1, 1, side, post, person, name, "党组书记", place.name, *given

    # ---- accounts

    def _account(self, username: str, person: int | None, office: str = "business") -> Any:
        user_model = apps.get_model("organization.User")
        user = user_model(
            username=username, person_id=person, office=office, created_at=self.now, must_change_password=False
        )
        user.set_unusable_password()
        user.save()
        return user

    def _grant(self, user: Any, role: str, place: Place) -> None:
        apps.get_model("organization.Grant").objects.create(
            user=user, role=role, unit_id=place.pk, started_on=HELD_SINCE, reason="测量", granted_at=self.now
        )

    def _accounts(self) -> None:
        """Whose pages are measured: one who sees all, one who sees a county, the head of one unit, one who sees one village."""
        users = apps.get_model("organization.User").objects
        county = next(p for p in self.places if p.name == "第5县")
        bureau = next(p for p in self.places if p.parent is county and p.kind == UnitKind.GOVERNMENT)
        self._grant(users.get(username="bench_office"), "discipline_office", self.places[0])
        self._grant(self._account("bench_county", None), "discipline_office", county)
        self._account("bench_head", bureau.posts[0][1])
        one, fifty = (next(p for p in self.places if p.name == name) for name in (ONE, FIFTY))
        self._grant(self._account("bench_one", None), "discipline_office", one)
        self._grant(self._account("bench_fifty", None), "discipline_office", fifty)
        auditor = self._account("bench_auditor", None)
        self._grant(auditor, "auditor", self.places[0])
        self._grant(self._account("bench_county_auditor", None), "auditor", county)
        for office in ("system", "security", "audit"):
            self._account(f"bench_{office}", None, office)
        others = (p for p in self.places[1:] if p.posts and p is not bureau)
        names = "password username person_id display_name office created_at must_change_password"
        rows = (("!", f"u{p.pk}", p.posts[0][1], "", "business", self.now, False) for p in others)
        self._copy("organization.User", names, rows)
