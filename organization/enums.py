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

# What a timeline says after the person's name.
ACTION_WORDS = {
    "unit.create": "设立单位",
    "unit.change": "变更单位",
    "unit.move": "划转单位",
    "unit.merge": "将单位并入其他单位",
    "unit.abolish": "撤销单位",
    "unit.alias": "登记单位别名",
    "unit.undo": "撤回单位的导入",
    "person.create": "登记人员",
    "person.change": "更正人员信息",
    "person.undo": "撤回人员的导入",
    "post.start": "任职",
    "post.change": "更正任职",
    "post.end": "免职",
    "post.undo": "撤回任职的导入",
    "charge.start": "登记分工",
    "charge.end": "终止分工",
    "charge.undo": "撤回分工的导入",
    "grant.give": "授权",
    "grant.end": "收回授权",
    "account.create": "开通账号",
    "account.change": "更正账号",
    "account.reset": "重置密码",
    "account.password": "修改密码",
    "account.deactivate": "停用账号",
    "account.activate": "启用账号",
    "account.login": "登录",
    "account.logout": "退出",
    "account.export": "导出账号名册",
    "import.upload": "上传导入表格",
    "import.preview": "核对导入表格",
    "import.refuse": "退回导入表格",
    "import.commit": "提交导入",
    "import.undo": "撤回导入",
    "import.abandon": "放弃导入",
}

# What an action of the matrix is called where people read what they may do.
ACTION_LABELS = {
    "unit.view": "查看单位与任职",
    "unit.manage": "管理单位、任职和分工",
    "list.view": "查看责任清单",
    "list.author": "编制责任清单",
    "list.issue": "下达责任清单",
    "list.acknowledge": "认领责任清单",
    "list.adapt": "增加个性事项",
    "letter.view": "查看责任书",
    "letter.draft": "拟责任书",
    "letter.issue": "下达责任书",
    "letter.withdraw": "撤回责任书",
    "letter.sign": "签署责任书",
    "object.lend": "出借单件材料",
    "reminder.manage": "设置提醒阶梯",
    "office.view": "查看工作台",
    "audit.view": "查看审计记录",
    "account.manage": "管理账号",
    "grant.manage": "管理授权",
    "job.view": "查看后台任务",
    "system.view": "查看系统状况",
}
