"""Registers the audit engine."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "engines.audit"
    label = "audit"
    verbose_name = "审计"
