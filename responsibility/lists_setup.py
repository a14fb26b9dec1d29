"""What responsibility lists announce to the machines below: their jobs and their path columns."""

from engines.jobs.registry import register
from organization import paths
from responsibility.services.issue import ISSUE_JOB, issue_in_background
from responsibility.services.propose import PROPOSE_JOB, propose_in_background

PATHS = ("ResponsibilityList", "IssuedList", "IssuedItem", "ListProposal", "ItemProposal")


def announce() -> None:
    """Called once, when the app is ready."""
    register(ISSUE_JOB, issue_in_background)
    register(PROPOSE_JOB, propose_in_background)
    for model in PATHS:
        paths.register(f"responsibility.{model}")
