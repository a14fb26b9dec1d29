"""Whose address counts as the client's when a reverse proxy stands in front."""

from django.http import HttpRequest


def address_behind_proxy(request: HttpRequest) -> str:
    """The last entry of X-Forwarded-For: the one our own proxy wrote; the ones before it anybody can invent."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")[-1].strip()
    return forwarded or request.META.get("REMOTE_ADDR", "")
