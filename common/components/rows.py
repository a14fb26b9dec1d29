"""The uniform table as tags: the table around one row, and the cell of a declared column."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Any

from django.template import Context, Node, NodeList, TemplateSyntaxError
from django.template.base import FilterExpression, Parser, Token
from django.template.loader import get_template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from common.components.library import register
from common.table import Table

# Search, filters and columns of a table look the same to everybody who asks for the same view of it; writing forty
# options anew takes longer than writing twenty rows. The token of the form is put in afterwards.
KEPT_TOOLS = 256
TOKEN = "-csrf-token-goes-here-"  # noqa: S105
_tools: OrderedDict[Hashable, str] = OrderedDict()
_tools_lock = Lock()


def table_tools(table: Table, csrf_token: str) -> SafeString:
    """What stands above the rows: from memory where the same view was written before in this process."""
    key = table.tools_key
    with _tools_lock:
        written = _tools.get(key)
        if written is not None:
            _tools.move_to_end(key)
    if written is None:
        written = get_template("components/table_tools.html").render({"table": table, "csrf_token": TOKEN})
        with _tools_lock:
            _tools[key] = written
            while len(_tools) > KEPT_TOOLS:
                _tools.popitem(last=False)
    return mark_safe(written.replace(TOKEN, escape(csrf_token)))


class TableNode(Node):
    """`{% table letters %}…one row's cells, as `row`…{% endtable %}`."""

    def __init__(self, table: FilterExpression, row: NodeList) -> None:
        self.table, self.row = table, row

    def render(self, context: Context) -> SafeString:
        table: Table = self.table.resolve(context)
        lines: list[str] = []
        group = None
        with context.push(table=table):
            for number, row in enumerate(table.rows):
                if table.grouped and (heading := table.group_of(row)) != group:
                    group = heading
                    lines.append(self._heading(table, heading))
                context["row"] = row
                tick = _tick(table, row, number) if table.batch else ""
                lines.append(f"<tr>{tick}{self.row.render(context)}</tr>\n")
        csrf_token = str(context.get("csrf_token", ""))
        part = {
            "table": table,
            "tools": table_tools(table, csrf_token),
            "lines": mark_safe("".join(lines)),
            "csrf_token": csrf_token,
            "request": context.get("request"),
        }
        return mark_safe(get_template("components/table.html").render(part))

    def _heading(self, table: Table, heading: str) -> str:
        return format_html(
            '<tr class="lz-group"><th scope="rowgroup" colspan="{}">{}</th></tr>\n', table.width, heading
        )


def _tick(table: Table, row: Any, number: int) -> str:
    name = escape(table.name_of(row) or f"第 {number + 1} 行")
    return (
        '<td class="lz-keep lz-tick"><input class="form-check-input" type="checkbox" name="pick"'
        f' value="{escape(table.pk_of(row))}" form="{table.id}-batch" aria-label="选中 {name}"></td>'
    )


@register.tag("table")
def table_tag(parser: Parser, token: Token) -> TableNode:
    bits = token.split_contents()
    if len(bits) != 2:
        raise TemplateSyntaxError("table takes one argument, the table")
    row = parser.parse(("endtable",))
    parser.delete_first_token()
    return TableNode(parser.compile_filter(bits[1]), row)


class CellNode(Node):
    """`{% cell "state" %}…{% endcell %}`: the cell of a declared column, left out where the reader has hidden it."""

    def __init__(self, key: str, content: NodeList) -> None:
        self.key, self.content = key, content

    def render(self, context: Context) -> str:
        frames = context["table"].cells
        try:
            frame = frames[self.key]
        except KeyError:
            raise TemplateSyntaxError(f"cell {self.key!r} is no column of the table: {', '.join(frames)}") from None
        return "" if frame is None else f"{frame[0]}{self.content.render(context)}{frame[1]}"


@register.tag("cell")
def cell_tag(parser: Parser, token: Token) -> CellNode:
    bits = token.split_contents()
    if len(bits) != 2 or bits[1][0] not in "\"'":
        raise TemplateSyntaxError("cell takes one argument, the quoted key of a column")
    content = parser.parse(("endcell",))
    parser.delete_first_token()
    return CellNode(bits[1][1:-1], content)
