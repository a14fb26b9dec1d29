"""Registers the documents engine."""

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "engines.documents"
    label = "documents"
    verbose_name = "文件"
