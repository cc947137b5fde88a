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
        "version_needed",
        "The change does not say which version it was made from, so it could undo another's.",
        'Read the thing, then send its `version`: `If-Match: "3"`, `?version=3` or in the body; '
        "`If-Match: *` means whatever is there now.",
        428,
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
        "unknown_field",
        "A field has a name that nothing here has.",
        "Correct the name (the message proposes the nearest); see `touchline schema`.",
        400,
    ),
    Reason(
        "bad_field",
        "A field has a value that it cannot have.",
        "Correct the fields that the message names; nothing was changed.",
        400,
    ),
    Reason(
        "bad_body",
        "The body is not a JSON object.",
        "Send a JSON object in UTF-8, with numbers that are finite.",
        400,
    ),
    Reason(
        "account_needed",
        "The token may act on every account, and the request does not say which it means.",
        "Add `?account=` with the account's ID.",
        400,
    ),
    Reason(
        "unknown_reference",
        "It names an event, campaign or partner that is not declared.",
        "Declare that one first, or correct the name.",
        400,
    ),
    Reason(
        "in_use",
        "Something else that is declared still names it.",
        "Change or delete that one first; the message says which.",
        409,
    ),
    Reason(
        "bad_cursor",
        "The cursor does not belong to this list.",
        "Use the `next` of the page before, unchanged, with the same parameters.",
        400,
    ),
    Reason(
        "not_held",
        "The conversion is not on hold, so there is nothing to release.",
        "Look at its status; only what is on hold can be released.",
        409,
    ),
    Reason(
        "ambiguous_conversion",
        "Several claims have this ID: of several events, or of several partners.",
        'Name the `event` and the `partner` that you mean ("" for the account\'s own systems).',
        409,
    ),
    Reason(
        "unknown_person",
        "Nothing is stored under this identity.",
        "Check the domain and the value; an email is written email:jane@example.com.",
        404,
    ),
)
