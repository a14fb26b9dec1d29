"""Every address of the product."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from config import errors, health, home

urlpatterns = [
    path("", home.home, name="home"),
    path("office/", home.office, name="office"),
    path("office/export/", home.office_export, name="office_export"),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    path("", include("common.urls")),
    path("", include("organization.urls")),
    path("", include("responsibility.urls")),
]
if settings.DEBUG:
    from config import gallery

    urlpatterns.append(path("gallery/", gallery.gallery, name="gallery"))

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.page_not_found
handler500 = errors.server_error
