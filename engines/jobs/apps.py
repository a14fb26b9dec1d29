"""Registers the jobs engine."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "engines.jobs"
    label = "jobs"
    verbose_name = "后台任务"
