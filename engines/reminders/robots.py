"""Group robots of WeCom, DingTalk and Feishu over apprise, which knows their addresses, keys, signatures and limits.

All three answer HTTP 200 also when they refuse, and say so in the body, which apprise does not read; it would count a
wrong key as sent. So the plug-ins' own `send` is replaced by one that does.
"""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import requests
from apprise.common import NotifyType
from apprise.exception import AppriseImproperlyConfigured
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.wecombot import NotifyWeComBot
from django.conf import settings

from engines.reminders.messages import Message
from engines.reminders.models import Channel, ChannelKind

TIMEOUT = (4.0, 8.0)  # seconds to connect, to answer
LONGEST = 1900  # bytes; WeCom takes 2048, the others more


class NotSent(Exception):
    """A message did not go out; `outage` where nobody answered, so that others of the kind need not try now."""

    def __init__(self, words: str, *, outage: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.outage = outage


class Wecom(NotifyWeComBot):
    """企业微信."""

    def send(self, body: str, title: str = "", notify_type: NotifyType = NotifyType.INFO, *_: Any, **__: Any) -> bool:
        payload = {"msgtype": "text", "text": {"content": body}}
        return _post(_at(self.api_url, settings.LVZE_WECOM_ADDRESS), payload)


class Dingtalk(NotifyDingTalk):
    """钉钉; with a secret the request is signed."""

    def send(self, body: str, title: str = "", notify_type: NotifyType = NotifyType.INFO, *_: Any, **__: Any) -> bool:
        parameters = {}
        if self.secret:
            moment = str(round(time.time() * 1000))
            digest = hmac.new(self.secret.encode(), f"{moment}\n{self.secret}".encode(), hashlib.sha256).digest()
            parameters = {"timestamp": moment, "sign": base64.b64encode(digest).decode()}
        address = _at(self.notify_url.format(token=self.token), settings.LVZE_DINGTALK_ADDRESS)
        return _post(address, {"msgtype": "text", "text": {"content": body}}, parameters)


class Feishu(NotifyFeishu):
    """飞书; with a secret the request is signed (apprise does not know that one)."""

    def __init__(self, secret: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.secret = secret

    def send(self, body: str, title: str = "", notify_type: NotifyType = NotifyType.INFO, *_: Any, **__: Any) -> bool:
        payload: dict[str, Any] = {"msg_type": "text", "content": {"text": body}}
        if self.secret:
            moment = str(int(time.time()))
            digest = hmac.new(f"{moment}\n{self.secret}".encode(), b"", hashlib.sha256).digest()
            payload |= {"timestamp": moment, "sign": base64.b64encode(digest).decode()}
        address = self.notify_url.format(token=self.token).rstrip("/")
        return _post(_at(address, settings.LVZE_FEISHU_ADDRESS), payload)


def robot_of(channel: Channel) -> Wecom | Dingtalk | Feishu:
    """The robot behind a channel. Refuses a key that is not shaped like one."""
    try:
        if channel.kind == ChannelKind.WECOM:
            return Wecom(key=channel.address)
        if channel.kind == ChannelKind.DINGTALK:
            return Dingtalk(token=channel.address, secret=channel.secret or None)
        return Feishu(token=channel.address, secret=channel.secret)
    except (AppriseImproperlyConfigured, TypeError) as error:
        raise NotSent("机器人的密钥格式不对，请从群机器人的地址里重新复制。") from error


def post_message(channel: Channel, message: Message) -> None:
    """Sends, or raises NotSent with a sentence."""
    text = message.body.encode()
    body = message.body if len(text) <= LONGEST else text[:LONGEST].decode(errors="ignore") + "…"
    robot_of(channel).send(body)


def _at(address: str, own: str) -> str:
    """The same path at the installation's own address (a proxy of the intranet, a private edition), where there is one."""
    return f"{own.rstrip('/')}/{address.split('/', 3)[3]}" if own else address


def _post(address: str, payload: dict[str, Any], parameters: dict[str, str] | None = None) -> bool:
    try:
        answer = requests.post(
            address,
            params=parameters,
            data=json.dumps(payload, ensure_ascii=False).encode(),
            headers={"Content-Type": "application/json; charset=utf-8"},
            timeout=TIMEOUT,
            allow_redirects=False,
        )
    except requests.Timeout as error:
        raise NotSent("对方服务器没有及时应答。", outage=True) from error
    except requests.RequestException as error:
        raise NotSent("连接不上对方服务器，请检查网络出口。", outage=True) from error
    if answer.status_code >= 500:
        raise NotSent(f"对方服务器出错（{answer.status_code}）。", outage=True)
    _read(answer)
    return True


def _read(answer: requests.Response) -> None:
    """WeCom and DingTalk: errcode, errmsg. Feishu: code, msg."""
    try:
        said = answer.json()
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise NotSent(f"对方服务器的应答看不懂（{answer.status_code}）。")
    code = said.get("errcode", said.get("code", said.get("StatusCode")))
    if code != 0 or answer.status_code != 200:
        reason = str(said.get("errmsg") or said.get("msg") or "没有说明")[:120]
        raise NotSent(f"对方拒收：{reason}（{code}）。")
