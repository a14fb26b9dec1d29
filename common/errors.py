"""What services say when they refuse: sentences for the person, never codes."""


class DomainError(Exception):
    """A refusal with a sentence in Chinese that can be shown as it is.

    `field` names the form field the sentence belongs to, where there is one.
    `remedy` says what to do next.
    """

    def __init__(self, message: str, *, field: str | None = None, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.remedy = remedy


class Forbidden(DomainError):
    """The actor holds no role that allows this act on this object (HTTP 403)."""


class Stale(DomainError):
    """The object changed since the page was opened, or the act was already done (HTTP 409)."""
