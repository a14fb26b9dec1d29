"""The wiring: commands that run the whole product live here."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"
