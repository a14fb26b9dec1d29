"""The front page 我的工作 and the discipline office's 工作台."""

from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from common.access import SIGNED_IN, audience
from common.words import count_of
from config import desk
from config.office import Overview, overview
from config.officer_desk import officer_desk
from engines.documents import sheet
from engines.documents.store import bytes_download
from organization.enums import Office

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@audience(SIGNED_IN)
def home(request: HttpRequest) -> HttpResponse:
    """What waits for the account, and for whom the account waits; officers have their own."""
    user: Any = request.user
    now, today = request.now, request.today  # type: ignore[attr-defined]
    if user.office != Office.BUSINESS:
        page = officer_desk(user, now=now)
        return render(
            request, "config/home_officer.html", {"desk": page, "roles": [(user.get_office_display(), "账号类别")]}
        )
    waiting = desk.waiting(user, today=today)
    page_lists = desk.own_lists(user, today=today, year=today.year)
    context = {
        "waiting": waiting[: desk.SHOWN],
        "waiting_count": len(waiting),
        "more": max(0, len(waiting) - desk.SHOWN),
        "elsewhere": desk.elsewhere(user, today=today),
        "lists": page_lists,
        "acknowledged": (done := sum(one.acknowledged for one in page_lists)),
        "list_words": f"{count_of(len(page_lists), '份')}中已认领 {count_of(done, '份')}",
        "recent": desk.recent(user),
        "roles": desk.roles(user),
        "expiring": desk.expiring(user, today=today),
        "lent": desk.lent_to(user),
        "letters_address": reverse("letter_list") if user.may_somewhere("letter.view") else "",
        "next": _next_step(user),
    }
    return render(request, "config/home.html", context)


def _next_step(user: Any) -> tuple[str, str, str]:
    """(what to do when nothing waits, address, verb)."""
    for action, words, page, act in (
        ("office.view", "可以到工作台看全市的签订、认领进度和卡点。", "office", "打开工作台"),
        ("list.acknowledge", "可以查看本单位的责任清单和责任书。", "list_list", "查看责任清单"),
        ("letter.view", "可以查看范围内的责任清单和责任书。", "letter_list", "查看责任书"),
    ):
        if user.may_somewhere(action):
            return words, reverse(page), act
    return "借阅给您的责任清单和责任书会出现在这里；没有借阅时，请联系市纪委监委党风政风监督室。", "", ""


@audience("office.view")
def office(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    page = overview(user, today=request.today)  # type: ignore[attr-defined]
    return render(request, "config/office.html", {"page": page})


@audience("office.view")
def office_export(request: HttpRequest) -> FileResponse:
    """The page as a workbook: rates, what stalls, units."""
    user: Any = request.user
    page = overview(user, today=request.today)  # type: ignore[attr-defined]
    data = sheet.workbook(_sheets(page), exporter=str(user), now=request.now)  # type: ignore[attr-defined]
    return bytes_download(data, name=f"工作台_{request.today:%Y%m%d}.xlsx", content_type=XLSX)  # type: ignore[attr-defined]


def _sheets(page: Overview) -> list[sheet.Sheet]:
    column = sheet.Column
    levels = [*page.levels, *([page.total] if page.total else [])]
    rates = [(one.label, one.total, one.signed, one.percent, one.per_signer) for one in levels]
    stalls = [(one.words, one.waits_for, one.days, "是" if one.late else "否") for one in page.stalls]
    units = [(group, unit.name, unit.word) for group, rows in page.groups for unit in rows]
    year = f"{page.year}年度"
    return [
        sheet.Sheet(
            "签订率",
            [
                column("层级", 24),
                column("应签", 10, "number"),
                column("已签", 10, "number"),
                column("签订率", 10),
                column("人均份数", 10),
            ],
            rates,
            title=f"{year}责任书签订率",
            notes=[page.burden],
        ),
        sheet.Sheet(
            "卡在哪里",
            [column("事项", 30), column("等待谁", 50), column("停留天数", 10, "number"), column("逾期", 8)],
            stalls,
            title=f"{year}未办结事项",
        ),
        sheet.Sheet(
            "单位", [column("类别", 14), column("单位", 30), column("状态", 14)], units, title=f"{year}各单位进度"
        ),
    ]
