"""The product's addresses and two empty pages to measure against."""

from django.urls import path

from benchmarks import empty_pages
from config.urls import handler400, handler403, handler404, handler500, urlpatterns

urlpatterns = [
    path("bench/empty/", empty_pages.bench_empty, name="bench_empty"),
    path("bench/shell/", empty_pages.bench_shell, name="bench_shell"),
    *urlpatterns,
]

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
