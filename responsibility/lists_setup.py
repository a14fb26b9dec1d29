"""What responsibility lists announce to the machines below: their jobs and their path columns."""

from common.words import name_actions
from engines.jobs.registry import register
from organization import paths
from responsibility.services.issue import ISSUE_JOB, issue_in_background
from responsibility.services.propose import PROPOSE_JOB, propose_in_background

ACTIONS = {
    "list.create": "建立清单草稿",
    "list.edit": "修改清单说明",
    "list.discard": "删除清单草稿",
    "list.add_category": "添加类别",
    "list.rename_category": "修改类别名称",
    "list.move_category": "调整类别顺序",
    "list.delete_category": "删除类别",
    "list.add_item": "添加责任事项",
    "list.edit_item": "修改责任事项",
    "list.move_item": "调整事项顺序",
    "list.delete_item": "删除责任事项",
    "list.add_situation": "添加负面情形",
    "list.edit_situation": "修改负面情形",
    "list.delete_situation": "删除负面情形",
    "list.publish": "发布清单",
    "list.supersede": "以新版替代清单",
    "list.revise": "修订清单新版",
    "list.copy": "复制清单到另一年度",
    "issued_list.issue": "下达清单",
    "issued_list.acknowledge": "认领清单",
    "issued_list.return": "退回清单",
    "issued_list.reissue": "重新下达清单",
    "issued_list.reopen": "退回清单修改",
    "issued_list.withdraw": "撤回清单",
    "issued_list.add_item": "添加个性事项",
    "issued_list.edit_item": "修改清单事项",
    "issued_list.remove_item": "删除个性事项",
    "issued_list.follow": "随清单库更新清单",
    "issued_list.propose": "提出上级清单的变更",
    "item_proposal.accept": "采纳上级清单的变更",
    "item_proposal.decline": "不采纳上级清单的变更",
    "item_proposal.overtake": "以更新的版本取代变更",
    "issued_list.lend": "借阅清单",
    "issued_list.unlend": "收回借阅的清单",
}
PATHS = ("ResponsibilityList", "IssuedList", "IssuedItem", "ListProposal", "ItemProposal")


def announce() -> None:
    """Called once, when the app is ready."""
    name_actions(ACTIONS)
    register(ISSUE_JOB, issue_in_background)
    register(PROPOSE_JOB, propose_in_background)
    for model in PATHS:
        paths.register(f"responsibility.{model}")
