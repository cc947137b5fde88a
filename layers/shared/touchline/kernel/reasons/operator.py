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
)
