"""Words of responsibility that are stored."""

from django.db import models


class Subject(models.TextChoices):
    """Who bears what a list says."""

    COMMITTEE = "committee", "党委（党组）"
    HEAD = "head", "主要负责人"
    MEMBER = "member", "班子成员"
    DISCIPLINE = "discipline", "纪检机构"
    DEPARTMENT = "department", "职能部门（科室）"
    GRASSROOTS = "grassroots", "基层单位"


# Lists of these subjects go to the unit; the others to a person's post.
UNIT_SUBJECTS = frozenset({Subject.COMMITTEE, Subject.GRASSROOTS})


class DutyKind(models.TextChoices):
    PRINCIPAL = "principal", "主体责任"
    SUPERVISION = "supervision", "监督责任"


class ListState(models.TextChoices):
    DRAFT = "draft", "草稿"
    PUBLISHED = "published", "已发布"
    SUPERSEDED = "superseded", "已被新版替代"


class ItemKind(models.TextChoices):
    COMMON = "common", "共性"
    INDIVIDUAL = "individual", "个性"


class Per(models.TextChoices):
    """How often something is due. OPEN is what a source does not say; it stays visible as such."""

    YEAR = "year", "每年"
    HALF = "half", "每半年"
    QUARTER = "quarter", "每季度"
    MONTH = "month", "每月"
    DATE = "date", "按期限"
    EVENT = "event", "遇事即办"
    CONTINUOUS = "continuous", "持续（及时）"
    OPEN = "open", "未载明"


PERIODIC = (Per.YEAR, Per.HALF, Per.QUARTER, Per.MONTH)


class IssuedState(models.TextChoices):
    ISSUED = "issued", "待认领"
    ACKNOWLEDGED = "acknowledged", "已认领"
    RETURNED = "returned", "已退回"
    WITHDRAWN = "withdrawn", "已撤回"


class IssuedItemState(models.TextChoices):
    OPEN = "open", "执行中"
    DROPPED = "dropped", "已撤下"


class ChangeKind(models.TextChoices):
    ADDED = "added", "新增"
    CHANGED = "changed", "修改"
    REMOVED = "removed", "删去"


class ProposalState(models.TextChoices):
    OPEN = "open", "待决定"
    ACCEPTED = "accepted", "已采纳"
    DECLINED = "declined", "未采纳"
    OVERTAKEN = "overtaken", "已被后来的版本取代"


class LetterKind(models.TextChoices):
    """The level at which a letter passes responsibility on (层级)."""

    COMMITTEE_UNIT = "committee_unit", "党委与单位党组织"
    SECRETARY_MEMBER = "secretary_member", "书记与班子成员"
    GROUP_MEMBER = "group_member", "单位与班子成员"
    MEMBER_SECTION = "member_section", "班子成员与科室"
    TOWN_VILLAGE = "town_village", "镇街与村社"


class LetterState(models.TextChoices):
    DRAFT = "draft", "拟稿"
    SIGNING = "signing", "签订中"
    RETURNED = "returned", "已退回"
    SIGNED = "signed", "待封存"
    SEALED = "sealed", "已封存"
    WITHDRAWN = "withdrawn", "已撤回"


# Nobody has anything left to do on these.
CLOSED_LETTERS = (LetterState.SEALED, LetterState.WITHDRAWN)


class SigningSide(models.TextChoices):
    ISSUER = "issuer", "下达方"
    RECIPIENT = "recipient", "责任方"
    SUPERVISOR = "supervisor", "监督方会签"


class SignatureState(models.TextChoices):
    WAITING = "waiting", "待签署"
    SIGNED = "signed", "已签署"
    RETURNED = "returned", "退回"
    VOID = "void", "失效"
