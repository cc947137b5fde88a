"""The routes of reports and the console."""

from collections.abc import Mapping

from docs.openapi.model import Detail, Parameter, Schema

COMPONENTS: Mapping[str, Schema] = {}

ASKED = (
    Parameter("account", "the account meant, with an operator's token"),
    Parameter("from", "the first day, YYYY-MM-DD"),
    Parameter("to", "the last day, YYYY-MM-DD"),
    Parameter("event", "only this event"),
    Parameter("model", "one or more models, with commas between"),
    Parameter("group_by", "channel, campaign, partner, event, sub1 …"),
    Parameter("limit", "rows of an answer"),
)
"""What reports may be asked; those that a report does not know are named in a refusal."""

DETAILS: Mapping[tuple[str, str], Detail] = {}
