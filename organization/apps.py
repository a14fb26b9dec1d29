"""Who people are and what they may see."""

from django.apps import AppConfig


class OrganizationConfig(AppConfig):
    name = "organization"
    verbose_name = "组织与账号"

    def ready(self) -> None:
        from common.words import name_actions
        from engines.imports.kinds import register_kind
        from engines.jobs.registry import register
        from engines.reminders.sources import register_chain
        from organization import audit_check, paths
        from organization.enums import ACTION_WORDS
        from organization.queries.escalation import chain_above
        from organization.services.imports.kind import UNITS_KIND

        paths.register("organization.Post")
        register_kind(UNITS_KIND)
        register(audit_check.KIND, audit_check.check_chains)
        register_chain(chain_above)
        name_actions(ACTION_WORDS)
