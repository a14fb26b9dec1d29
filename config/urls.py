"""Every address of the product."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import include, path

from config import errors

urlpatterns = [path("admin/", admin.site.urls)]
for _module, _prefix in [("organization.urls", ""), ("responsibility.urls", ""), ("engines.jobs.urls", "")]:
    if find_spec(_module):
        urlpatterns.append(path(_prefix, include(_module)))

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.page_not_found
handler500 = errors.server_error
