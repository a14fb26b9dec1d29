"""Every address of the product."""

from importlib.util import find_spec

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from config import errors, health

urlpatterns = [
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
]
if find_spec("config.home"):
    from config import home

    urlpatterns.append(path("", home.home, name="home"))
if settings.DEBUG and find_spec("config.gallery"):
    from config import gallery

    urlpatterns.append(path("gallery/", gallery.gallery, name="gallery"))
for _module, _prefix in [
    ("common.urls", ""),
    ("organization.urls", ""),
    ("responsibility.urls", ""),
    ("engines.jobs.urls", ""),
]:
    if find_spec(_module):
        urlpatterns.append(path(_prefix, include(_module)))

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.page_not_found
handler500 = errors.server_error
