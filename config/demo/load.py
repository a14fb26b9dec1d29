"""Loads the demo city step by step. Every step looks at what is there, so that a load that was killed completes."""

import time
from collections.abc import Callable
from datetime import datetime

from django.apps import apps
from django.utils import timezone

from config.demo import lists
from config.demo.accounts import Book, settle_password
from config.demo.events import run_through
from config.demo.letters import Letters
from config.demo.organisation import INSPECTED, INSPECTOR, City, found_city, import_workbook, open_accounts
from config.demo.story import Story
from organization.enums import PostKind
from organization.lending import lend
from organization.models import Person, User
from responsibility.models import IssuedList, Letter

Say = Callable[[str], None]
# (place, name of the person or the account, role, unit, remark); one account per role is printed at the start.
SHOWN = (
    (1, "李启俭", "纪委党风室", "市纪委监委", "下达清单、发起签订、工作台"),
    (2, "李清俭", "纪委领导", "市纪委监委", "会签、工作台"),
    (3, "卫弘廉", "纪委委员", "市纪委监委", "只读全市"),
    (4, "孙立澄", "派驻（纪检）组", "派驻第5纪检监察组", "有责任书等待会签"),
    (5, "孙一然", "市委书记", "云川市", "有责任书等待签署"),
    (6, "沈宁衡", "单位主要负责人", "市财政局", "有责任书等待签署"),
    (7, "曹怀衡", "班子成员", "市财政局", "有清单待认领、责任书待签署"),
    (8, "clerk:YC-D19", "单位联络员", "市财政局", "填写个性事项、拟责任书"),
    (9, "@jiancha", "检查组成员", "借阅", "只见被检查单位的任职，和借阅的一份清单、一份责任书"),
    (10, "@duzhe", "只读审计", "云川市", "只读，可看审计"),
    (11, "@system", "系统管理员", "三员", "账号"),
    (12, "@security", "安全管理员", "三员", "授权"),
    (13, "@audit", "安全审计员", "三员", "审计"),
    (14, "朱思廉", "单位主要负责人", "市委办公室", "首次登录须改密码"),
)
FIRST_LOGIN = {"朱思廉"}


def load_demo(*, now: datetime, say: Say) -> None:
    """Brings the demo city to its full state; does nothing where it is there."""
    if is_complete():
        return
    city = City(Book(), Story(timezone.localtime(now)))
    began = time.monotonic()
    say("正在装入演示城市「云川市」（虚构），约一分钟，只在第一次启动时需要……")
    for words, step in STEPS:
        started = time.monotonic()
        step(city, say)
        say(f"  {words}（{time.monotonic() - started:.1f} 秒）")
    say(f"演示城市已装好，用时 {time.monotonic() - began:.0f} 秒。")


def is_complete() -> bool:
    """Whether the last step has been taken."""
    loans = apps.get_model(Letter.objects.all().lent_through)
    return bool(loans.objects.filter(user__person__name=INSPECTOR).exists())


def _organisation(city: City, say: Say) -> None:
    found_city(city)
    import_workbook(city)


def _accounts(city: City, say: Say) -> None:
    open_accounts(city)
    for place, who, role, unit, note in SHOWN:
        user = _user(city, who)
        if user.person is None or user.person.name not in FIRST_LOGIN:
            settle_password(city.book, user, now=city.story.ago(32))
        city.book.show(user, place, role=role, unit=unit, note=note)
    city.book.save()


def _user(city: City, who: str) -> User:
    if who.startswith("@"):
        return User.objects.select_related("person").get(username=who[1:])
    if who.startswith("clerk:"):
        clerks = Person.objects.filter(posts__unit__code=who[6:], posts__kind=PostKind.CLERK)
        return User.objects.select_related("person").get(person=clerks.first())
    return city.user_of(who)


def _lists(city: City, say: Say) -> None:
    lists.bring_in(city)
    lists.issue(city)


def _work(city: City, say: Say) -> None:
    happened = [*lists.events(city), *Letters(city).events()]
    run_through(happened, say=say, words="认领清单、签订责任书")


def _loans(city: City, say: Say) -> None:
    """Last of all: is_complete asks for it."""
    inspector, office = city.user_of(INSPECTOR), city.user_of("李启俭")
    until, now = city.story.ahead(20), city.story.ago(1)
    held = IssuedList.objects.filter(unit__code=INSPECTED, post__isnull=True, year=city.story.year)
    letter = Letter.objects.get(recipient_unit__code=INSPECTED, kind="committee_unit", year=city.story.year)
    for obj in (held.get(), letter):
        lend(obj, to_user=inspector, until=until, reason="年度专项检查", by=office, now=now)


STEPS: tuple[tuple[str, Callable[[City, Say], None]], ...] = (
    ("单位、任职、分工已由工作簿导入", _organisation),
    ("账号已建立", _accounts),
    ("责任清单已发布并下达", _lists),
    ("清单已认领，责任书已签订", _work),
    ("检查组借阅已办理", _loans),
)
