"""The background job that re-walks the audit chains and says in words what it found."""

from engines.audit.verify import verify_chains
from engines.jobs.registry import JobContext

KIND = "audit.verify"


def check_chains(context: JobContext) -> None:
    """Leaves the finding in the job's result and words; a broken chain is a finding, not a failure of the job."""
    context.progress(0, 1, "正在逐条核对……")
    walk = verify_chains()
    context.result.update(whole=walk.whole, chains=walk.chains, entries=walk.entries)
    if walk.whole:
        words = f"审计链完整：{walk.chains} 条链，{walk.entries} 条记录。"
    else:
        first = walk.breaks[0]
        words = f"审计链断裂 {len(walk.breaks)} 处，第一处：{first.chain} 第 {first.seq} 条，{first.words}。"
    context.progress(1, 1, words)
