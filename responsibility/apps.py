"""Responsibility: lists (定责) and letters (传责)."""

from django.apps import AppConfig


class ResponsibilityConfig(AppConfig):
    name = "responsibility"
    verbose_name = "责任清单与责任书"

    def ready(self) -> None:
        from responsibility import letters_setup, lists_setup, reminders

        lists_setup.announce()
        letters_setup.announce()
        reminders.announce()
