"""Registers the imports engine and its two background jobs."""

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "engines.imports"
    label = "imports"
    verbose_name = "导入"

    def ready(self) -> None:
        from engines.imports import handlers, runs
        from engines.jobs.registry import register

        register(runs.PREVIEW_JOB, handlers.preview)
        register(runs.COMMIT_JOB, handlers.commit)
