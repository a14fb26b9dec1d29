"""The text of a letter as data: frozen for signing, and laid out for the official page."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings

from common.words import cn_date, cn_moment
from engines.documents.images import qr_svg
from engines.documents.store import plain_name, read
from organization.models import Post
from responsibility.enums import SigningSide
from responsibility.models import Letter, Signature
from responsibility.rules.letter_text import CLAUSES, PREAMBLE
from responsibility.rules.letters import NUMERALS

ROLE_WORDS = {
    SigningSide.ISSUER: "下达方",
    SigningSide.RECIPIENT: "责任方",
    SigningSide.SUPERVISOR: "监督方",
}


def content_of_letter(letter: Letter, posts: Iterable[tuple[str, Post]]) -> dict[str, Any]:
    """Everything that is signed, as JSON data in one fixed shape; its fingerprint is the letter's `text_sha256`."""
    return {
        "title": letter.title,
        "number": letter.number,
        "year": letter.year,
        "kind": letter.kind,
        "version": letter.version,
        "basis": letter.basis,
        "period_from": letter.period_from.isoformat(),
        "period_to": letter.period_to.isoformat(),
        "sections": letter.sections,
        "clauses": [
            {"no": clause.no, "text": clause.text, "item": clause.item_id, "kind": clause.item.kind}
            for clause in letter.clauses.select_related("item").order_by("no")
        ],
        "parties": [
            {
                "side": str(side),
                "party": post.unit.party,
                "unit": post.unit.name,
                "post": post.title,
                "name": post.person.name,
            }
            for side, post in posts
        ],
        "verify_code": letter.verify_code,
    }


def words_of_content(content: Mapping[str, Any]) -> str:
    """All characters that the page will show, to be checked against the fonts."""
    parts = [content["title"], content["number"], content["basis"], content["verify_code"]]
    for section in content["sections"]:
        parts += [section["heading"], *section["paragraphs"]]
    parts += [clause["text"] for clause in content["clauses"]]
    for party in content["parties"]:
        parts += [party["party"], party["unit"], party["post"], party["name"]]
    return "".join(parts)


def present_content(letter: Letter) -> dict[str, Any]:
    """The frozen content while the letter is signed and afterwards; what stands in the draft before."""
    version = letter.versions.filter(version=letter.version).first()
    if version is not None:
        return dict(version.content)
    posts = [
        (SigningSide.ISSUER, letter.issuer_post),
        (SigningSide.RECIPIENT, letter.recipient_post),
        (SigningSide.SUPERVISOR, letter.supervisor_post),
    ]
    return content_of_letter(letter, [(side, post) for side, post in posts if post is not None])


def preamble_of(content: Mapping[str, Any]) -> list[str]:
    return [words for part in content["sections"] if part["key"] == PREAMBLE for words in part["paragraphs"]]


def parts_of(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The headed sections in order, numbered 一、二、…; the clauses stand in 责任内容."""
    headed = [part for part in content["sections"] if part["key"] != PREAMBLE]
    return [
        {
            "number": NUMERALS[number],
            "heading": part["heading"],
            "paragraphs": part["paragraphs"],
            "clauses": content["clauses"] if part["key"] == CLAUSES else [],
        }
        for number, part in enumerate(headed, start=1)
    ]


def document_data(letter: Letter) -> dict[str, Any]:
    """What the engine lays out for a letter: its text, the signatures that are there, the record once all have signed."""
    content = present_content(letter)
    places = list(
        letter.signatures.filter(version=letter.version)
        .select_related("image", "stage")
        .order_by("stage_order", "order")
    )
    by_side = {place.side: place for place in places}
    return {
        "title": content["title"],
        "number": content["number"],
        "preamble": preamble_of(content),
        "sections": [
            {**part, "clauses": [{"text": clause["text"]} for clause in part["clauses"]]} for part in parts_of(content)
        ],
        "parties": [_party(party, by_side.get(party["side"])) for party in content["parties"]],
        "record": _record(letter, places) if letter.signed_at else None,
        "author": content["parties"][0]["party"],
    }


def _party(party: Mapping[str, str], place: Signature | None) -> dict[str, Any]:
    signed = place is not None and place.signed_at is not None
    shown: dict[str, Any] = {
        "role": ROLE_WORDS[SigningSide(party["side"])],
        "unit": party["party"],
        "post": party["post"],
        "name": party["name"],
    }
    if signed and place is not None:
        shown["signed_on"] = cn_date(place.signed_at)
        if place.image is not None:
            shown["image"] = read(place.image)
        else:
            shown["typed"] = place.typed_name
    return shown


def _record(letter: Letter, places: Sequence[Signature]) -> dict[str, Any]:
    version = letter.versions.get(version=letter.version)
    ordered = sorted(places, key=lambda place: (place.signed_at, place.pk))
    return {
        "entries": [
            {
                "order": str(n),
                "name": place.person_name,
                "post": place.post_title,
                "unit": place.unit_name,
                "how": f"{place.stage.label}，{place.how}",
                "when": cn_moment(place.signed_at),
            }
            for n, place in enumerate(ordered, start=1)
        ],
        "facts": [
            {"label": "核验码", "value": letter.verify_code},
            {"label": "文本版本", "value": f"第 {version.version} 版，{cn_moment(version.frozen_at)}起固定"},
            {"label": "文本 SHA-256", "value": version.text_sha256, "exact": True},
            {"label": "文本 SM3", "value": version.text_sm3, "exact": True},
        ],
        "address": verify_address(letter),
        "qr": qr_svg(verify_address(letter)),
        "notes": [
            "各签署人均以本人账号登录，签署时再次核对密码，并确认已阅读全文。",
            "本文件由系统生成一次并加盖电子印章，任何改动都会使印章失效。可在核验地址输入核验码，或者上传本文件核验。",
        ],
    }


def verify_address(letter: Letter) -> str:
    """Where a letter is checked; only the code where the installation has no public address."""
    base = settings.LVZE_PUBLIC_ADDRESS.rstrip("/")
    return f"{base}/verify/?code={letter.verify_code}" if base else letter.verify_code


def document_name(letter: Letter) -> str:
    """云责〔2026〕19号 2026年度…责任书（市财政局）.pdf."""
    return plain_name(f"{letter.number} {letter.title}（{letter.recipient_unit.name}）.pdf")
