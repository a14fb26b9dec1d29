"""Throw-away servers, cheap passwords, and templates in which an undefined variable is an error."""

import os
import secrets
import tempfile
from pathlib import Path

from config.embedded import Postgres, Valkey
from config.settings.base import *  # noqa: F403
from config.settings.base import ROOT, TEMPLATES, env
from config.undefined import UndefinedVariableFails

# Named once by the process that started the tests; its xdist workers and Celery workers inherit the name. The session makes the folder.
_SESSION = Path(os.environ.setdefault("LVZE_TEST_FOLDER", f"{tempfile.gettempdir()}/lvze-test-{os.getpid()}"))
_PASSWORD = os.environ.setdefault("LVZE_TEST_PASSWORD", secrets.token_urlsafe(24))
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
VAR = Path(os.environ.get("LVZE_TEST_VAR", _SESSION / _WORKER))
MEDIA_ROOT = VAR / "files"

SECRET_KEY = "only-for-tests-" + "0123456789" * 5
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
# An installed PostgreSQL (superuser, or a role that may SET session_replication_role) and Redis can be tested instead.
SERVERS = _SESSION / "servers"
_OWN_DATABASE = env.str("TEST_DATABASE_URL", default="")
_OWN_BROKER = env.str("TEST_BROKER_URL", default="")
DATABASES = {
    "default": env.db_url_config(_OWN_DATABASE)
    if _OWN_DATABASE
    else Postgres(SERVERS, safe=False).database_settings(_PASSWORD)
}
if "LVZE_TEST_DATABASE" in os.environ:  # a Celery worker beside a test
    DATABASES["default"]["NAME"] = os.environ["LVZE_TEST_DATABASE"]
_NUMBER = 1 + int(_WORKER.removeprefix("gw"))
CELERY_BROKER_URL = f"{_OWN_BROKER.rstrip('/')}/{_NUMBER}" if _OWN_BROKER else Valkey(SERVERS).url(number=_NUMBER)

PASSWORD_HASHERS = ["config.cheap_password.CheapArgon2PasswordHasher"]
AXES_ENABLED = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
TEMPLATES[0]["DIRS"].append(ROOT / "tests" / "templates")  # type: ignore[attr-defined]
TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = UndefinedVariableFails()  # type: ignore[index]
LVZE_DEMO = False
