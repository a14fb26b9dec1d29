"""Registers the reminders engine: its jobs, its words, its table of holidays."""

from django.apps import AppConfig


class RemindersConfig(AppConfig):
    name = "engines.reminders"
    label = "reminders"
    verbose_name = "提醒"

    def ready(self) -> None:
        from common.words import name_actions
        from common.workdays import follow
        from engines.jobs.registry import register
        from engines.reminders import handlers, holidays, preferences

        register(handlers.COLLECT_JOB, handlers.collect_job)
        register(handlers.DELIVER_JOB, handlers.deliver_job)
        register(preferences.TEST_JOB, handlers.test_job)
        follow(holidays.published_days)
        name_actions(
            {
                "reminder.rung_add": "增加一级提醒",
                "reminder.rung_change": "修改提醒阶梯",
                "reminder.preference": "修改提醒偏好",
                "reminder.channel_add": "添加提醒渠道",
                "reminder.channel_remove": "停用提醒渠道",
                "reminder.feed_make": "开通日历订阅",
                "reminder.feed_revoke": "停用日历订阅",
                "reminder.retry": "重新发送未送达的提醒",
                "calendar.import": "导入节假日安排",
            }
        )
