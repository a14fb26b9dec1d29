"""The log: one JSON object a line on standard output, each with the id of the request or job it belongs to."""

import json
import logging
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from common.request_id import current_request_id

ZONE = ZoneInfo("Asia/Shanghai")


class JsonLine(logging.Formatter):
    """Values are encoded by JSON, so that text somebody typed cannot pretend to be a second line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, ZONE).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request := current_request_id():
            line["request"] = request
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def logging_settings(level: str = "INFO") -> dict[str, Any]:
    """For Django's LOGGING and for gunicorn's logconfig_dict."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "config.json_log.JsonLine"}},
        "handlers": {"stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"}},
        "root": {"level": level, "handlers": ["stdout"]},
        "loggers": {
            # Django's own handlers would print a second, plain copy (and mail to nobody).
            "django": {"level": level, "handlers": [], "propagate": True},
            "django.server": {"level": level, "handlers": [], "propagate": True},
            "gunicorn.error": {"level": level, "handlers": [], "propagate": True},
            "gunicorn.access": {"level": level, "handlers": [], "propagate": True},
            # The sweep of every five seconds is not news; what a job does, the job says.
            "celery.beat": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
        },
    }
