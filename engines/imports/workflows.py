"""Through which steps an import goes. Who may is decided by the app whose import it is, before it calls."""

from engines.imports.models import RunState
from engines.workflow.table import Step, Table


def _step(name: str, label: str, sources: set[RunState], target: RunState) -> Step:
    return Step(name, label, frozenset(state.value for state in sources), target.value, action=None)


STEPS = Table(
    "import",
    [
        _step("preview", "核对", {RunState.UPLOADED, RunState.PREVIEWED}, RunState.PREVIEWED),
        _step("refuse", "退回表格", {RunState.UPLOADED, RunState.PREVIEWED}, RunState.REFUSED),
        _step("commit", "提交导入", {RunState.PREVIEWED}, RunState.COMMITTED),
        _step("undo", "撤回导入", {RunState.COMMITTED}, RunState.UNDONE),
        _step("abandon", "放弃导入", {RunState.UPLOADED, RunState.PREVIEWED, RunState.REFUSED}, RunState.ABANDONED),
    ],
    may=lambda actor, action, run: True,
)
