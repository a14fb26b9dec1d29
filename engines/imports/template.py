"""Makes the blank workbook that a person fills in: headers, notes, drop-down lists, nothing else."""

import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter

from engines.imports.spec import Column, Kind, SheetSpec

ROWS_PREPARED = 5_000
LIST_LENGTH = 250  # characters Excel takes in a drop-down list


def blank_workbook(specs: Sequence[SheetSpec]) -> bytes:
    """.xlsx bytes with one sheet per spec. It reads back without a problem, as a file with no rows."""
    packed = io.BytesIO()
    book = xlsxwriter.Workbook(packed)
    must = book.add_format({"bold": True, "bg_color": "#E5E7EB", "bottom": 1})
    may = book.add_format({"bg_color": "#E5E7EB", "bottom": 1})
    as_text = book.add_format({"num_format": "@"})
    for spec in specs:
        sheet = book.add_worksheet(spec.name)
        sheet.freeze_panes(1, 0)
        for index, column in enumerate(spec.columns):
            wide = 34 if column.kind == Kind.TEXT and column.max_length > 60 else 16
            sheet.set_column(index, index, wide, as_text if column.kind != Kind.INT else None)
            sheet.write_string(0, index, column.header, must if column.required else may)
            sheet.write_comment(0, index, column_note(column), {"author": "", "x_scale": 2})
            _offer_choices(sheet, index, column)
    book.close()
    return packed.getvalue()


def column_note(column: Column) -> str:
    """What a person must know to fill in the column, in one or two sentences."""
    parts = ["必填。" if column.required else "选填。", column.note]
    if column.kind == Kind.DATE:
        parts.append("样式：2026-03-01。")
    if column.kind == Kind.CHOICE:
        parts.append("可填：" + "、".join(column.labels) + "。")
    return "".join(part for part in parts if part)


def _offer_choices(sheet: Any, index: int, column: Column) -> None:
    if column.kind == Kind.CHOICE and len(",".join(column.labels)) <= LIST_LENGTH:
        rule = {"validate": "list", "source": column.labels, "error_type": "warning"}
        sheet.data_validation(1, index, ROWS_PREPARED, index, rule)
