"""Forms: a field with label, hint and error at its place, and the summary on top."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, FileInput, RadioSelect, Textarea
from django.forms.boundfield import BoundWidget
from django.forms.forms import BaseForm
from django.template import Context

from common.components.library import register


def _control_class(field: BoundField) -> str:
    widget = field.field.widget
    if isinstance(widget, CheckboxInput | RadioSelect | CheckboxSelectMultiple):
        return "form-check-input"
    return "form-select" if getattr(widget, "input_type", "") == "select" else "form-control"


def _shape_of(field: BoundField) -> str:
    widget = field.field.widget
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        return "choices"
    if isinstance(widget, CheckboxInput):
        return "check"
    return "file" if isinstance(widget, FileInput) else "line"


# Django's own sentence for an empty field does not say which; ours does.
_REQUIRED = str(forms.Field.default_error_messages["required"])
_VERBS = {"choices": "请选择", "check": "请勾选", "file": "请上传"}


def _faults(field: BoundField) -> list[str]:
    """The errors of a field in words that name it; Django's stock sentences are said in ours."""
    known = field.form.errors.as_data().get(field.name, []) if field.form.is_bound else []
    return [_fault(field, error, words) for error in known for words in error.messages]


def _fault(field: BoundField, error: ValidationError, words: str) -> str:
    if words == _REQUIRED:
        select = getattr(field.field.widget, "input_type", "") == "select"
        return f"{'请选择' if select else _VERBS.get(_shape_of(field), '请填写')}{field.label}"
    limits = error.params or {}
    if error.code == "max_length" and "show_value" in limits:
        return f"{field.label}最多 {limits['limit_value']} 个字，现在有 {limits['show_value']:,} 个字"
    if error.code == "null_characters_not_allowed":
        return f"{field.label}里有不能保存的控制字符，请删去后再填"
    if error.code == "invalid" and isinstance(field.field, forms.DateField):
        return "请填写有效的日期，例如 2026-03-31"
    if error.code == "invalid" and isinstance(field.field, forms.IntegerField):
        return f"{field.label}请填写整数"
    return words


def _attrs(field: BoundField, described: str, width: str) -> dict[str, Any]:
    attrs: dict[str, Any] = {
        "class": " ".join(filter(None, [field.field.widget.attrs.get("class"), _control_class(field), width]))
    }
    if described:
        attrs["aria-describedby"] = described
    if field.errors:
        attrs["aria-invalid"] = "true"
    if isinstance(field.field.widget, Textarea):
        attrs.setdefault("rows", field.field.widget.attrs.get("rows", 3))
    return attrs


def _choices(bound: BoundField) -> list[BoundWidget]:
    """The single boxes of a group of choices, each with our class."""
    widget = bound.field.widget
    if _shape_of(bound) != "choices":
        return []
    attrs = {"id": bound.auto_id, "class": "form-check-input"} | ({"aria-invalid": "true"} if bound.errors else {})
    boxes = widget.subwidgets(bound.html_name, bound.value(), attrs=attrs)
    return [BoundWidget(widget, box, bound.form.renderer) for box in boxes]


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, label: str = "", hint: str = "", width: str = "") -> dict[str, Any]:
    """A field of a Django form: label, hint, error at the field, control; width="w-auto" for short values."""
    said = hint or bound.help_text
    key = bound.auto_id or bound.html_name
    described = " ".join([f"{key}_hint"] * bool(said) + [f"{key}_error"] * bool(bound.errors))
    return {
        "bound": bound,
        "faults": _faults(bound),
        "key": key,
        "label": label or bound.label,
        "hint": said,
        "shape": _shape_of(bound),
        "control": bound.as_widget(attrs=_attrs(bound, described, width)),
        "choices": _choices(bound),
        "class": _control_class(bound),
        "described": described,
        "optional": not bound.field.required,
    }


@register.inclusion_tag("components/error_summary.html", takes_context=True)
def error_summary(
    context: Context, form: BaseForm | None, title: str = "没有保存", kept: str = "已填写的内容都保留在下面。"
) -> dict[str, Any]:
    """What was refused, on top of the form, each line leading to its field; nothing while the form has no errors."""
    faults: list[tuple[str, str]] = []
    if form is not None and form.is_bound:
        faults += [("", str(error)) for error in form.non_field_errors()]
        for bound in form:
            faults += [(bound.auto_id or bound.html_name, words) for words in _faults(bound)]
    return {"faults": faults, "title": title, "kept": kept, "request_id": getattr(context.get("request"), "id", "")}
