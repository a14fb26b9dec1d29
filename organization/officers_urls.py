"""Addresses of one's own roles and of the pages of the three officers: accounts, grants, audit, jobs."""

from django.urls import path

from organization.views import accounts, audit, grants, jobs, mine

urlpatterns = [
    path("my-access/", mine.my_access, name="my_access"),
    path("jobs/", jobs.job_list, name="job_list"),
    path("jobs/<int:pk>/", jobs.job_show, name="job_show"),
    path("jobs/<int:pk>/retry/", jobs.job_retry, name="job_retry"),
    path("accounts/", accounts.account_list, name="account_list"),
    path("accounts/export/", accounts.account_export, name="account_export"),
    path("accounts/batch/", accounts.account_batch, name="account_batch"),
    path("accounts/new/", accounts.account_create, name="account_create"),
    path("accounts/<int:pk>/", accounts.account_show, name="account_show"),
    path("accounts/<int:pk>/change/", accounts.account_change, name="account_change"),
    path("accounts/<int:pk>/reset/", accounts.account_reset, name="account_reset"),
    path("accounts/<int:pk>/switch/", accounts.account_switch, name="account_switch"),
    path("grants/", grants.grant_list, name="grant_list"),
    path("grants/export/", grants.grant_export, name="grant_export"),
    path("grants/new/", grants.grant_give, name="grant_give"),
    path("grants/<int:pk>/end/", grants.grant_end, name="grant_end"),
    path("audit/", audit.audit_list, name="audit_list"),
    path("audit/export/", audit.audit_export, name="audit_export"),
    path("audit/verify/", audit.audit_verify, name="audit_verify"),
    path("audit/<int:pk>/", audit.audit_show, name="audit_show"),
]
