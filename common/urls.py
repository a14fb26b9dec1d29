"""Addresses of the reader's own choices."""

from django.urls import path

from common import views

urlpatterns = [
    path("face/type/", views.type_choose, name="type_choose"),
    path("face/columns/", views.columns_choose, name="columns_choose"),
]
