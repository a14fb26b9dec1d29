"""The letters of the demo city: nearly all signed in order and sealed, some that wait, one returned, two overdue."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from config.demo.events import Event
from config.demo.handwriting import drawn
from config.demo.organisation import City
from config.demo.story import LETTERS_OUT
from organization.enums import PostKind
from organization.models import Post, User
from responsibility.enums import IssuedItemState, ItemKind, LetterState, SignatureState, SigningSide, Subject
from responsibility.models import IssuedItem, Letter
from responsibility.queries.letter_sources import items_for
from responsibility.rules.letters import Side, pair_of
from responsibility.services.letter_draft import DraftTerms, draft_letter
from responsibility.services.letters import return_letter, send_for_signing
from responsibility.services.signing import Act, sign_letter

ALL = (SigningSide.ISSUER, SigningSide.RECIPIENT, SigningSide.SUPERVISOR)
# By unit code: who has signed so far, where it is not everybody.
SO_FAR: dict[str, tuple[SigningSide, ...]] = {
    "YC-D19": (SigningSide.ISSUER,),  # waits for 沈宁衡
    "YC-D40": (SigningSide.ISSUER,),  # overdue
    "YC-T12": (SigningSide.ISSUER,),  # overdue
    "YC-D05": ALL[:2],  # these wait for the dispatched group's signature
    "YC-D13": ALL[:2],
    "YC-D21": ALL[:2],
    "YC-D09": (SigningSide.RECIPIENT,),  # these wait for the secretary
    "YC-D35": (SigningSide.RECIPIENT,),
    "YC-D33": (SigningSide.ISSUER,),  # returned
}
OVERDUE = {"YC-D40", "YC-T12"}
RETURNED = {"YC-D33": "局领导班子分工近期调整，第四条责任内容与现行分工不一致，请核对后再发起签订。"}
DRAFT = {"YC-D44"}
# Units whose heads pass responsibility on to their members; names of those who have not signed yet.
PASSED_ON = (
    "YC-D12",
    "YC-D14",
    "YC-D16",
    "YC-D19",
    "YC-D22",
    "YC-D23",
    "YC-D25",
    "YC-D28",
    "YC-D50",
    "YC-T05",
    "YC-T08",
)
MEMBERS_WAITING = {"曹怀衡", "施启朴", "吕行清"}
COMMITTEE_ITEMS, OTHER_ITEMS = (1, 3, 5, 9, 13, 16, 20), (1, 2, 3, 5, 6, 12)
DRAWERS = 3  # of so many signers one types his name


@dataclass
class Plan:
    """How far one letter shall come, and until when it was to be signed."""

    issuer: Post
    recipient: Post
    due_on: date
    number: int
    signers: tuple[SigningSide, ...] = ALL
    returned: str = ""
    draft_only: bool = False
    by_office: bool = True
    letter: Letter | None = field(default=None, repr=False)


class Letters:
    """Draws up the plans and turns them into events."""

    def __init__(self, city: City) -> None:
        self.city, self.story, self.book = city, city.story, city.book
        self.office = city.user_of("李启俭")
        posts = Post.objects.held(self.story.today).filter(
            kind__in=(PostKind.HEAD, PostKind.MEMBER, PostKind.DISCIPLINE)
        )
        self.posts = list(posts.select_related("unit", "person").order_by("unit__order", "id"))
        people = [post.person_id for post in self.posts]
        self.users = {user.person_id: user for user in User.objects.filter(person__in=people).select_related("person")}

    def events(self) -> Iterator[Event]:
        for plan in self._plans():
            yield from self._events_of(plan)

    # ---- what shall be

    def _plans(self) -> Iterator[Plan]:
        heads = {post.unit.code: post for post in self.posts if post.kind == PostKind.HEAD}
        secretary = heads.pop("YC")
        number = 0
        for code, head in heads.items():
            number += 1
            yield self._with_unit(number, secretary, head, code)
        for issuer in [secretary, *(heads[code] for code in PASSED_ON)]:
            for post in self.posts:
                if post.unit_id == issuer.unit_id and post.kind != PostKind.HEAD and self._goes_together(issuer, post):
                    number += 1
                    yield self._with_member(number, issuer, post)

    def _with_unit(self, number: int, secretary: Post, head: Post, code: str) -> Plan:
        due_on = self.story.ago(4).date() if code in OVERDUE else self.story.ahead(1 if code == "YC-D19" else 6)
        return Plan(
            secretary,
            head,
            due_on,
            number,
            SO_FAR.get(code, ALL),
            returned=RETURNED.get(code, ""),
            draft_only=code in DRAFT,
        )

    def _with_member(self, number: int, issuer: Post, member: Post) -> Plan:
        waits = member.person.name in MEMBERS_WAITING
        signers = ALL[:1] if waits else ALL
        return Plan(issuer, member, self.story.ahead(4), number, signers, by_office=issuer.unit.code == "YC")

    def _goes_together(self, issuer: Post, recipient: Post) -> bool:
        sides = [Side(p.unit.kind, p.kind, p.unit.path, p.person_id, p.title) for p in (issuer, recipient)]
        return pair_of(*sides).kind is not None

    # ---- what is done about it

    def _events_of(self, plan: Plan) -> Iterator[Event]:
        early = LETTERS_OUT - plan.number % 4
        yield Event(self.story.ago(early, minute=plan.number % 60), lambda now: self._draft(plan, now))
        if plan.draft_only:
            return
        yield Event(self.story.ago(early - 1, minute=plan.number % 60), lambda now: self._send(plan, now))
        for step, side in enumerate(plan.signers):
            day = max(1, early - 2 - step * 5 - plan.number % 3)
            moment = self.story.ago(day, hour=10 + step, minute=plan.number % 60)
            yield Event(moment, lambda now, side=side: self._sign(plan, side, now))  # type: ignore[misc]
        if plan.returned:
            yield Event(self.story.ago(6, hour=15), lambda now: self._return(plan, now))

    def _found(self, plan: Plan) -> Letter | None:
        pair = Letter.objects.filter(issuer_post=plan.issuer, recipient_post=plan.recipient, year=self.story.year)
        return pair.exclude(state=LetterState.WITHDRAWN).first()

    def _drafter(self, plan: Plan) -> User:
        return self.office if plan.by_office else self.users[plan.issuer.person_id]

    def _draft(self, plan: Plan, now: datetime) -> None:
        if self._found(plan) is None:
            terms = DraftTerms(year=self.story.year, due_on=plan.due_on)
            items = self._items(plan)
            draft_letter(
                plan.issuer, recipient_post=plan.recipient, item_ids=items, terms=terms, by=self._drafter(plan), now=now
            )

    def _items(self, plan: Plan) -> list[int]:
        """A few common items that matter most between these two, and all that the recipient has added himself."""
        sides = [Side(p.unit.kind, p.kind, p.unit.path, p.person_id, p.title) for p in (plan.issuer, plan.recipient)]
        kind = pair_of(*sides).kind
        assert kind is not None
        own = items_for(plan.recipient, kind, self.story.year).filter(state=IssuedItemState.OPEN)
        return [item.pk for item in own if self._belongs(item, plan)]

    def _belongs(self, item: IssuedItem, plan: Plan) -> bool:
        committee = item.issued_list.subject == Subject.COMMITTEE
        if committee != (plan.recipient.kind == PostKind.HEAD):
            return False
        chosen = COMMITTEE_ITEMS if committee else OTHER_ITEMS
        return item.kind == ItemKind.INDIVIDUAL or (item.source is not None and item.source.no in chosen)

    def _send(self, plan: Plan, now: datetime) -> None:
        letter = self._found(plan)
        if letter and letter.state == LetterState.DRAFT and letter.version == 1:
            send_for_signing(letter, by=self._drafter(plan), now=now)

    def _sign(self, plan: Plan, side: SigningSide, now: datetime) -> None:
        letter = self._found(plan)
        if letter is None or letter.state != LetterState.SIGNING:
            return
        waiting = letter.signatures.filter(version=letter.version, side=side, state=SignatureState.WAITING)
        place = waiting.select_related("person__account").first()
        if place is not None:
            user = place.person.account
            sign_letter(letter, self._act(letter, user), by=user, now=now)

    def _act(self, letter: Letter, user: User) -> Act:
        assert user.person is not None
        name = user.person.name
        drawing = drawn(name) if user.pk % DRAWERS else b""
        return Act(
            password=self.book.password(user),
            seen_sha256=letter.text_sha256,
            confirmed_read=True,
            drawing=drawing,
            typed_name="" if drawing else name,
        )

    def _return(self, plan: Plan, now: datetime) -> None:
        letter = self._found(plan)
        if letter and letter.state == LetterState.SIGNING:
            return_letter(letter, by=self.users[plan.recipient.person_id], reason=plan.returned, now=now)
