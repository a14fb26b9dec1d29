"""The standard text of a letter of responsibility, with fields that are filled in when a draft is made.

The sections follow the usual paper: 责任目标, 责任内容, 工作要求, 考核与责任追究, 责任期限, 附则. 责任内容 is left to the
clauses, each of which carries an item of the recipient's list.
"""

from dataclasses import dataclass

from responsibility.enums import LetterKind

PREAMBLE, CLAUSES = "preamble", "duties"
FIELDS = (
    "年度",
    "下达方",
    "责任方",
    "责任单位",
    "下达人",
    "责任人",
    "责任人职务",
    "监督方",
    "依据",
    "起",
    "止",
    "一式",
    "条数",
)
DEFAULT_BASIS = "《中国共产党章程》《党委（党组）落实全面从严治党主体责任规定》"


@dataclass(frozen=True)
class Section:
    """One part of the text; the preamble has no heading, the clauses stand beneath `duties`."""

    key: str
    heading: str
    paragraphs: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        return {"key": self.key, "heading": self.heading, "paragraphs": list(self.paragraphs)}


@dataclass(frozen=True)
class StandardText:
    title: str
    sections: tuple[Section, ...]


_REQUIREMENTS = Section(
    "requirements",
    "工作要求",
    (
        "（一）对照责任清单逐项抓落实。责任内容的进展随责任清单更新，佐证材料在事项发生时记录一次，不另行重复报送。",
        "（二）遇有重大问题、重要案件线索和责任范围内的突出情况，及时报告下达方，不得迟报、瞒报。",
        "（三）自觉接受{监督方}的监督，对监督检查指出的问题，按照规定时限整改并反馈结果。",
    ),
)
_REQUIREMENTS_ALONE = Section(
    "requirements",
    "工作要求",
    (
        *_REQUIREMENTS.paragraphs[:2],
        "（三）自觉接受党内监督和群众监督，对监督检查指出的问题，按照规定时限整改并反馈结果。",
    ),
)
_ACCOUNTABILITY = Section(
    "accountability",
    "考核与责任追究",
    (
        "（一）本责任书的履行情况纳入{年度}年度全面从严治党主体责任考核，作为领导班子总体评价和领导干部业绩评定、选拔任用、奖励惩处的重要依据。",
        "（二）未履行或者未正确履行责任内容的，视情节依照《中国共产党问责条例》等规定追究责任；主动发现、主动报告、主动处置的，依照规定从轻或者减轻处理。",
    ),
)
_PERIOD = Section(
    "period",
    "责任期限",
    ("自{起}起至{止}止。责任人职务变动的，本责任书的责任期限至离任交接之日为止，任职期间应负的责任不因离任免除。",),
)
_CLOSING = Section(
    "closing",
    "附则",
    (
        "本责任书{一式}。",
        "本责任书由双方本人签署，不得由他人代签；自签署完毕并封存之日起生效。",
    ),
)


def _preamble(words: str) -> Section:
    return Section(PREAMBLE, "", (words,))


def _text(title: str, preamble: str, goal: tuple[str, ...], lead: str, supervised: bool) -> StandardText:
    requirements = _REQUIREMENTS if supervised else _REQUIREMENTS_ALONE
    return StandardText(
        title,
        (
            _preamble(preamble),
            Section("goal", "责任目标", goal),
            Section(CLAUSES, "责任内容", (lead,)),
            requirements,
            _ACCOUNTABILITY,
            _PERIOD,
            _CLOSING,
        ),
    )


_BASIS = "为落实全面从严治党主体责任，压实{年度}年度党风廉政建设责任，根据{依据}，"
_BOTH = _BASIS + "{下达方}与{责任方}签订本责任书。"
_PERSONS = _BASIS + "{下达人}与{责任人}（{责任人职务}）签订本责任书。"


def standard_text(kind: str, *, supervised: bool) -> StandardText:
    """The text with which a draft of this kind begins when the office has set no template of its own."""
    if kind == LetterKind.COMMITTEE_UNIT:
        goal = (
            "{责任方}对{责任单位}全面从严治党负主体责任，{责任人}为第一责任人，领导班子其他成员履行“一岗双责”。",
            "坚持党要管党、全面从严治党，做到责任清单明确、责任落实到人、推进措施有力，{责任单位}政治生态持续向好，不发生因主体责任缺失造成的重大违纪违法问题。",
        )
        return _text("{年度}年度落实全面从严治党主体责任书", _BOTH, goal, "{责任方}承担下列责任：", supervised)
    if kind == LetterKind.TOWN_VILLAGE:
        goal = (
            "{责任方}对{责任单位}党的建设和党风廉政建设负主体责任，{责任人}为第一责任人。",
            "严格落实民主议事、财务公开和“四议两公开”制度，管好用好集体资金、资产、资源，坚决防止和纠正群众身边的不正之风和腐败问题。",
        )
        return _text("{年度}年度党风廉政建设责任书", _BOTH, goal, "{责任方}承担下列责任：", supervised)
    if kind == LetterKind.MEMBER_SECTION:
        goal = (
            "{责任人}对{责任单位}的党风廉政建设负直接责任，把廉政要求贯穿于业务工作全过程，做到业务工作与党风廉政建设同部署、同落实、同检查。",
            "紧盯本部门权力运行的关键环节和廉政风险点，防控措施落实到岗、责任明确到人，教育管理好本部门工作人员。",
        )
        return _text("{年度}年度党风廉政建设责任书", _PERSONS, goal, "{责任人}承担下列责任：", supervised)
    goal = (
        "{责任人}履行“一岗双责”，对职责范围内的全面从严治党工作负主要领导责任。",
        "把党风廉政建设融入分管工作，与业务工作同谋划、同部署、同落实、同检查，管好班子、带好队伍，切实防范化解分管领域廉政风险。",
    )
    return _text("{年度}年度落实全面从严治党“一岗双责”责任书", _PERSONS, goal, "{责任人}承担下列责任：", supervised)
