"""Sending one message through one channel: mail by the installation's server, robots by apprise."""

import smtplib
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage

from engines.reminders.messages import Message, test_message
from engines.reminders.models import Channel, ChannelKind
from engines.reminders.robots import NotSent, post_message


def offered_kinds() -> list[ChannelKind]:
    """The kinds one may choose in this installation; mail only where a mail server is configured."""
    return [kind for kind in ChannelKind if kind != ChannelKind.MAIL or settings.LVZE_MAIL_URL]


def send(channel: Channel, message: Message) -> None:
    """Sends, or raises NotSent with a sentence; never takes longer than the time-outs of the channel."""
    if channel.kind == ChannelKind.MAIL:
        _mail(channel.address, message)
    else:
        post_message(channel, message)


def _mail(address: str, message: Message) -> None:
    if not settings.LVZE_MAIL_URL:
        raise NotSent("没有配置邮件服务器，请联系系统管理员。")
    try:
        EmailMessage(message.subject, message.body, to=[address]).send()
    except smtplib.SMTPRecipientsRefused as error:
        raise NotSent("邮件服务器不接受这个收件地址。") from error
    except smtplib.SMTPAuthenticationError as error:
        raise NotSent("邮件服务器不接受本系统的账号和密码，请联系系统管理员。", outage=True) from error
    except smtplib.SMTPResponseException as error:
        raise NotSent(f"邮件服务器拒收（{error.smtp_code}）。") from error
    except (TimeoutError, smtplib.SMTPServerDisconnected) as error:
        raise NotSent("邮件服务器没有应答，或中断了连接。", outage=True) from error
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent("连接不上邮件服务器。", outage=True) from error


def test(channel: Channel, *, now: datetime) -> str:
    """Sends the test message and notes how it went; returns the reason why it did not arrive, "" if it went out."""
    words = ""
    try:
        send(channel, test_message(str(channel.user)))
    except NotSent as error:
        words = error.words
    noted: dict[str, Any] = {"tested_at": now, "test_error": words[:300]}
    Channel.objects.filter(pk=channel.pk).update(**noted)
    return words
