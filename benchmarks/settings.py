"""The server's settings over a throw-away database; only the empty page and the count of statements are added."""

import os
from pathlib import Path

from config.embedded import Postgres
from config.settings.base import *  # noqa: F403
from config.settings.base import MIDDLEWARE

VAR = Path(os.environ["LVZE_VAR"])
MEDIA_ROOT = VAR / "files"
SECRET_KEY = "only-for-benchmarks-" + "0123456789" * 5
ALLOWED_HOSTS = ["127.0.0.1"]
DATABASES = {"default": Postgres(VAR).database_settings() | {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}}
DATABASES["default"]["NAME"] = os.environ.get("BENCH_DATABASE", "lvze")
CELERY_BROKER_URL = "redis://127.0.0.1:1/0"  # reading pages wake no worker
STATIC_ROOT = VAR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
PASSWORD_HASHERS = ["config.cheap_password.CheapArgon2PasswordHasher"]
ROOT_URLCONF = "benchmarks.urls"
MIDDLEWARE = ["benchmarks.empty_pages.CountStatements", *MIDDLEWARE]
