"""What the background does for imports. Each may be killed at any line and started again."""

from django.contrib.auth import get_user_model

from engines.imports.models import ImportRun, RunState
from engines.imports.runs import commit_import, preview_import
from engines.jobs.registry import JobContext


def preview(ctx: JobContext) -> None:
    """Reads and plans again from the file each time; a run that went on meanwhile is left alone."""
    run = ImportRun.objects.get(pk=ctx.payload["run"])
    if run.state in (RunState.UPLOADED, RunState.PREVIEWED):
        preview_import(run, now=ctx.now(), progress=ctx.progress)


def commit(ctx: JobContext) -> None:
    """One transaction; the second start finds the run committed and does nothing."""
    run = ImportRun.objects.get(pk=ctx.payload["run"])
    if run.state != RunState.PREVIEWED:
        return
    users = get_user_model()._default_manager
    by = users.get(pk=ctx.payload["by"]) if ctx.payload["by"] else None
    commit_import(run, by=by, now=ctx.now(), skip_bad=ctx.payload["skip_bad"])
