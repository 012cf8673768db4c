"""Libraries in the browser are the published releases, byte for byte, and nothing is inline."""

import hashlib
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

import silian.portal

TEMPLATES = Path(silian.portal.__file__).parent / "templates"

# sha256 of the files in the projects' own releases.
RELEASES = {
    "js-lib-bootstrap5/css/bootstrap.min.css": (
        "bootstrap 5.3.3 dist/css/bootstrap.min.css",
        "3c8f27e6009ccfd710a905e6dcf12d0ee3c6f2ac7da05b0572d3e0d12e736fc8",
    ),
    "js-lib-bootstrap5/js/bootstrap.bundle.min.js": (
        "bootstrap 5.3.3 dist/js/bootstrap.bundle.min.js",
        "0833b2e9c3a26c258476c46266e6877fc75218625162e0460be9a3a098a61c6c",
    ),
    "django_htmx/htmx-2.min.js": (
        "htmx.org 2.0.10 dist/htmx.min.js",
        "71ea67185bfa8c98c39d31717c6fce5d852370fcdfd129db4543774d3145c0de",
    ),
    "echarts/echarts.esm.min.js": (
        "echarts 6.1.0 dist/echarts.esm.min.js",
        "28515f26aa57f87eb1e4ed4eb446927eaf329b5f5e02b4bfd4b0264fea40d1da",
    ),
}


@pytest.mark.parametrize("path", RELEASES)
def test_a_served_library_is_the_published_release(path: str) -> None:
    found = finders.find(path)
    assert found, f"{path} is served by no package"
    release, digest = RELEASES[path]
    assert hashlib.sha256(Path(found).read_bytes()).hexdigest() == digest, release


def test_base_page_loads_only_files_that_are_served() -> None:
    base = (TEMPLATES / "base.html").read_text(encoding="utf-8")
    loaded = re.findall(r"{% static '([^']+)' %}", base)
    assert len(loaded) == 12
    assert [path for path in loaded if finders.find(path) is None] == []


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_a_template_has_no_inline_script_or_style_and_no_foreign_address(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"\sstyle=|<style|\son[a-z]+=|hx-on|hx-vals=.js|javascript:", text) == []
    assert re.findall(r"<script(?![^>]*\ssrc=)", text) == []
    assert re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", text) == []


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_every_chinese_text_of_a_template_has_its_english(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    pair = r"{% t\s+(\"[^\"]*\"|'[^']*')\s+(\"[^\"]*\"|'[^']*')"
    bare = re.sub(pair, "", text)
    # The language switch names each language in itself; 、 and ： are signs, not words.
    words = [word for word in re.findall(r"[一-鿿]+", bare) if word != "中文"]
    assert words == []
