"""Why an operator's request was refused."""

from touchline.kernel.reasons.model import Reason

REASONS = (
    Reason(
        "stale_version",
        "Somebody changed this since you read it; your change was not made.",
        "Read it again, apply your change to what is there now, and send its version.",
        409,
    ),
    Reason(
        "exists",
        "There is already something under this name.",
        "Choose another name, or change the one that is there (PATCH).",
        409,
    ),
    Reason(
        "bad_scope",
        "A token's scopes are one or more of ingest, site, report and admin.",
        "Name at least one of these scopes, and no other.",
        400,
    ),
    Reason(
        "event_not_verb_object",
        "The event's name does not say what a person does (`submit_form`).",
        "Rename it as proposed; names keep their history, so nothing is lost.",
    ),
    Reason(
        "event_without_owner",
        "Nobody answers for the event.",
        "Set its `owner`.",
    ),
    Reason(
        "event_without_report",
        "No report is named that the event feeds.",
        "Set its `report`, or drop the event.",
    ),
    Reason(
        "event_sprawl",
        "There are more events than anybody reads, or more macro events than a business has.",
        "Drop or merge events, or make macro events micro.",
    ),
    Reason(
        "event_names_alike",
        "Two events seem to mean one thing, so each count is only half of it.",
        "Keep one name and rename the other.",
    ),
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
        "bad_cursor",
        "The cursor is not one that this report gave for the same question.",
        "Send the `next` of the previous answer unchanged, with the same from and to.",
        400,
    ),
)
