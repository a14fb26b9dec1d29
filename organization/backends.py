"""Log-in, and what each of the three officers may do inside Django admin."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend

from organization.enums import Office

# (app_label.model) → verbs. Nothing else exists for an officer inside the admin; nobody is a superuser.
ADMIN_RIGHTS: dict[str, dict[str, frozenset[str]]] = {
    Office.SYSTEM: {
        "organization.user": frozenset({"view", "add", "change"}),
        "organization.unit": frozenset({"view"}),
        "organization.field": frozenset({"view", "add", "change"}),
        "jobs.job": frozenset({"view"}),
        "jobs.heartbeat": frozenset({"view"}),
    },
    Office.SECURITY: {
        "organization.user": frozenset({"view"}),
        "organization.unit": frozenset({"view"}),
        "organization.grant": frozenset({"view", "add", "change"}),
        "axes.accessattempt": frozenset({"view", "delete"}),
        "axes.accesslog": frozenset({"view"}),
    },
    Office.AUDIT: {
        "audit.auditentry": frozenset({"view"}),
        "organization.user": frozenset({"view"}),
        "organization.grant": frozenset({"view"}),
        "axes.accessattempt": frozenset({"view"}),
        "axes.accesslog": frozenset({"view"}),
    },
}


class AccountBackend(ModelBackend):
    """Django's own log-in; permissions come from the table above and not from stored permission rows."""

    def get_user(self, user_id: int) -> Any:
        user = get_user_model()._default_manager.select_related("person").filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        app_label, codename = perm.split(".", 1)
        verb, _, model = codename.partition("_")
        rights = ADMIN_RIGHTS.get(getattr(user_obj, "office", ""), {})
        return user_obj.is_active and verb in rights.get(f"{app_label}.{model}", frozenset())

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        rights = ADMIN_RIGHTS.get(getattr(user_obj, "office", ""), {})
        return user_obj.is_active and any(name.startswith(f"{app_label}.") for name in rights)

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        rights = ADMIN_RIGHTS.get(getattr(user_obj, "office", ""), {})
        return {f"{name.split('.')[0]}.{verb}_{name.split('.')[1]}" for name, verbs in rights.items() for verb in verbs}
