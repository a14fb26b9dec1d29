"""What people type about units, people, charges, grants and accounts: shape and types; services have the last word."""

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from django import forms
from django.contrib.auth import password_validation
from django.db.models import Q, QuerySet

from common.errors import DomainError, Forbidden, Stale
from organization.enums import Office, PartyKind, PostKind, Role, UnitKind
from organization.models import Field, Person, Post, Unit, User
from organization.rules.search import normalise_query

R = TypeVar("R")
SUGGESTIONS = 8


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class DayField(forms.DateField):
    """A day; years before 1900 and after 2100 are slips of the hand."""

    widget = DayInput

    def clean(self, value: Any) -> date | None:
        day: date | None = super().clean(value)
        if day is not None and not 1900 <= day.year <= 2100:
            raise forms.ValidationError("请核对年份。")
        return day


class UnitField(forms.CharField):
    """A unit by its code or name, out of those the person may use; `choose_from` must be set by the form."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=200, **kwargs)
        self.choose_from: QuerySet[Unit] = Unit.objects.none()
        self.widget.attrs |= {"autocomplete": "off", "placeholder": "单位编码或名称"}

    def suggest_at(self, address: str) -> None:
        """Suggestions while typing; without script the code or name is simply typed."""
        self.widget.attrs |= {
            "list": "unit-suggestions",
            "hx-get": address,
            "hx-trigger": "input changed delay:250ms",
            "hx-target": "#unit-suggestions",
            "hx-params": "*",
        }

    def prepare_value(self, value: Any) -> Any:
        return f"{value.code} {value.name}" if isinstance(value, Unit) else value

    def clean(self, value: Any) -> Unit | None:
        text = super().clean(value).strip()
        if not text:
            return None
        head = text.split()[0]
        exact = list(self.choose_from.filter(Q(code__in=[text, head]) | Q(name=text))[: SUGGESTIONS + 1])
        by_code = [unit for unit in exact if unit.code in (text, head)]
        found = by_code or exact or list(self._like(text))
        if len(found) == 1:
            return found[0]
        raise forms.ValidationError(self._refusal(text, found))

    def _like(self, text: str) -> QuerySet[Unit]:
        return self.choose_from.filter(search_text__contains=normalise_query(text))[: SUGGESTIONS + 1]

    @staticmethod
    def _refusal(text: str, found: list[Unit]) -> str:
        if not found:
            return f"没有找到单位「{text}」，请填写单位编码或完整名称。"
        named = "、".join(f"{unit.code} {unit.name}" for unit in found[:SUGGESTIONS])
        return f"「{text}」不止一个单位，请写明其中一个：{named}{'等' if len(found) > SUGGESTIONS else ''}。"


class PersonField(forms.CharField):
    """A person by code, mobile number or name; several of one name are told apart by their codes."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=80, **kwargs)
        self.widget.attrs |= {"autocomplete": "off", "placeholder": "人员编码、手机号或姓名"}

    def prepare_value(self, value: Any) -> Any:
        return f"{value.code} {value.name}" if isinstance(value, Person) else value

    def clean(self, value: Any) -> Person | None:
        text = super().clean(value).strip()
        if not text:
            return None
        known = Q(code__in=[text, text.split()[0]]) | Q(phone=text) | Q(name=text)
        found = list(Person.objects.filter(known)[: SUGGESTIONS + 1])
        if len(found) == 1:
            return found[0]
        if not found:
            raise forms.ValidationError(f"没有找到「{text}」，请填写人员编码、手机号或姓名。")
        named = "、".join(f"{person.code} {person.name}" for person in found[:SUGGESTIONS])
        raise forms.ValidationError(f"「{text}」不止一人，请写明人员编码：{named}。")


class AccountField(forms.CharField):
    """An account by its user name, or by the name of its person where only one has that name."""

    def clean(self, value: Any) -> User | None:
        text = super().clean(value).strip()
        if not text:
            return None
        named = Q(person__name=text) | Q(display_name=text)
        found = list(User.objects.filter(username=text)) or list(User.objects.filter(named)[: SUGGESTIONS + 1])
        if len(found) == 1:
            return found[0]
        if not found:
            raise forms.ValidationError(f"没有找到账号「{text}」，请填写登录账号或者本人姓名。")
        names = "、".join(user.username for user in found[:SUGGESTIONS])
        raise forms.ValidationError(f"「{text}」不止一个账号，请写明登录账号：{names}。")


class DomainForm(forms.Form):
    """A form whose act may be refused by a service: the sentence is shown at its field and everything typed stays."""

    def attempt(self, act: Callable[[], R]) -> R | None:
        try:
            return act()
        except (Forbidden, Stale):
            raise
        except DomainError as error:
            words = f"{error.message}{error.remedy}"
            self.add_error(error.field if error.field in self.fields else None, words)
            return None


def reason_field(required: bool = False) -> forms.CharField:
    return forms.CharField(label="理由或文号", max_length=200, required=required)


def on_field() -> DayField:
    return DayField(label="生效日期", help_text="从这一天起按新的情况显示，之前的保留在沿革里。")


class UnitForm(DomainForm):
    """Founding a unit."""

    code = forms.CharField(label="单位编码", max_length=40)
    name = forms.CharField(label="单位名称", max_length=120)
    kind = forms.ChoiceField(label="单位类别", choices=UnitKind)
    party_name = forms.CharField(label="党组织名称", max_length=160, required=False)
    party_kind = forms.ChoiceField(label="党组织类别", choices=PartyKind, initial=PartyKind.NONE)
    parent = UnitField(label="上级单位")
    supervisor = UnitField(label="监督单位", required=False)
    founded_on = DayField(label="成立日期")
    order = forms.IntegerField(label="排序", min_value=0, max_value=999_999, initial=0)
    aliases = forms.CharField(label="别名", max_length=200, required=False, help_text="简称、曾用名，多个用顿号分开。")

    def clean_aliases(self) -> list[str]:
        return [alias.strip() for alias in self.cleaned_data["aliases"].split("、") if alias.strip()]


class UnitChangeForm(DomainForm):
    """Renaming a unit or changing other facts of it."""

    name = forms.CharField(label="单位名称", max_length=120)
    kind = forms.ChoiceField(label="单位类别", choices=UnitKind)
    party_name = forms.CharField(label="党组织名称", max_length=160, required=False)
    party_kind = forms.ChoiceField(label="党组织类别", choices=PartyKind)
    supervisor = UnitField(label="监督单位", required=False)
    order = forms.IntegerField(label="排序", min_value=0, max_value=999_999)
    on = on_field()
    reason = reason_field()


class UnitMoveForm(DomainForm):
    parent = UnitField(label="新的上级单位")
    on = on_field()
    reason = reason_field()


class UnitMergeForm(DomainForm):
    into = UnitField(label="并入哪个单位")
    on = on_field()
    end_posts = forms.BooleanField(label="同时免去原单位的在任职务，分工一并终止", required=False)
    reason = reason_field()


class UnitAbolishForm(DomainForm):
    on = DayField(label="撤销日期", help_text="从这一天起不再是现有单位。")
    reason = reason_field()


class PostForm(DomainForm):
    """Appointing somebody who is known (name and mobile number agree) or new."""

    name = forms.CharField(label="姓名", max_length=60)
    phone = forms.CharField(
        label="手机", max_length=20, required=False, help_text="用来认出同一个人；没有手机号的，提醒只在系统内收到。"
    )
    is_new = forms.BooleanField(label="与已有人员同名，是另一个人", required=False)
    title = forms.CharField(label="职务", max_length=120)
    kind = forms.ChoiceField(label="职务类别", choices=PostKind)
    rank = forms.CharField(label="职级", max_length=40, required=False)
    started_on = DayField(label="任职日期")
    reason = reason_field()


class PostChangeForm(DomainForm):
    title = forms.CharField(label="职务", max_length=120)
    kind = forms.ChoiceField(label="职务类别", choices=PostKind)
    rank = forms.CharField(label="职级", max_length=40, required=False)
    started_on = DayField(label="任职日期")
    reason = reason_field()


class PostEndForm(DomainForm):
    on = DayField(label="免职日期", help_text="从这一天起不再担任；分工同日终止。")
    reason = reason_field()


class ChargeForm(DomainForm):
    post = forms.ModelChoiceField(label="分管领导", queryset=Post.objects.none(), empty_label="请选择")
    field = forms.ModelChoiceField(label="分管领域", queryset=Field.objects.all(), empty_label="请选择")
    started_on = DayField(label="自")
    note = forms.CharField(label="备注", max_length=200, required=False)


class ChargeEndForm(DomainForm):
    on = DayField(label="终止日期", help_text="从这一天起不再分管。")
    reason = reason_field()


class GrantForm(DomainForm):
    user = AccountField(label="账号", max_length=60, help_text="填登录账号或者本人姓名。")
    role = forms.ChoiceField(label="角色", choices=Role)
    unit = UnitField(label="范围（该单位及以下）")
    started_on = DayField(label="自")
    ended_on = DayField(label="至", required=False, help_text="这一天起失效；不填表示长期有效，直到收回。")
    reason = reason_field(required=True)


class ReasonForm(DomainForm):
    reason = reason_field(required=True)


class AccountForm(DomainForm):
    username = forms.RegexField(
        r"^[A-Za-z0-9._-]{3,60}$",
        label="账号",
        error_messages={"invalid": "账号用 3 至 60 个字母、数字、点、下划线或连字符。"},
    )
    office = forms.ChoiceField(label="账号类别", choices=Office)
    person = PersonField(
        label="人员", required=False, help_text="业务账号须关联人员，才能由职务得到角色；三员账号不得关联。"
    )
    display_name = forms.CharField(label="显示名", max_length=60, required=False, help_text="不填则显示人员姓名。")


class AccountChangeForm(DomainForm):
    person = PersonField(label="人员", required=False)
    display_name = forms.CharField(label="显示名", max_length=60, required=False)


class PasswordForm(DomainForm):
    """One's own new password; the policy is Django's validators."""

    old = forms.CharField(
        label="现在的密码", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    new = forms.CharField(
        label="新密码",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="至少 10 个字符，不能全是数字，不能与账号相近，不能是常见密码。",
    )
    again = forms.CharField(
        label="再输一次新密码", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_old(self) -> str:
        old: str = self.cleaned_data["old"]
        if not self.user.check_password(old):
            raise forms.ValidationError("现在的密码不对。")
        return old

    def clean_new(self) -> str:
        new: str = self.cleaned_data["new"]
        password_validation.validate_password(new, self.user)
        if self.user.check_password(new):
            raise forms.ValidationError("新密码不能与现在的密码相同。")
        return new

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if "new" in self.cleaned_data and again != self.cleaned_data["new"]:
            raise forms.ValidationError("两次输入的新密码不一致。")
        return again


class ImportForm(DomainForm):
    file = forms.FileField(label="单位与任职工作簿（.xlsx）", allow_empty_file=True)
