"""Forms of lists: shape and types; services and constraints have the last word."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings

from common.errors import DomainError
from responsibility.enums import UNIT_SUBJECTS, Subject
from responsibility.models import ListCategory, ListItem, ResponsibilityList
from responsibility.models.content import CONTENT_FIELDS
from responsibility.queries.library import HEAD_FIELDS

LONG = {"content": 2, "measures": 3, "requirement": 2, "notes": 3, "text": 3, "basis_document": 1}


class RefusableForm(forms.Form):
    """A form that shows a service's refusal at its field, or on top where the field is not of this form."""

    def refuse(self, error: DomainError) -> None:
        field = error.field if error.field in self.fields else None
        self.add_error(field, error.message + error.remedy)


def fields_of(model: Any, names: Iterable[str]) -> dict[str, forms.Field]:
    """The form fields of these model fields; text areas and date inputs as our pages use them."""
    found = forms.fields_for_model(model, list(names))
    for name, field in found.items():
        if isinstance(field, forms.DateField):
            field.widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        elif isinstance(field.widget, forms.Textarea):
            field.widget = forms.Textarea(attrs={"rows": LONG.get(name, 3)})
    return found


class HeadForm(RefusableForm):
    """What describes a list."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.update(fields_of(ResponsibilityList, HEAD_FIELDS))


class NewListForm(HeadForm):
    """The identity of a new list, and what describes it."""

    unit = forms.ModelChoiceField(label="制定单位", queryset=None)
    year = forms.IntegerField(label="年度", min_value=2000, max_value=2100)
    subject = forms.ChoiceField(label="责任主体", choices=Subject.choices)
    variant = forms.CharField(
        label="适用对象", max_length=40, required=False, help_text="同一主体分几份清单时填写，如「分管领导」。"
    )

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]


class CategoryForm(RefusableForm):
    name = forms.CharField(label="类别名称", max_length=120)


class ItemForm(RefusableForm):
    """A duty of the library."""

    def __init__(self, *args: Any, target: ResponsibilityList, uppers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"] = forms.ModelChoiceField(
            label="类别", queryset=ListCategory.objects.filter(list=target).order_by("no"), required=False
        )
        self.fields.update(fields_of(ListItem, CONTENT_FIELDS))
        self.fields["upper"] = forms.ModelChoiceField(label="承接的上级事项", queryset=uppers, required=False)

    @property
    def content(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in CONTENT_FIELDS}


class IssuedItemForm(RefusableForm):
    """An individual duty (all fields), or the fields of a common one that the library leaves open."""

    def __init__(self, *args: Any, names: Iterable[str], categories: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        wanted = [name for name in CONTENT_FIELDS if name in set(names)]
        if categories is not None:
            choices = [(0, "（不分类）"), *((one.no, one.name) for one in categories)]
            self.fields["category_no"] = forms.TypedChoiceField(label="类别", choices=choices, coerce=int)
        self.fields.update(fields_of(ListItem, wanted))

    @property
    def content(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name in CONTENT_FIELDS}


class SituationForm(RefusableForm):
    text = forms.CharField(label="问责情形", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    basis = forms.CharField(label="依据", max_length=200, required=False)
    items = forms.ModelMultipleChoiceField(
        label="对应的责任事项", queryset=None, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, target: ResponsibilityList, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["items"].queryset = target.items.order_by("no")  # type: ignore[attr-defined]


class ReasonForm(RefusableForm):
    reason = forms.CharField(label="理由", max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))


class IssueForm(RefusableForm):
    due_on = forms.DateField(
        label="认领期限",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text="责任单位须在这一天以前认领或退回。",
    )


class CopyForm(RefusableForm):
    year = forms.IntegerField(
        label="年度", min_value=2000, max_value=2100, help_text="事项和类别照抄，完成期限顺延到这一年。"
    )


class ListFileForm(RefusableForm):
    unit = forms.ModelChoiceField(label="制定单位", queryset=None)
    file = forms.FileField(label="清单文件", help_text="Excel 工作簿（.xlsx，用模板填写）或 YAML 文件（.yaml）。")

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > settings.LVZE_MAX_UPLOAD_BYTES:
            raise forms.ValidationError(
                f"文件超过 {settings.LVZE_MAX_UPLOAD_BYTES // 1024 // 1024} MB，没有上传。请分成几个文件。"
            )
        return file


def goes_to(subject: str) -> str:
    """Whom a list of this subject is issued to, in words."""
    return "单位" if subject in UNIT_SUBJECTS else "任职人员"
