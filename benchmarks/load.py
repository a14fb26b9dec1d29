"""`python -m benchmarks.load SIZE`: loads one size into BENCH_DATABASE and prints a session key per account."""

import json
import sys
import time

import django

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.management import call_command  # noqa: E402

from benchmarks.city import LARGE, SMALL, City  # noqa: E402
from organization.models import User  # noqa: E402

SIZES = {"small": SMALL, "large": LARGE}


def log_in(user: User) -> str:
    """The key of a session as the log-in page makes it."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "organization.backends.AccountBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.set_expiry(24 * 3600)
    session.create()
    return str(session.session_key)


def main() -> None:
    began = time.perf_counter()
    call_command("migrate", interactive=False, verbosity=0)
    City(SIZES[sys.argv[1]]).load()
    keys = {user.username: log_in(user) for user in User.objects.filter(username__startswith="bench_")}
    print(json.dumps({"seconds": round(time.perf_counter() - began, 1), "sessions": keys}))


if __name__ == "__main__":
    main()
