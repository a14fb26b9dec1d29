"""What people type about letters: shape and types; the services have the last word."""

import base64
import binascii
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, TypeVar

from django import forms

from common.errors import DomainError
from organization.models import Post
from responsibility.models import IssuedItem, Letter
from responsibility.rules.letter_text import PREAMBLE
from responsibility.rules.letters import NUMERALS

R = TypeVar("R")
LONGEST_DRAWING = 700_000  # characters of a data: address; the picture itself is checked by the engine
DRAWING_HEAD = "data:image/png;base64,"


class DayField(forms.DateField):
    """A day; years before 1990 and after 2100 are slips of the hand."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(widget=widget, **kwargs)

    def clean(self, value: Any) -> date | None:
        day: date | None = super().clean(value)
        if day is not None and not 1990 <= day.year <= 2100:
            raise forms.ValidationError("请核对年份。")
        return day


class LetterForm(forms.Form):
    """A form whose act a service may refuse: the sentence stands at its field and everything typed stays."""

    def attempt(self, act: Callable[[], R]) -> R | None:
        """The service's answer, or None after its refusal was put at the field it names."""
        try:
            return act()
        except DomainError as error:
            self.refuse(error)
            return None

    def refuse(self, error: DomainError) -> None:
        field = error.field if error.field in self.fields else None
        self.add_error(field, f"{error.message}{error.remedy}")


class PostChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.unit.party}　{obj.person.name}（{obj.title}）"


class DraftForm(LetterForm):
    """Who signs with this recipient, until when, and which items of his list become clauses."""

    issuer_post = PostChoice(label="下达方", queryset=Post.objects.none(), empty_label=None)
    supervisor_post = PostChoice(
        label="监督方会签人",
        queryset=Post.objects.none(),
        required=False,
        empty_label="不会签",
        help_text="双方签订后由其会签。单位内部的责任书一般不需要会签。",
    )
    due_on = DayField(label="签订期限")
    period_from = DayField(label="责任期限自")
    period_to = DayField(label="责任期限至")
    basis = forms.CharField(label="依据", max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    items = forms.TypedMultipleChoiceField(
        label="责任内容取自责任清单",
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        help_text="取自责任方本人（本单位）的责任清单，已全部选中；不写入责任书的请取消。",
        error_messages={"required": "请至少选取一项责任清单事项。"},
    )

    def __init__(self, *args: Any, issuers: Any, supervisors: Any, items: Iterable[IssuedItem], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["issuer_post"].queryset = issuers  # type: ignore[attr-defined]
        self.fields["supervisor_post"].queryset = supervisors  # type: ignore[attr-defined]
        self.fields["items"].choices = [  # type: ignore[attr-defined]
            (item.pk, f"第 {item.no} 项（{item.get_kind_display()}）　{item.content}") for item in items
        ]


class EditForm(LetterForm):
    """The text of a draft: headings and paragraphs by section, one field per clause, items that may still be added."""

    title = forms.CharField(label="标题", max_length=120)
    basis = forms.CharField(label="依据", max_length=300, required=False)
    due_on = DayField(label="签订期限")
    period_from = DayField(label="责任期限自")
    period_to = DayField(label="责任期限至")
    seen_at = forms.DateTimeField(widget=forms.HiddenInput, input_formats=["%Y-%m-%dT%H:%M:%S.%f%z"])

    def __init__(self, *args: Any, letter: Letter, items: Iterable[IssuedItem], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.letter = letter
        self.clauses = list(letter.clauses.select_related("item").order_by("no"))
        for n, section in enumerate(letter.sections):
            if section["key"] != PREAMBLE:
                self.fields[f"heading_{n}"] = forms.CharField(
                    label=f"第{NUMERALS[n]}部分标题", max_length=40, initial=section["heading"]
                )
            self.fields[f"text_{n}"] = forms.CharField(
                label=section["heading"] or "引言",
                initial="\n".join(section["paragraphs"]),
                widget=forms.Textarea(attrs={"rows": 2 + len(section["paragraphs"])}),
            )
        for clause in self.clauses:
            self.fields[f"clause_{clause.pk}"] = forms.CharField(
                label=f"第 {clause.no} 条",
                initial=clause.text,
                required=False,
                max_length=2000,
                widget=forms.Textarea(attrs={"rows": 2}),
                help_text=f"对应清单第 {clause.item.no} 项 {clause.item.content[:40]}；清空即删去这一条",
            )
        left = [item for item in items if item.pk not in {clause.item_id for clause in self.clauses}]
        if left:
            self.fields["added_items"] = forms.TypedMultipleChoiceField(
                label="再加入清单事项",
                coerce=int,
                required=False,
                widget=forms.CheckboxSelectMultiple,
                choices=[(item.pk, f"第 {item.no} 项　{item.content}") for item in left],
            )

    def sections(self) -> list[dict[str, Any]]:
        """The sections as typed: one paragraph per line."""
        return [
            {
                "key": section["key"],
                "heading": self.cleaned_data.get(f"heading_{n}", ""),
                "paragraphs": self.cleaned_data[f"text_{n}"].splitlines(),
            }
            for n, section in enumerate(self.letter.sections)
        ]

    def clause_texts(self) -> dict[int, str]:
        return {clause.pk: self.cleaned_data[f"clause_{clause.pk}"] for clause in self.clauses}

    @property
    def section_fields(self) -> list[tuple[Any, Any, bool]]:
        """For the page: heading (or None), text, and whether the clauses stand beneath it."""
        return [
            (
                self[f"heading_{n}"] if f"heading_{n}" in self.fields else None,
                self[f"text_{n}"],
                section["key"] == "duties",
            )
            for n, section in enumerate(self.letter.sections)
        ]

    @property
    def clause_fields(self) -> list[Any]:
        return [self[f"clause_{clause.pk}"] for clause in self.clauses]

    @property
    def added_field(self) -> Any:
        return self["added_items"] if "added_items" in self.fields else None


class SignForm(LetterForm):
    """本人已阅读, a drawn or a typed signature, and the password again. The password is never shown again."""

    confirmed_read = forms.BooleanField(
        label="本人已阅读全文，知悉责任内容和责任追究规定",
        required=False,
    )
    drawing = forms.CharField(label="手写签名", required=False, max_length=LONGEST_DRAWING, strip=True)
    typed_name = forms.CharField(
        label="键入本人姓名", required=False, max_length=60, help_text="不便手写时，键入本人姓名代替手写签名。"
    )
    password = forms.CharField(
        label="登录密码",
        max_length=200,
        strip=False,
        help_text="再次输入登录密码，以确认由本人签署。",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "请输入登录密码。"},
    )
    seen_sha256 = forms.CharField(
        widget=forms.HiddenInput,
        max_length=64,
        error_messages={"required": "页面不完整，没有签署。请刷新本页，重新阅读后再签署。"},
    )

    def clean_drawing(self) -> bytes:
        """The PNG of the signature pad; empty where none was drawn."""
        text: str = self.cleaned_data["drawing"]
        if not text:
            return b""
        if not text.startswith(DRAWING_HEAD):
            raise forms.ValidationError("手写签名的图片不完整，请重新书写。")
        try:
            return base64.b64decode(text.removeprefix(DRAWING_HEAD), validate=True)
        except binascii.Error as error:
            raise forms.ValidationError("手写签名的图片不完整，请重新书写。") from error

    @property
    def kept_drawing(self) -> str:
        """The drawing as it was sent, to be shown again after a refusal; nothing but a picture passes."""
        sent = self.data.get("drawing", "") if self.is_bound else ""
        refused = "drawing" in self.errors if self.is_bound else False
        return sent if sent.startswith(DRAWING_HEAD) and not refused and len(sent) <= LONGEST_DRAWING else ""


class ReasonForm(LetterForm):
    """Why something is returned or taken back."""

    reason = forms.CharField(
        label="理由",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "请写明理由。"},
    )


class ExtendForm(LetterForm):
    """A later day for signing, and why."""

    due_on = DayField(label="新的签订期限")
    reason = forms.CharField(label="理由", max_length=500, error_messages={"required": "请写明延长的理由。"})


class BatchDraftForm(LetterForm):
    """The deadline of all drafts that are made at once."""

    due_on = DayField(label="签订期限")


class VerifyForm(LetterForm):
    """A code typed from the paper."""

    code = forms.CharField(
        label="核验码",
        max_length=40,
        required=False,
        help_text="印在责任书「签署记录」页上，如 YC26-XXXX-XXXX-XXXX，不分大小写。",
    )


class VerifyFileForm(LetterForm):
    """A file somebody holds in his hands."""

    file = forms.FileField(label="责任书文件（PDF）", help_text="只在本次核验中使用，不会保存。")
