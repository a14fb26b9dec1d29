"""What responsibility has to say in time: letters that wait for a signature, lists that wait to be acknowledged."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.urls import reverse

from engines.reminders.sources import Source, register
from organization.enums import PostKind
from responsibility.enums import IssuedState, LetterState, SignatureState
from responsibility.models import IssuedList, Signature


def _words(*parts: Any) -> Concat:
    return Concat(*(Value(p) if isinstance(p, str) else p for p in parts), output_field=CharField())


def letters_to_sign(today: date) -> Sequence[QuerySet[Any, Any]]:
    """Places whose stage is open and whose holder still holds his post: exactly those who can sign today."""
    held = Q(post__started_on__lte=today) & (Q(post__ended_on__isnull=True) | Q(post__ended_on__gt=today))
    places = Signature.objects.filter(
        held,
        state=SignatureState.WAITING,
        letter__state=LetterState.SIGNING,
        stage_order=F("letter__stage"),
        version=F("letter__version"),
    )
    rows = places.annotate(
        object_id=F("pk"),
        target_id=F("letter_id"),
        owner_id=F("person__account__id"),
        owner_path=F("post__unit_path"),
        owner_name=_words(F("person_name"), "（", F("unit_name"), "）"),
        deadline=F("letter__due_on"),
        words=_words(
            "签署责任书：", F("letter__number"), " ", F("letter__title"), "（", F("letter__recipient_unit__name"), "）"
        ),
    )
    return [rows]


def lists_to_acknowledge(today: date) -> Sequence[QuerySet[Any, Any]]:
    """Personal lists wait for the holder of the post, collective ones for the heads of the unit."""
    lists = IssuedList.objects.filter(state=IssuedState.ISSUED).annotate(
        object_id=F("pk"),
        target_id=F("pk"),
        owner_path=F("unit_path"),
        deadline=F("acknowledge_due_on"),
        words=_words("认领责任清单：", F("title"), "（", F("unit__name"), "）"),
    )
    post_held = Q(post__started_on__lte=today) & (Q(post__ended_on__isnull=True) | Q(post__ended_on__gt=today))
    personal = lists.filter(post_held, post__isnull=False).annotate(
        owner_id=F("post__person__account__id"), owner_name=_words(F("post__person__name"), "（", F("unit__name"), "）")
    )
    # `unit__posts` is joined once, so both conditions speak of the same post.
    headed = Q(unit__posts__kind=PostKind.HEAD, unit__posts__started_on__lte=today) & (
        Q(unit__posts__ended_on__isnull=True) | Q(unit__posts__ended_on__gt=today)
    )
    collective = lists.filter(headed, post__isnull=True).annotate(
        owner_id=F("unit__posts__person__account__id"),
        owner_name=_words(F("unit__posts__person__name"), "（", F("unit__name"), "）"),
    )
    return [personal, collective]


def announce() -> None:
    """Called once, by the app's ready()."""
    register(Source("letter", "责任书签署", letters_to_sign, lambda pk: reverse("letter_show", args=[pk])))
    register(Source("list", "责任清单认领", lists_to_acknowledge, lambda pk: reverse("list_show", args=[pk])))
