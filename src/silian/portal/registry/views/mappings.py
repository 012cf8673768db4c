"""Register mappings: those that ship, and one's own, checked line by line."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from silian.portal.accounts.domain.access import viewer_of
from silian.portal.bilingual import choose
from silian.portal.catalogue import KINDS
from silian.portal.registry.domain.mapping_store import (
    delete_mapping,
    find_mapping,
    save_mapping,
    shipped_mappings,
    stored_mappings,
)
from silian.portal.registry.interfaces.mapping import MappingInvalid

_LARGEST_BYTES = 512 * 1024


@require_safe
def mapping_list(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "registry/mapping_list.html",
        {"shipped": shipped_mappings(), "stored": stored_mappings()},
    )


@require_http_methods(["GET", "POST"])
def mapping_new(request: HttpRequest) -> HttpResponse:
    """A new mapping, from nothing or from a copy of a known one."""
    source = find_mapping(request.GET.get("copy", ""))
    return _edit(request, source.content if source else "", stored=False, code="")


@require_http_methods(["GET", "POST"])
def mapping_edit(request: HttpRequest, code: str) -> HttpResponse:
    known = find_mapping(code)
    if known is None:
        raise Http404(choose(f"没有映射“{code}”。", f"There is no mapping {code!r}."))
    if request.method == "POST" and request.POST.get("intent") == "delete" and known.stored:
        delete_mapping(code, viewer_of(request))
        messages.success(
            request, choose(f"已删除映射“{code}”。", f"The mapping “{code}” is deleted.")
        )
        return redirect("registry:mapping_list")
    return _edit(request, known.content, stored=known.stored, code=code)


def mapping_options() -> list[tuple[str, list[tuple[str, Any]]]]:
    """What a file can be read with, in groups: our templates, own and shipped mappings."""
    groups: list[tuple[str, list[tuple[str, Any]]]] = [
        (
            choose("按模板列名", "By the template's headings"),
            [(f"template:{kind}", entry.label) for kind, entry in KINDS.items()],
        )
    ]
    own = [(m.code, f"{m.name}（{m.code}）") for m in stored_mappings()]
    shipped = [(m.code, f"{m.name}（{m.code}）") for m in shipped_mappings()]
    if own:
        groups.append((choose("自有映射", "Own mappings"), own))
    if shipped:
        groups.append((choose("内置映射", "Mappings that ship"), shipped))
    return groups


def _edit(request: HttpRequest, content: str, *, stored: bool, code: str) -> HttpResponse:
    problems: list[dict[str, Any]] = []
    if request.method == "POST":
        upload = request.FILES.get("file")
        raw = upload.read(_LARGEST_BYTES).decode("utf-8", "replace") if upload else ""
        content = raw or request.POST.get("content", "").replace("\r\n", "\n")
        try:
            saved = save_mapping(content, viewer_of(request))
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
        {"content": content, "problems": problems, "code": code, "stored": stored},
        status=422 if problems else 200,
    )
