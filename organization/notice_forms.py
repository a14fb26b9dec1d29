"""What people type about reminders: quiet hours, channels, rungs of the ladder, the notice on holidays."""

from typing import Any

from django import forms

from engines.reminders.channels import offered_kinds
from engines.reminders.models import Audience, Rung
from organization.forms import DomainForm, reason_field


class TimeInput(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class PreferenceForm(DomainForm):
    quiet_from = forms.TimeField(label="免打扰自", required=False, widget=TimeInput)
    quiet_until = forms.TimeField(
        label="免打扰至",
        required=False,
        widget=TimeInput,
        help_text="这段时间里不发邮件和群消息，到点后再发；两格都不填表示随时可发。",
    )
    digest = forms.BooleanField(label="每日汇总成一条发送", required=False)
    digest_at = forms.TimeField(label="汇总时间", widget=TimeInput, help_text="选择汇总后，每天这个时间以后发一次。")


class ChannelForm(DomainForm):
    kind = forms.ChoiceField(label="渠道", widget=forms.RadioSelect)
    address = forms.CharField(
        label="邮箱地址，或群机器人的地址",
        max_length=400,
        help_text="群机器人：在群设置里添加自定义机器人，把它的 Webhook 地址整段粘贴到这里。群里的人都会看到提醒。",
    )
    secret = forms.CharField(
        label="加签密钥", max_length=120, required=False, help_text="只用于钉钉、飞书选择了加签（签名校验）的机器人。"
    )
    label = forms.CharField(label="名称", max_length=40, required=False, help_text="如「科室工作群」，方便自己辨认。")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = self.fields["kind"]
        assert isinstance(kinds, forms.ChoiceField)
        kinds.choices = [(kind.value, kind.label) for kind in offered_kinds()]


BEFORE, ON, AFTER = "before", "on", "after"
WHEN = [(BEFORE, "到期前"), (ON, "到期当日"), (AFTER, "逾期后")]


class RungForm(DomainForm):
    when = forms.ChoiceField(label="提醒时间", choices=WHEN, widget=forms.RadioSelect)
    days = forms.IntegerField(
        label="相隔几个工作日",
        min_value=0,
        max_value=60,
        initial=0,
        help_text="按公布的放假调休计算。选「到期当日」时填 0；期限在休息日的，前一个工作日提醒。",
    )
    audience = forms.ChoiceField(label="提醒对象", choices=Audience, widget=forms.RadioSelect)
    repeat_every = forms.IntegerField(
        label="之后每隔几个工作日再提醒", min_value=0, max_value=60, initial=0, help_text="0 表示不重复。"
    )
    repeat_limit = forms.IntegerField(label="最多再提醒几次", min_value=0, max_value=20, initial=0)
    is_active = forms.BooleanField(label="启用", required=False, initial=True)
    reason = reason_field(required=True)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        when, days = given.get("when"), given.get("days")
        if days is not None and when in (BEFORE, AFTER) and days == 0:
            self.add_error("days", "请填写相隔几个工作日；当日提醒请选「到期当日」。")
        return given

    @property
    def facts(self) -> dict[str, Any]:
        """The rung as it is stored: one signed distance."""
        given = dict(self.cleaned_data)
        sign = {BEFORE: -1, ON: 0, AFTER: 1}[given.pop("when")]
        given.pop("reason")
        return {**given, "offset": sign * given.pop("days")}

    @staticmethod
    def start_of(rung: Rung) -> dict[str, Any]:
        """The form's values for a rung."""
        when = BEFORE if rung.offset < 0 else AFTER if rung.offset else ON
        names = ("audience", "repeat_every", "repeat_limit", "is_active")
        return {"when": when, "days": abs(rung.offset)} | {name: getattr(rung, name) for name in names}


class HolidayForm(DomainForm):
    year = forms.IntegerField(label="年度", min_value=2004, max_value=2100)
    source_document = forms.CharField(label="通知文号", max_length=200, help_text="如「国办发明电〔2026〕7号」。")
    text = forms.CharField(
        label="通知正文",
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text="把国务院办公厅关于部分节假日安排的通知粘贴进来，每个节日一行。日期与星期不符、天数不符的会逐处指出。",
    )
