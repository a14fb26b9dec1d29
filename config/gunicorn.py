"""How gunicorn serves: few processes, some threads each, the log in JSON lines without query strings."""

import gc
import os

if os.environ.get("DJANGO_SETTINGS_MODULE", "config.settings.server") == "config.settings.server":
    # Names every missing or wrong setting once, here, instead of once in each worker.
    from config.settings import server as _server  # noqa: F401

from config.json_log import logging_settings

bind = os.environ.get("LVZE_BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = int(os.environ.get("LVZE_WEB_WORKERS", "2"))
threads = int(os.environ.get("LVZE_WEB_THREADS", "4"))
preload_app = True  # one import for all processes: half the start, shared memory
timeout = 60
graceful_timeout = 20
keepalive = 5
max_requests = 20000
max_requests_jitter = 2000
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 a heartbeat file, memory instead of disk
control_socket_disable = True
accesslog = "-"
# The path without its query: what somebody searched for does not belong in a log.
access_log_format = "%(h)s %(m)s %(U)s %(s)s %(B)s bytes %(M)s ms request %({x-request-id}o)s"
logconfig_dict = logging_settings(os.environ.get("LVZE_LOG_LEVEL", "INFO"))


def post_worker_init(worker: object) -> None:
    """What is loaded at the start stays; looking through it again and again for garbage costs every page a tenth."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
