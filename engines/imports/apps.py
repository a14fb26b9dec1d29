"""Registers the imports engine."""

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "engines.imports"
    label = "imports"
    verbose_name = "导入"
