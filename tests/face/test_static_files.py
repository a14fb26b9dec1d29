"""Files of others are what they were when they were taken; pages ask for no file, icon or template that is not there."""

import hashlib
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import get_template

ROOT = Path(settings.ROOT)
VENDOR = ROOT / "static" / "vendor"
README = (VENDOR / "README.md").read_text()
LISTED = {
    cells[0]: cells[5]
    for cells in (
        [cell.strip() for cell in line.strip("|").split("|")] for line in README.splitlines() if line.startswith("| ")
    )
    if len(cells) == 6 and re.fullmatch("[0-9a-f]{64}", cells[5])
}
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
NOT_PAGES = {"documents"}  # for the document engine, never sent to a browser
PAGES = [path for path in TEMPLATES if path.relative_to(ROOT / "templates").parts[0] not in NOT_PAGES]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT / "templates"))


@pytest.mark.parametrize("file", sorted(LISTED))
def test_a_vendored_file_has_the_hash_it_was_listed_with(file: str) -> None:
    assert hashlib.sha256((VENDOR / file).read_bytes()).hexdigest() == LISTED[file]


def test_every_vendored_script_style_and_picture_is_listed() -> None:
    kinds = {".js", ".css", ".svg"}
    found = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.suffix in kinds}
    assert found == set(LISTED)


def test_each_vendored_package_brings_its_licence() -> None:
    for file in LISTED:
        assert (VENDOR / file).parent.joinpath("LICENSE").exists(), file


def test_no_vendored_file_names_a_source_map() -> None:
    for file in LISTED:
        assert "sourceMappingURL" not in (VENDOR / file).read_text(), file


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_a_template_holds_no_inline_style_or_script(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"<style|\sstyle\s*=", text)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text)
    assert not re.search(r"javascript:", text)
    assert not re.search(r"hx-on|hx-vals\s*=\s*[\"']js:", text)
    for tag in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in tag or 'type="application/json"' in tag, tag


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_a_template_asks_for_nothing_from_outside(path: Path) -> None:
    assert not re.search(r"(?:src|href|action|url)\s*=\s*[\"'](?:https?:)?//", path.read_text())


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_a_template_compiles_and_its_static_files_exist(path: Path) -> None:
    get_template(name(path))
    for file in re.findall(r"{%\s*static\s+[\"']([^\"']+)[\"']", path.read_text()):
        assert finders.find(file), file


def test_every_icon_a_page_uses_is_in_the_sprite() -> None:
    have = set(re.findall(r'<symbol id="([^"]+)"', (VENDOR / "tabler-icons" / "sprite.svg").read_text()))
    used = {icon for path in PAGES for icon in re.findall(r"{%\s*icon\s+[\"']([^\"']+)[\"']", path.read_text())}
    used |= set(re.findall(r'"((?:alert|info|circle)-[a-z]+)"', (ROOT / "common/templatetags/ui.py").read_text()))
    assert used <= have


def test_colours_stand_in_the_tokens_only() -> None:
    """White on ink and the shadow of a dialog are the only colours written elsewhere."""
    css = (ROOT / "static/css/app.css").read_text().split("@media print")[0]
    found = set(re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\([^)]*\)", re.sub(r"/\*.*?\*/", "", css, flags=re.S)))
    assert found <= {"#fff", "rgba(31, 41, 51, 0.4)"}


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_chinese_text_takes_full_width_punctuation(path: Path) -> None:
    text = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}|<[^>]*>", " ", path.read_text(), flags=re.S)
    assert re.findall(r"[\u4e00-\u9fff][,;:!?()]|[,;:!?()][\u4e00-\u9fff]", text) == []
