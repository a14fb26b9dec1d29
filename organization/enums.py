"""Words of the organisation that are stored: kinds of units, posts, fields, roles, accounts."""

from django.db import models


class UnitKind(models.TextChoices):
    REGION = "region", "地区"
    DISCIPLINE = "discipline", "纪检机关"
    DISPATCHED = "dispatched", "派驻机构"
    PARTY_OFFICE = "party_office", "党委部门"
    GOVERNMENT = "government", "政府部门"
    MASS = "mass", "群团"
    ENTERPRISE = "enterprise", "企业"
    INSTITUTION = "institution", "事业单位"
    TOWN = "town", "镇街"
    VILLAGE = "village", "村社"
    SECTION = "section", "内设科室"
    OTHER = "other", "其他"


class PartyKind(models.TextChoices):
    COMMITTEE = "committee", "党委"
    GROUP = "group", "党组"
    WORK_COMMITTEE = "work_committee", "党工委"
    GENERAL_BRANCH = "general_branch", "党总支"
    BRANCH = "branch", "党支部"
    DISCIPLINE_COMMITTEE = "discipline_committee", "纪委"
    DISCIPLINE_WORK_COMMITTEE = "discipline_work", "纪工委"
    DISCIPLINE_GROUP = "discipline_group", "纪检组"
    NONE = "none", "无"


class PostKind(models.TextChoices):
    HEAD = "head", "主要负责人"
    MEMBER = "member", "班子成员"
    DISCIPLINE = "discipline", "纪检负责人"
    COMMISSIONER = "commissioner", "纪委委员"
    OFFICER = "officer", "纪检干部"
    DEPARTMENT = "department", "科室负责人"
    CLERK = "clerk", "联络员"


class Role(models.TextChoices):
    """What a business account may do; where, is said by the post or grant that gives the role."""

    DISCIPLINE_OFFICE = "discipline_office", "纪委党风室"
    OFFICE_LEADER = "office_leader", "纪委领导"
    COMMISSIONER = "commissioner", "纪委委员"
    DISPATCHED_GROUP = "dispatched_group", "派驻（纪检）组"
    UNIT_HEAD = "unit_head", "单位主要负责人"
    LEADING_MEMBER = "leading_member", "班子成员"
    UNIT_CLERK = "unit_clerk", "单位联络员"
    INSPECTOR = "inspector", "检查组成员"
    AUDITOR = "auditor", "只读审计"


class Office(models.TextChoices):
    """三员分立: an account is for business or is exactly one of the three officers (等保2.0)."""

    BUSINESS = "business", "业务账号"
    SYSTEM = "system", "系统管理员"
    SECURITY = "security", "安全管理员"
    AUDIT = "audit", "安全审计员"


# 五个不直接分管: the head of a unit holds none of these himself (鹿邑, 2017).
RESERVED_FIELDS = ("财务", "人事", "工程项目", "行政审批", "物资采购")

DISCIPLINE_KINDS = (UnitKind.DISCIPLINE, UnitKind.DISPATCHED)
