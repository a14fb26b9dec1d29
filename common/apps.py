"""Small things with no noun of ours."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "common"
