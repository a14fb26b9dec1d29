"""Prints the list pages of the product as JSON; a process of its own, because it needs the settings."""

import json

import django

django.setup()

from benchmarks.pages import list_pages  # noqa: E402

print(json.dumps(list_pages()))
