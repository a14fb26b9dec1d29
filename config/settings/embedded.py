"""One machine, nothing installed: PostgreSQL and Valkey from wheels, secrets made on first use, everything under var/."""

from config.embedded import Postgres, Valkey, read_or_make_secret
from config.settings.base import *  # noqa: F403
from config.settings.base import VAR, env

SECRET_KEY = read_or_make_secret(VAR / "secrets", "django")
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]

# An own PostgreSQL or broker can stand in where a platform lacks the wheel.
DATABASES = {
    "default": env.db_url("DATABASE_URL") if env.str("DATABASE_URL", default="") else Postgres(VAR).database_settings()
}
DATABASES["default"] |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
CELERY_BROKER_URL = env.str("BROKER_URL", default="") or Valkey(VAR).url()

STATIC_ROOT = VAR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
LVZE_PUBLIC_ADDRESS = (
    env.str("LVZE_PUBLIC_ADDRESS", default="") or f"http://127.0.0.1:{env.str('PORT', default='8000')}"
)
LVZE_PLACE = env.str("LVZE_PLACE", default="云川市")
LVZE_OWNER = env.str("LVZE_OWNER", default="中共云川市纪律检查委员会")
PASSWORD_HASHERS = ["config.embedded_password.EmbeddedArgon2PasswordHasher"]
LVZE_DEMO = True
