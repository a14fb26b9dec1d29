"""One's own reminders: quiet hours and digest, channels with a test, the address of one's calendar."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from common.access import SIGNED_IN, audience
from engines.reminders import preferences
from engines.reminders.channels import offered_kinds
from engines.reminders.messages import address_of
from engines.reminders.models import Channel, ChannelKind
from organization.notice_forms import ChannelForm, PreferenceForm
from organization.services.reminders import may_change_ladder
from organization.views.parts import Asked, actor, form_page

UP = "提醒设置"


@audience(SIGNED_IN)
def reminder_mine(request: Asked) -> HttpResponse:
    user = actor(request)
    kept = preferences.preference_of(user)
    form = PreferenceForm(request.POST or None, initial={name: getattr(kept, name) for name in preferences.FACTS})
    if form.is_valid() and form.attempt(
        lambda: preferences.save_preference(user, **form.cleaned_data, now=request.now)
    ):
        messages.success(request, "提醒时间已保存。")
        return redirect("reminder_mine")
    said: dict[str, Any] = {"form": form, "kept": kept, "may_change": may_change_ladder(user)}
    said["channels"] = Channel.objects.filter(user=user, is_active=True)
    said["mail_offered"] = ChannelKind.MAIL in offered_kinds()
    status = 422 if form.is_bound else 200
    return render(request, "organization/reminder_mine.html", said, status=status)


@audience(SIGNED_IN)
def reminder_channel_add(request: Asked) -> HttpResponse:
    user = actor(request)
    form = ChannelForm(request.POST or None)
    if form.is_valid():
        made = form.attempt(lambda: preferences.add_channel(user, **form.cleaned_data, now=request.now))
        if made:
            messages.success(request, "渠道已添加，请发一条测试看看能否收到。")
            return redirect("reminder_mine")
    lead = "提醒总会出现在「通知」里；添加渠道后，同样的提醒也发到邮箱或工作群。"
    return form_page(
        request, form, title="添加提醒渠道", act="添加渠道", up=[(reverse("reminder_mine"), UP)], lead=lead
    )


def _own(request: Asked, pk: int) -> Channel:
    return get_object_or_404(Channel, pk=pk, user=actor(request), is_active=True)


@require_POST
@audience(SIGNED_IN)
def reminder_channel_remove(request: Asked, pk: int) -> HttpResponse:
    channel = _own(request, pk)
    preferences.remove_channel(actor(request), channel.pk, now=request.now)
    messages.success(request, "渠道已停用，不再向它发送。")
    return redirect("reminder_mine")


@require_POST
@audience(SIGNED_IN)
def reminder_channel_test(request: Asked, pk: int) -> HttpResponse:
    job = preferences.request_test(actor(request), _own(request, pk).pk, now=request.now)
    return redirect("job_show", job.pk)


@require_POST
@audience(SIGNED_IN)
def reminder_feed_make(request: Asked) -> HttpResponse:
    """The only time the address is shown; nothing keeps this page."""
    token = preferences.make_feed(actor(request), now=request.now)
    path = reverse("reminder_feed_read", args=[token])
    said = {"address": address_of(path) or request.build_absolute_uri(path)}
    response = render(request, "organization/reminder_feed.html", said)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@audience(SIGNED_IN)
def reminder_feed_revoke(request: Asked) -> HttpResponse:
    preferences.revoke_feed(actor(request), now=request.now)
    messages.success(request, "日历订阅已停用，原来的地址不再有效。")
    return redirect("reminder_mine")
