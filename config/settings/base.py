"""What holds in every mode; where servers are and what is secret comes from embedded, server or test."""

from pathlib import Path

import environ
from csp.constants import NONE, SELF

from config.json_log import logging_settings

ROOT = Path(__file__).resolve().parents[2]
env = environ.Env()

# Everything the running product writes lies under this one folder.
VAR = Path(env.str("LVZE_VAR", default=str(ROOT / "var"))).resolve()

DEBUG = False
INSTALLED_APPS = [
    "config",
    "common",
    "engines.audit",
    "engines.jobs",
    "engines.documents",
    "engines.imports",
    "engines.reminders",
    "organization",
    "responsibility",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "guardian",
    "axes",
    "csp",
    "django_htmx",
    "template_partials",
    "import_export",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "common.middleware.RequestMoment",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "common.middleware.SlidingSession",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "common.middleware.ClosedByDefault",
    "common.middleware.DomainErrorPages",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.navigation.navigation",
            ],
        },
    }
]

# Who people are
AUTH_USER_MODEL = "organization.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "organization.backends.AccountBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "organization.password_policy.NotLikeTheAccount"},
    {"NAME": "organization.password_policy.LongEnough", "OPTIONS": {"min_length": 10}},
    {"NAME": "organization.password_policy.NotCommon"},
    {"NAME": "organization.password_policy.NotOnlyDigits"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
ANONYMOUS_USER_NAME = None  # guardian: nobody is not a user
# organization.access reads the lent objects itself, as a set; guardian's backend would ask object by object.
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False  # organization.admin shows refused log-ins, read-only and in our words
AXES_VERBOSE = False
SESSION_COOKIE_AGE = 2 * 60 * 60  # seconds without a click
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_HTTPONLY = True
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_FAILURE_VIEW = "config.errors.csrf_failed"

# Words, time, numbers
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# What the browser may load: nothing but our own files
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

STATIC_URL = "/static/"
STATICFILES_DIRS = [ROOT / "static"]
STATIC_ROOT = ROOT / "staticfiles"
MEDIA_ROOT = VAR / "files"
FILE_UPLOAD_TEMP_DIR = None
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

# Background work: the row in the database is the truth, the broker only wakes
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 120, "socket_connect_timeout": 2, "socket_timeout": 5}
CELERY_TASK_PUBLISH_RETRY = False  # a sleeping broker must not hold up a page; the sweeper wakes the job
CELERY_TIMEZONE = TIME_ZONE

# The house's own settings
LVZE_MAX_UPLOAD_BYTES = env.int("LVZE_MAX_UPLOAD_BYTES", default=30 * 1024 * 1024)
LVZE_FONT_FOLDER = env.str("LVZE_FONT_FOLDER", default="")  # an office's own 仿宋, 小标宋
LVZE_SIMILARITY_THRESHOLD = env.float("LVZE_SIMILARITY_THRESHOLD", default=0.85)
LVZE_PUBLIC_ADDRESS = env.str("LVZE_PUBLIC_ADDRESS", default="")  # where a letter's QR code leads; empty: code only
LVZE_LETTERS_PER_SIGNER = env.int("LVZE_LETTERS_PER_SIGNER", default=4)  # letters per signer and year before a warning
LVZE_PLACE = env.str("LVZE_PLACE", default="")  # shown in the bar
LVZE_OWNER = env.str("LVZE_OWNER", default="")  # shown in the footer
LVZE_MAIL_URL = env.str("LVZE_MAIL_URL", default="")  # smtp+tls://name:password@host:587; empty: no mail
LVZE_MAIL_FROM = env.str("LVZE_MAIL_FROM", default="")
if LVZE_MAIL_URL:
    vars().update(env.email_url_config(LVZE_MAIL_URL))
DEFAULT_FROM_EMAIL = LVZE_MAIL_FROM or "lvze@localhost"
EMAIL_TIMEOUT = 10  # seconds; a mail server that hangs holds up one worker for one message
# Where robots are reached in this network, e.g. through a proxy or in a private edition; empty: the makers' own.
LVZE_WECOM_ADDRESS = env.str("LVZE_WECOM_ADDRESS", default="")
LVZE_DINGTALK_ADDRESS = env.str("LVZE_DINGTALK_ADDRESS", default="")
LVZE_FEISHU_ADDRESS = env.str("LVZE_FEISHU_ADDRESS", default="")
LVZE_DEMO = False
LOGGING = logging_settings(env.str("LVZE_LOG_LEVEL", default="INFO"))
