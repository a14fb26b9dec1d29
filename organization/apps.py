"""Who people are and what they may see."""

from django.apps import AppConfig


class OrganizationConfig(AppConfig):
    name = "organization"
    verbose_name = "组织与账号"

    def ready(self) -> None:
        from organization import paths

        paths.register("organization.Post")
