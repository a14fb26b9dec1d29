"""The gallery shows every component, and nothing of it reaches a server that is not in DEBUG."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import NoReverseMatch, reverse

from common.templatetags import ui
from tests.factories.organization import make_region, make_unit

GALLERY = Path(settings.ROOT) / "templates" / "config" / "gallery.html"
# Parts of other components and of table rows, shown through them.
NOT_ALONE = {"slot", "cell", "when", "due_mark", "trail"}


@pytest.mark.django_db
@pytest.mark.urls("tests.face.urls")
def test_the_gallery_is_shown_in_full(client: Client) -> None:
    region = make_region()
    for n in range(25):
        make_unit(region, name=f"第{n}试局")
    html = client.get("/gallery/").content.decode()
    assert "组件样张" in html
    assert html.count("<tr>") > 20
    assert "请改正" in html


def test_every_component_has_its_place_in_the_gallery() -> None:
    shown = set(re.findall(r"{%\s*(\w+)", GALLERY.read_text()))
    assert set(ui.register.tags) - shown - NOT_ALONE == set()


def test_outside_of_debug_there_is_no_gallery() -> None:
    with pytest.raises(NoReverseMatch):
        reverse("gallery")
