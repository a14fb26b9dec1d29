"""The county's own servers: everything comes from environment variables, listed in config/server_environment.py."""

import os

from config.json_log import logging_settings
from config.server_environment import read_or_exit

_given = read_or_exit(os.environ)  # before base, which would stumble over a wrong value with a traceback

from config.settings.base import *  # noqa: E402, F403
from config.settings.base import SILENCED_SYSTEM_CHECKS, env  # noqa: E402

SECRET_KEY = _given["SECRET_KEY"]
ALLOWED_HOSTS = _given["ALLOWED_HOSTS"]
VAR = _given["LVZE_VAR"]
MEDIA_ROOT = VAR / "files"
STATIC_ROOT = VAR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DATABASES = {"default": env.db_url_config(_given["DATABASE_URL"]) | {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}}
CELERY_BROKER_URL = _given["BROKER_URL"]

_HTTPS = _given["LVZE_HTTPS"]
SECURE_SSL_REDIRECT = _HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # asked by machines beside us, without the proxy
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if _HTTPS else 0
# Other systems under the same domain are not ours to force onto HTTPS, and browsers' lists hold no inner networks.
SILENCED_SYSTEM_CHECKS = [*SILENCED_SYSTEM_CHECKS, "security.W005", "security.W021"]
SESSION_COOKIE_SECURE = _HTTPS
CSRF_COOKIE_SECURE = _HTTPS
CSRF_TRUSTED_ORIGINS = [
    f"{'https' if _HTTPS else 'http'}://{'*' if host.startswith('.') else ''}{host}" for host in ALLOWED_HOSTS
]
if _given["LVZE_BEHIND_PROXY"]:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    AXES_CLIENT_IP_CALLABLE = "config.client_address.address_behind_proxy"

SESSION_COOKIE_AGE = _given["LVZE_SESSION_SECONDS"]
LVZE_MAX_UPLOAD_BYTES = _given["LVZE_MAX_UPLOAD_BYTES"]
LVZE_SIMILARITY_THRESHOLD = _given["LVZE_SIMILARITY_THRESHOLD"]
LVZE_LETTERS_PER_SIGNER = _given["LVZE_LETTERS_PER_SIGNER"]
LVZE_PUBLIC_ADDRESS = _given["LVZE_PUBLIC_ADDRESS"]
LVZE_MAIL_URL = _given["LVZE_MAIL_URL"]
LVZE_MAIL_FROM = _given["LVZE_MAIL_FROM"]
LVZE_WECOM_ADDRESS = _given["LVZE_WECOM_ADDRESS"]
LVZE_DINGTALK_ADDRESS = _given["LVZE_DINGTALK_ADDRESS"]
LVZE_FEISHU_ADDRESS = _given["LVZE_FEISHU_ADDRESS"]
LVZE_PLACE = _given["LVZE_PLACE"]
LVZE_OWNER = _given["LVZE_OWNER"]
LVZE_FONT_FOLDER = _given["LVZE_FONT_FOLDER"]
LOGGING = logging_settings(_given["LVZE_LOG_LEVEL"])
