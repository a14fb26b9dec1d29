"""What the letters announce when the product starts: their work for the background, their words, their paths."""

from common.words import name_actions
from engines.jobs import registry
from organization import paths
from responsibility.services.letter_batch import BATCH_DRAFT_JOB, BATCH_SEND_JOB, draft_batch_job, send_batch_job
from responsibility.services.sealing import seal_job
from responsibility.services.signing import SEAL_JOB


def announce() -> None:
    """Called once, by the app's ready()."""
    registry.register(SEAL_JOB, seal_job)
    registry.register(BATCH_DRAFT_JOB, draft_batch_job)
    registry.register(BATCH_SEND_JOB, send_batch_job)
    paths.register("responsibility.Letter")
    name_actions(
        {
            "letter.draft": "拟稿",
            "letter.edit": "修改拟稿",
            "letter.send": "发起签订",
            "letter.sign": "签署",
            "letter.complete": "签署，双方及会签方已签齐",
            "letter.return": "退回修改",
            "letter.resume": "按退回意见重新拟稿",
            "letter.withdraw": "撤回",
            "letter.extend": "延长签订期限",
            "letter.seal": "生成文件并封存",
            "letter.read": "下载封存文件",
            "letter.export": "导出责任书列表",
            "letter.sign_locked": "签署时密码连续输错，已锁定",
            "letter.template": "修订责任书范本",
            "letter.prefix": "设置责任书代字",
            "letter.lend": "借阅",
            "letter.unlend": "收回借阅",
        }
    )
