"""The routes of reports and the console."""

from collections.abc import Mapping

from docs.openapi.model import Detail, Parameter, Schema, json_reply
from touchline.reporting.exports.files import FORMATS
from touchline.reporting.exports.job import FILTERS

NARROWS = {
    name: [report for report in FILTERS if name in FILTERS[report]]
    for name in dict.fromkeys(name for names in FILTERS.values() for name in names)
}

COMPONENTS: Mapping[str, Schema] = {}

ASKED = (
    Parameter("account", "the account meant, with an operator's token"),
    Parameter("test", "`1`: the account's test side", {"enum": ["1"]}),
    Parameter("from", "the first day, YYYY-MM-DD"),
    Parameter("to", "the last day, YYYY-MM-DD"),
    Parameter("event", "only this event"),
    Parameter("model", "one or more models, with commas between"),
    Parameter("group_by", "channel, campaign, partner, event, sub1 …"),
    Parameter("limit", "rows of an answer"),
)
"""What reports may be asked; those that a report does not know are named in a refusal."""

EXPORTED = (
    Parameter("report", "whose rows", {"enum": sorted(FILTERS)}, required=True),
    Parameter("format", "of the files; csv when left out", {"enum": sorted(FORMATS)}),
    Parameter("account", "the account meant, with an operator's token"),
    Parameter("from", "the first day, YYYY-MM-DD"),
    Parameter("to", "the last day, YYYY-MM-DD"),
    Parameter("partner", "only this partner's rows; needed for clicks"),
    *(
        Parameter(name, f"only rows with this value (in {', '.join(reports)})")
        for name, reports in NARROWS.items()
    ),
)

DETAILS: Mapping[tuple[str, str], Detail] = {
    ("POST", "/reports/exports"): Detail(
        "Begin an export of rows to files",
        EXPORTED,
        replies={202: json_reply("Noted; GET /reports/exports/{id} says how far it is")},
        refusals=(400, 404, 429, 503),
    ),
}
