"""Django admin for the three officers: rights come from `backends.ADMIN_RIGHTS`, and nothing is written past the services.

Accounts and grants are looked up, filtered and exported here; adding and changing them leads to the product's own page, where
the service checks and the trail records. Rows without a page of their own (fields of work) are saved with an audit entry.
"""

from typing import Any

from axes.models import AccessAttempt, AccessLog
from django.apps import apps
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from import_export.admin import ExportMixin
from import_export.fields import Field as Cell
from import_export.formats.base_formats import XLSX
from import_export.resources import ModelResource

from common.words import action_words
from engines.audit.models import AuditEntry
from engines.audit.record import record
from engines.jobs.models import Heartbeat, Job
from organization.models import Field, Grant, Unit, User

admin.site.site_title = admin.site.site_header = "履责系统管理"
admin.site.index_title = "三员分立：系统管理员管账号，安全管理员管授权，安全审计员只读"


class Guarded(admin.ModelAdmin):
    """Nothing is deleted, there are no bulk actions, and long tables are not counted twice."""

    actions = None
    list_per_page = 50
    show_full_result_count = False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnly(Guarded):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class Exported(ExportMixin, Guarded):
    """Export to Excel of what is listed; it leaves an entry with who took out what."""

    formats = [XLSX]
    noun = ""

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_export_data(self, file_format: Any, request: HttpRequest, queryset: QuerySet[Any], **kwargs: Any) -> Any:
        data = super().get_export_data(file_format, request, queryset, **kwargs)
        now = timezone.now()
        record(f"{self.noun}.export", request.user, actor=request.user, now=now, after={"rows": queryset.count()})
        return data


class Safe(Cell):
    """A cell that a spreadsheet does not run: text beginning like a formula is set off by an apostrophe."""

    def export(self, instance: Any, **kwargs: Any) -> Any:
        value = super().export(instance, **kwargs)
        return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


class UserResource(ModelResource):
    username = Safe("username", "账号")
    name = Safe(column_name="姓名")
    office = Safe("get_office_display", "账号类别")
    is_active = Safe("is_active", "启用")

    class Meta:
        model = User
        fields = ("username", "name", "office", "is_active")

    def dehydrate_name(self, user: User) -> str:
        return str(user)


class UnitResource(ModelResource):
    code = Safe("code", "单位编码")
    name = Safe("name", "单位名称")
    kind = Safe("get_kind_display", "单位类别")
    parent = Safe("parent__code", "上级单位编码")

    class Meta:
        model = Unit
        fields = ("code", "name", "kind", "parent")


class GrantResource(ModelResource):
    user = Safe("user__username", "账号")
    role = Safe("get_role_display", "角色")
    unit = Safe("unit__name", "范围")
    started_on = Safe("started_on", "自")
    ended_on = Safe("ended_on", "至")
    reason = Safe("reason", "理由")

    class Meta:
        model = Grant
        fields = ("user", "role", "unit", "started_on", "ended_on", "reason")


@admin.register(User)
class UserAdmin(Exported):
    resource_classes = [UserResource]
    noun = "account"
    list_display = ("username", "name", "office", "is_active", "must_change_password", "last_login")
    list_filter = ("office", "is_active", "must_change_password")
    list_select_related = ("person",)
    search_fields = ("username", "display_name", "person__name", "person__search_text")
    fields = ("username", "name", "office", "is_active", "must_change_password", "last_login", "created_at")
    readonly_fields = fields

    @admin.display(description="姓名")
    def name(self, user: User) -> str:
        return str(user)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return redirect("account_create")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if self.has_change_permission(request) and object_id.isdecimal():
            return redirect("account_show", object_id)
        return super().change_view(request, object_id, form_url, extra_context)


@admin.register(Grant)
class GrantAdmin(Exported):
    resource_classes = [GrantResource]
    noun = "grant"
    list_display = ("user", "role", "unit", "started_on", "ended_on", "granted_by")
    list_filter = ("role", "started_on")
    list_select_related = ("user__person", "unit", "granted_by__person")
    search_fields = ("user__username", "user__person__name", "unit__name", "unit__search_text")
    fields = ("user", "role", "unit", "started_on", "ended_on", "reason", "granted_by", "granted_at")
    readonly_fields = fields

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return redirect("grant_give")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if self.has_change_permission(request) and object_id.isdecimal():
            return redirect("grant_end", object_id)
        return super().change_view(request, object_id, form_url, extra_context)


@admin.register(Unit)
class UnitAdmin(Exported, ReadOnly):
    resource_classes = [UnitResource]
    noun = "unit"
    list_display = ("name", "code", "kind", "parent", "supervisor", "abolished_on")
    list_filter = ("kind",)
    list_select_related = ("parent", "supervisor")
    search_fields = ("name", "code", "search_text")
    exclude = ("path", "search_text")


class Recorded(Guarded):
    """Saved rows leave an entry with what was changed."""

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        before = {name: form.initial.get(name) for name in form.changed_data} if change else {}
        after = {name: str(form.cleaned_data[name]) for name in form.changed_data}
        super().save_model(request, obj, form, change)
        action = f"{obj._meta.model_name}.{'change' if change else 'create'}"
        record(action, obj, actor=request.user, now=timezone.now(), before=before, after=after)


@admin.register(Field)
class FieldAdmin(Recorded):
    list_display = ("name", "reserved", "business")
    search_fields = ("name",)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly):
    list_display = ("at", "actor_name", "action_words", "target_title", "reason")
    list_filter = ("at", "target_type")
    search_fields = ("target_title__startswith", "actor_name__startswith")
    ordering = ("-id",)

    @admin.display(description="动作", ordering="action")
    def action_words(self, entry: AuditEntry) -> str:
        return action_words(entry.action)


@admin.register(Job)
class JobAdmin(ReadOnly):
    """Names and states of jobs; payload and result may hold business data and are not shown."""

    list_display = ("label", "kind", "state", "attempts", "created_at", "finished_at")
    list_filter = ("state", "kind")
    search_fields = ("label",)
    fields = ("kind", "state", "done", "total", "attempts", "error", "created_at", "started_at", "finished_at")


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnly):
    list_display = ("name", "at")


class InOurWords(admin.ModelAdmin):
    """The columns of axes, which speaks no Chinese."""

    @admin.display(description="时间", ordering="attempt_time")
    def moment(self, row: Any) -> Any:
        return row.attempt_time

    @admin.display(description="账号", ordering="username")
    def account(self, row: Any) -> str:
        return row.username or ""

    @admin.display(description="来源地址", ordering="ip_address")
    def address(self, row: Any) -> str:
        return row.ip_address or ""

    @admin.display(description="连续失败次数", ordering="failures_since_start")
    def failures(self, row: Any) -> int:
        return int(row.failures_since_start)

    @admin.display(description="退出时间", ordering="logout_time")
    def left(self, row: Any) -> Any:
        return row.logout_time


class LockedOut(InOurWords, Guarded):
    """Refused log-ins; the security officer may remove one, which lets the person try again at once."""

    list_display = ("moment", "account", "address", "failures")
    ordering = ("-attempt_time",)
    search_fields = ("username", "ip_address")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("axes.delete_accessattempt")

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        who = {"username": obj.username, "ip_address": obj.ip_address}
        record("account.unlock", request.user, actor=request.user, now=timezone.now(), after=who)
        super().delete_model(request, obj)


class LogIns(InOurWords, ReadOnly):
    list_display = ("moment", "account", "address", "left")
    ordering = ("-attempt_time",)
    search_fields = ("username", "ip_address")


apps.get_app_config("axes").verbose_name = "登录记录"
admin.site.register(AccessAttempt, LockedOut)
admin.site.register(AccessLog, LogIns)
