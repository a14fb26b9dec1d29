"""Every component in its states, for those who build pages; only reachable in DEBUG."""

import datetime as dt
from dataclasses import dataclass
from types import SimpleNamespace

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from common.access import PUBLIC, audience
from common.table import FACT, KEEP, SECOND, TITLE, Act, Column, Empty, Filter, Table
from common.words import due
from organization.enums import UnitKind
from organization.models import Unit


class UnitGalleryTable(Table):
    """The uniform table over real rows: whatever units this installation has."""

    id, label, measure = "gallery", "单位", "家"
    columns = (
        Column("name", "单位", rank=TITLE, sort="name"),
        Column("code", "编码", rank=SECOND, sort="code"),
        Column("kind", "类别", rank=FACT, sort="kind"),
        Column("founded_on", "成立日期", rank=FACT, sort=("founded_on", "code")),
        Column("depth", "层级", rank=KEEP, number=True, shown=False),
    )
    filters = (Filter("kind", "类别", UnitKind.choices, lookup="kind__in"),)
    search = ("search_text__icontains", "name__icontains")
    hint = "单位名称，可用拼音首字母"
    order = "code"
    batch = (Act("columns_choose", "催办"), Act("columns_choose", "延长期限", second=True))
    empty = Empty("还没有单位", "导入单位与任职后会出现在这里。")

    def name_of(self, row: Unit) -> str:
        return row.name


class ExampleForm(forms.Form):
    item = forms.ChoiceField(label="责任事项", choices=[("3", "第 3 项：听取分管部门全面从严治党工作汇报")])
    happened_on = forms.DateField(
        label="发生日期",
        help_text="事情发生的那一天，不是填报的这一天",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": "请填写发生日期"},
    )
    reason = forms.CharField(
        label="补录原因",
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "超过报送期限的记录须写明原因"},
    )
    light = forms.ChoiceField(
        label="一季度评定",
        help_text="评为红灯或者黄灯须写明原因",
        choices=[("red", "红灯"), ("yellow", "黄灯"), ("green", "绿灯")],
        widget=forms.RadioSelect,
    )
    evidence = forms.FileField(label="佐证材料", required=False, help_text="PDF、Word、Excel，单个不超过 20 MB")
    read = forms.BooleanField(label="本人已阅读全文", error_messages={"required": "请勾选「本人已阅读全文」"})


@dataclass(frozen=True)
class Waiting:
    """A row of the waiting list."""

    due_on: dt.date
    today: dt.date
    title: str
    note: str
    act: str
    href: str = "#"

    @property
    def due(self) -> object:
        return due(self.due_on, today=self.today)


def _job(state: str, **values: object) -> SimpleNamespace:
    usual = {
        "pk": state,
        "state": state,
        "is_unfinished": state == "running",
        "done": 0,
        "total": 64,
        "words": "",
        "error": "",
    }
    return SimpleNamespace(**usual | values)


def examples(request: HttpRequest) -> dict[str, object]:
    """The values of every example; invented persons only."""
    today = request.today  # type: ignore[attr-defined]
    day = dt.timedelta(days=1)
    moment = dt.datetime(2026, 3, 16, 7, 20, tzinfo=dt.UTC)
    return {
        "days": [today + 16 * day, today + 2 * day, today, today - 3 * day],
        "form": ExampleForm({"item": "3"}),
        "empty_form": ExampleForm(auto_id="ok_%s"),
        "todo": [
            Waiting(
                today - 5 * day,
                today,
                "补正整改报告：专项资金绩效评价",
                "整改 · 退回 1 次，缺第 3 项佐证材料",
                "补正并提交",
            ),
            Waiting(today + day, today, "2026年度主体责任书", "签订责任书 · 孙一然已于3月16日签署", "阅读并签署"),
            Waiting(today + 20 * day, today, "2026年度主体责任清单", "认领清单 · 23 项中 18 项已认领", "认领清单"),
        ],
        "facts": [
            ("下达方", "中共云川市委员会"),
            ("责任方", "中共市财政局党组"),
            ("监督方", None),
            ("依据", "实施办法第六条", True),
        ],
        "strip": [
            ("责任书签订率", "92.4%", "463 份中已签 428 份", "#"),
            ("清单认领", "61 家", "64 家中 3 家未认领", "#"),
            ("整改到期未销号", "9 件", "其中逾期 2 件", "#"),
        ],
        "steps": [
            ("拟稿", "3月6日"),
            ("签订", "双方已签 1 人，共 2 人"),
            ("会签", "未开始"),
            ("封存", "生成文件与校验码"),
        ],
        "story": [("孙一然签署责任书", moment, ""), ("沈宁衡退回第 1 版：「第 4 条与职责不符」", moment - 9 * day, "")],
        "units": [
            (
                "党委部门",
                [
                    SimpleNamespace(name="市委办公室", href="#", kind="green", word=""),
                    SimpleNamespace(name="市委组织部", href="#", kind="yellow", word=""),
                ],
            ),
            (
                "镇街",
                [
                    SimpleNamespace(name="临江镇", href="#", kind="red", word=""),
                    SimpleNamespace(name="白沙镇", href="#", kind="none", word=""),
                ],
            ),
        ],
        "clauses": [
            SimpleNamespace(
                number=1, text="每季度专题研究 1 次全面从严治党工作。", kind="共性", item="第 1 项 专题研究", href="#"
            ),
            SimpleNamespace(number=2, text="每半年约谈 1 次班子其他成员。", kind="个性", item="第 5 项 约谈", href="#"),
        ],
        "signatures": [
            SimpleNamespace(
                side="下达方",
                name="孙一然",
                post="市委书记",
                image="",
                words="2026年3月16日 15:20，本人登录后手写",
                tone="none",
            ),
            SimpleNamespace(
                side="责任方",
                name="沈宁衡",
                post="党组书记，市财政局",
                image="",
                words="等待签署，还有 1 个工作日",
                tone="soon",
            ),
        ],
        "columns": ["层级", "绿灯", "黄灯", "红灯", "未评定"],
        "numbers": [["市委部门", 9, 2, 1, 0], ["政府部门", 22, 5, 2, 4], ["镇街", 11, 3, 1, 2]],
        "total": ["合计", 42, 10, 4, 6],
        "cells": [
            (26, [("YC-D19", ""), ("沈宁衡", ""), ("2026-03-01", "")]),
            (27, [("YC-D58", "bad"), ("冯景朴", ""), ("2026-13-01", "warn")]),
        ],
        "running": _job("running", done=18, words="正在生成 PDF，已完成 18 份，共 64 份"),
        "failed": _job("failed", error="文件中没有工作表「人员职务」，请使用下载的模板。"),
        "done": _job("done", words="64 份责任书已生成。"),
    }


@audience(PUBLIC)
def gallery(request: HttpRequest) -> HttpResponse:
    """All components; nothing here is stored."""
    said = examples(request)
    if "job" in request.GET:  # what the running job of the page asks for
        bar = {"job": said["running"], "url": "?job=1", "done_url": "", "done_act": ""}
        return render(request, "components/job.html", bar)
    return render(request, "config/gallery.html", {"table": UnitGalleryTable(request, Unit.objects.all()), **said})
