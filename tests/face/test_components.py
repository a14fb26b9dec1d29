"""Components take what they declare, write what they promise, and refuse everything else."""

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest
from django import forms
from django.template import Context, Template, TemplateSyntaxError

from common.words import NBSP


def render(source: str, **values: Any) -> str:
    request = SimpleNamespace(today=dt.date(2026, 3, 24), id="3f9a0412")
    return Template("{% load ui %}" + source).render(Context({"request": request, **values}))


@pytest.mark.parametrize(
    "source",
    [
        '{% light "red" colour="x" %}',
        '{% state "待签订" kind="act" %}',
        '{% panel "要点" id="a" title2="x" %}{% endpanel %}',
        '{% page_head "责任书" badge="x" %}{% endpage_head %}',
        "{% job job=1 address=2 %}",
        '{% empty "空" extra="x" %}',
        '{% meter value=1 max=2 words="x" tone="late" %}',
        "{% field bound style='x' %}",
        '{% note tome="warn" %}x{% endnote %}',
    ],
)
def test_an_argument_that_was_not_declared_fails(source: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        render(source)


@pytest.mark.parametrize(
    "source",
    [
        '{% light "purple" %}',
        '{% state "待签订" "angry" %}',
        '{% note tone="loud" %}x{% endnote %}',
        '{% due_mark "x" "never" %}',
        '{% page_head "x" %}{% slot "foot" %}y{% endslot %}{% endpage_head %}',
        '{% crumb "/a/" %}',
    ],
)
def test_a_value_outside_the_declared_set_fails(source: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        render(source)


def test_a_light_has_its_own_shape_and_its_word() -> None:
    red, yellow = render('{% light "red" %}'), render('{% light "yellow" %}')
    assert "marks.svg#red" in red
    assert "红灯" in red
    assert "marks.svg#yellow" in yellow
    assert "黄灯" in yellow


@pytest.mark.parametrize(
    ("due_on", "done_on", "words", "tone"),
    [
        (dt.date(2026, 3, 18), None, f"逾期 6{NBSP}天", "late"),
        (dt.date(2026, 3, 24), None, "今天到期", "soon"),
        (dt.date(2026, 3, 25), None, f"还有 1{NBSP}个工作日", "soon"),
        (dt.date(2026, 3, 27), None, f"还有 3{NBSP}个工作日", "soon"),
        (dt.date(2026, 3, 31), None, f"还有 5{NBSP}个工作日", ""),
        (dt.date(2026, 4, 10), None, f"还有 12{NBSP}个工作日", ""),  # 清明 on Monday, 6 April
        (dt.date(2026, 3, 18), dt.date(2026, 3, 18), "按期", ""),
        (dt.date(2026, 3, 18), dt.date(2026, 3, 20), f"逾期 2{NBSP}天办结", ""),
    ],
)
def test_a_deadline_is_said_in_working_days_ahead_and_days_behind(
    due_on: dt.date, done_on: Any, words: str, tone: str
) -> None:
    html = render("{% due due_on done_on %}", due_on=due_on, done_on=done_on)
    assert words in html
    assert f'class="lz-due{" lz-due-" + tone if tone else ""}"' in html


def test_what_a_user_typed_stays_text_in_every_component() -> None:
    evil = "<script>alert(1)</script>"
    source = """{% page_head evil state=evil %}{{ evil }}{% slot "meta" %}<li>{{ evil }}</li>{% endslot %}{% endpage_head %}
        {% panel evil id="p" note=evil %}{{ evil }}{% endpanel %}{% facts rows %}{% steps rows 0 %}{% empty evil evil %}
        {% note lead=evil %}{{ evil }}{% endnote %}{% tag evil %}{% state evil %}{% meter 1 2 evil %}{% why evil evil %}
        {% timeline told %}{% crumb "/a/" evil "" evil %}{% toast evil %}{% person_post evil evil %}"""
    html = render(source, evil=evil, rows=[(evil, evil)], told=[(evil, dt.datetime(2026, 1, 1), evil)])
    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= 20


class Example(forms.Form):
    happened_on = forms.DateField(
        label="发生日期", help_text="事情发生的那一天", error_messages={"required": "请填写发生日期"}
    )
    light = forms.ChoiceField(label="评定", choices=[("red", "红灯"), ("green", "绿灯")], widget=forms.RadioSelect)
    read = forms.BooleanField(label="本人已阅读全文", error_messages={"required": "请勾选「本人已阅读」"})
    reason = forms.CharField(label="原因", required=False, widget=forms.Textarea)


def test_a_refused_field_names_its_error_and_keeps_what_was_typed() -> None:
    form = Example({"happened_on": "", "reason": "第 4 条与职责不符"})
    html = render("{% for f in form %}{% field f %}{% endfor %}", form=form)
    assert 'aria-describedby="id_happened_on_hint id_happened_on_error"' in html
    assert 'id="id_happened_on_error"' in html
    assert "请填写发生日期" in html
    assert "第 4 条与职责不符" in html
    assert html.count('aria-invalid="true"') >= 2
    assert "（可不填）" in html


def test_the_summary_leads_to_each_field_and_says_what_is_kept() -> None:
    html = render("{% error_summary form %}", form=Example({}))
    assert f"没有保存，请改正 3{NBSP}处" in html
    assert 'href="#id_happened_on"' in html
    assert 'href="#id_read"' in html
    assert "请求号 3f9a0412" in html


def test_a_form_without_errors_shows_no_summary() -> None:
    assert render("{% error_summary form %}", form=Example()).strip() == ""


def test_the_acts_of_a_page_head_and_its_facts_stand_apart() -> None:
    html = render(
        '{% page_head "责任书" state="待签订" tone="act" %}<a class="btn">签署</a>'
        '{% slot "meta" %}<li>等待</li>{% endslot %}{% endpage_head %}'
    )
    assert '<div class="lz-acts lz-stick"><a class="btn">签署</a></div>' in html
    assert '<ul class="lz-meta"><li>等待</li></ul>' in html


def test_a_running_job_asks_again_and_a_finished_one_does_not() -> None:
    job = SimpleNamespace(
        pk=1, state="running", is_unfinished=True, done=18, total=64, words="正在生成 PDF，第 18 份", error=""
    )
    assert "hx-trigger" in render('{% job row "/jobs/1/" %}', row=job)
    job.is_unfinished, job.state = False, "failed"
    job.error = "模板不存在。"
    html = render('{% job row "/jobs/1/" %}', row=job)
    assert "hx-trigger" not in html
    assert "模板不存在。" in html
