"""The components of the face as template tags: every argument is declared, an unknown one fails when the page is compiled.

    {% load ui %}
    {% page_head "责任书" state="待签订" tone="act" %}
      {% slot "meta" %}<li>等待沈宁衡签署</li>{% endslot %}
      <a class="btn btn-primary" href="…">阅读并签署</a>          the rest of the block: the acts of the page
    {% endpage_head %}
    {% panel "要点" id="facts" note="共 6 条" body=True %} … {% slot "foot" %}…{% endslot %}{% endpanel %}

Marks that stand in table rows (`light`, `state`, `due`, `tag`, `meter`, `nodes`, `icon`) are written with format_html and cost
microseconds; whole parts (`error_summary`, `timeline`, …) are templates under templates/components/. The gallery shows each.
"""

from common.components import fields, frames, marks, parts, rows
from common.components.library import register

__all__ = ["fields", "frames", "marks", "parts", "register", "rows"]
