"""Why a question to the reports was refused."""

from touchline.kernel.reasons.model import Reason

REASONS = (
    Reason(
        "bad_range",
        "The range of days cannot be read, ends before it begins, or lies outside of 2000 to 2100.",
        "Send from and to as YYYY-MM-DD (UTC days, both included), from not after to.",
        400,
    ),
    Reason(
        "range_too_long",
        "The range holds more days than one report answers.",
        "Ask for at most 400 days at once, and join the answers.",
        400,
    ),
    Reason(
        "unknown_model",
        "There is no attribution model of this name.",
        "Use one of the models that /reports/me lists; docs/attribution.md explains each.",
        400,
    ),
    Reason(
        "unknown_dimension",
        "Credit is not counted by this dimension.",
        "Group by channel, campaign, partner, event, kind, touch_day or sub1 to sub20.",
        400,
    ),
    Reason(
        "bad_limit",
        "The limit is not a whole number in the range that the route allows.",
        "Send limit between 1 and 500, and go on with the cursor of the answer.",
        400,
    ),
    Reason(
        "partner_needed",
        "Clicks are read partner by partner, and none is named.",
        "Add partner=, or ask with the partner's own report token.",
        400,
    ),
    Reason(
        "unknown_report",
        "There is no export of this report.",
        "Export decisions, deliveries or clicks; every other report is one answer.",
        400,
    ),
    Reason(
        "unknown_format",
        "Exports are not written in this format.",
        "Use csv, jsonl or parquet.",
        400,
    ),
    Reason(
        "too_many_exports",
        "As many exports of this account are being written as may be at once.",
        "Wait until one of them is done; GET /reports/exports says how far each is.",
        429,
    ),
    Reason(
        "export_failed",
        "The export could not be written to its end. Nothing of it is offered.",
        "Ask for it again. Should it fail again, see docs/runbook.md#export-failed.",
    ),
)
