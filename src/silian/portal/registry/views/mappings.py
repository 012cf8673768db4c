"""Register mappings: those that ship, and one's own, checked line by line."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from silian.portal.accounts.domain.access import viewer_of
from silian.portal.bilingual import choose
from silian.portal.catalogue import KINDS
from silian.portal.open_forms import OpenForm, overtaken_page
from silian.portal.registry.domain.mapping_store import delete_mapping, save_mapping
from silian.portal.registry.interfaces.mapping import MappingInvalid, parse_mapping
from silian.portal.registry.interfaces.mapping_library import (
    EXAMPLE_MAPPING,
    MappingEntry,
    UnknownMapping,
    mapping_text,
    mappings,
)
from silian.portal.registry.interfaces.transform_words import TRANSFORM_WORDS
from silian.portal.registry.interfaces.transforms import TRANSFORMS
from silian.portal.registry.models import RegisterMapping

_LARGEST_BYTES = 512 * 1024


@require_safe
def mapping_list(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "registry/mapping_list.html",
        {
            "stored": [entry for entry in mappings() if entry.origin == "stored"],
            "shipped": [entry for entry in mappings() if entry.origin == "shipped"],
        },
    )


@require_http_methods(["GET", "POST"])
def mapping_new(request: HttpRequest) -> HttpResponse:
    """A new mapping, from nothing or from a copy of a known one."""
    copied = request.GET.get("copy", "")
    return _edit(request, _text_of(copied) if copied else EXAMPLE_MAPPING, stored=False, code="")


@require_http_methods(["GET", "POST"])
def mapping_edit(request: HttpRequest, code: str) -> HttpResponse:
    content = _text_of(code)
    stored = RegisterMapping.objects.filter(code=code).exists()
    if request.method == "POST" and request.POST.get("intent") == "delete":
        delete_mapping(code, viewer_of(request))
        messages.success(
            request, choose(f"已删除映射“{code}”。", f"The mapping “{code}” is deleted.")
        )
        return redirect("registry:mapping_list")
    return _edit(request, content, stored=stored, code=code)


def mapping_options() -> list[tuple[str, list[tuple[str, Any]]]]:
    """What a file can be read with, in groups: our templates, own and shipped mappings."""
    labels = {
        "template": choose("按模板列名", "By the template's headings"),
        "stored": choose("自有映射", "Own mappings"),
        "shipped": choose("内置映射", "Mappings that ship"),
    }
    groups: dict[str, list[tuple[str, Any]]] = {}
    for entry in mappings():
        if entry.problem:
            continue  # told apart, with its reason
        name = entry.name if entry.origin == "template" else f"{entry.name} ({entry.code})"
        groups.setdefault(entry.origin, []).append((entry.code, name))
    return [(labels[origin], options) for origin, options in groups.items()]


def broken_mappings() -> list[MappingEntry]:
    """Stored mappings that can't be used as they are."""
    return [entry for entry in mappings() if entry.problem]


def _text_of(code: str) -> str:
    try:
        return mapping_text(code)
    except UnknownMapping as unknown:
        raise Http404(choose(f"没有映射“{code}”。", f"There is no mapping {code!r}.")) from unknown


def _edit(request: HttpRequest, content: str, *, stored: bool, code: str) -> HttpResponse:
    problems: list[dict[str, Any]] = []
    opened = OpenForm({"content": content if stored else ""})
    if request.method == "POST":
        upload = request.FILES.get("file")
        raw = upload.read(_LARGEST_BYTES).decode("utf-8", "replace") if upload else ""
        content = raw or request.POST.get("content", "").replace("\r\n", "\n")
        try:
            with transaction.atomic():
                opened = _opened(request, content)
                if opened.overtaken:
                    back = reverse("registry:mapping_list")
                    return overtaken_page(request, opened, back=back)
                saved = save_mapping(str(opened.values["content"]), viewer_of(request))
        except MappingInvalid as invalid:
            problems = [
                {**problem, "message": choose(problem["message_zh"], problem["message_en"])}
                for problem in invalid.problems
            ]
        else:
            messages.success(
                request,
                choose(f"映射“{saved.code}”已保存。", f"The mapping “{saved.code}” is saved."),
            )
            return redirect("registry:mapping_edit", saved.code)
    lines = content.split("\n")
    for problem in problems:
        at = problem["line"] - 1
        problem["text"] = lines[at] if 0 <= at < len(lines) else ""
    return render(
        request,
        "registry/mapping_edit.html",
        {
            "content": content,
            "opened": opened,
            "problems": problems,
            "code": code,
            "stored": stored,
            "kinds": KINDS.values(),
            "transforms": [
                (name, choose(*TRANSFORM_WORDS.get(name, ("", "")))) for name in TRANSFORMS
            ],
        },
        status=422 if problems else 200,
    )


def _opened(request: HttpRequest, content: str) -> OpenForm:
    """What was sent, against the mapping that is stored under the code that it names, if any."""
    code = parse_mapping(content).code
    # Held, so that nobody saves between the comparison and the change.
    kept = RegisterMapping.objects.select_for_update().filter(code=code).first()
    return OpenForm(
        {"content": kept.content if kept else ""},
        posted={"content": content},
        # Nothing is overwritten where none of the code is kept.
        data=request.POST if kept else None,
        labels={"content": choose(f"映射“{code}”", f"Mapping {code!r}")},
        changed_at=kept.updated_at if kept else None,
    )
