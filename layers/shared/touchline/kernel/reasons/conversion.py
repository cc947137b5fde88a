"""What happened to a conversion that was stored: remarks, repeats, refusals of later news."""

from touchline.kernel.reasons.model import Reason

REMARKS = (
    Reason("late", "It came over five minutes after it happened.", "Nothing; its time counts."),
    Reason(
        "skewed",
        "Its time lies after the call; the time of receipt was used.",
        "Correct the sender's clock.",
    ),
    Reason("seconds", "Its time came in seconds and was converted.", "Send milliseconds."),
    Reason("assumed_utc", "Its time had no zone; UTC was assumed.", "Send a zone, or UNIX time."),
    Reason(
        "derived_id",
        "It had no ID; one was derived from everything it says.",
        "Send a transaction ID: only so are two alike told from one sent twice.",
    ),
    Reason(
        "unknown_status",
        "Its status word is not known; it is pending.",
        "Map the word (status_map of the partner); what is stored follows.",
    ),
    Reason(
        "assumed_currency",
        "It named no currency; the account's was used.",
        "Send the currency.",
    ),
    Reason(
        "default_value",
        "It named no value; the event's estimate was used.",
        "Nothing, or send the actual value.",
    ),
    Reason(
        "unknown_click",
        "Its click ID is not (yet) known here.",
        "Check that the ID comes from our redirect and came back unchanged.",
    ),
    Reason(
        "clickless",
        "It names no click; a coupon or the partner's click time stands for one.",
        "Nothing; a click ID is stronger evidence.",
    ),
    Reason("by_coupon", "Its partner was found by the coupon.", "Nothing."),
    Reason(
        "payout_differs",
        "The sender stated another payout than the rules give; the rules count.",
        "Compare the payout rules with the partner's contract.",
    ),
    Reason(
        "over_cap",
        "A cap is reached: it is stored and pays nothing, also later.",
        "Raise the cap, or stop the campaign. What is rejected gives its place back.",
    ),
    Reason(
        "unexpanded_macro",
        "A placeholder came unfilled (such as {payout}) and was left out.",
        "Check the macro's spelling in the sender's postback template.",
    ),
    Reason(
        "repeated_parameter",
        "A parameter came twice with other values; the first counts.",
        "Send it once.",
    ),
    Reason(
        "masked_personal",
        "A sub-ID or free parameter held an email address or a phone number, which was masked.",
        "Send the person as `email` or `phone`, which are hashed, and elsewhere nothing personal.",
    ),
    Reason(
        "parameters_cut",
        "More or longer extra parameters came than are kept readable; the raw request has all.",
        "Nothing, or send fewer.",
    ),
)
NEWS = (
    Reason("repeat", "The same conversion came again.", "Nothing; it counts once."),
    Reason(
        "kept_first",
        "Other content came under the same ID; this event keeps the first.",
        "Change the event's duplicate policy if later content should count.",
    ),
    Reason(
        "conflicting_repeat",
        "Other content came under the same ID and was not taken; both are kept.",
        "Use another ID for another conversion, or correct it through the admin API.",
        409,
    ),
    Reason(
        "stale_status",
        "`pending` came after the decision and was not taken.",
        "Nothing, if messages overtook each other.",
    ),
    Reason(
        "on_hold",
        "An operator holds the conversion; its status was not moved.",
        "Release it through the admin API.",
    ),
    Reason(
        "locked",
        "The books of this conversion are closed; only corrections of money are taken.",
        "Send the corrected value, or a refund.",
        409,
    ),
    Reason("corrected", "The books were closed, so a correcting entry was made.", "Nothing."),
    Reason(
        "already_refunded",
        "Everything was taken back before; it was not taken back again.",
        "Nothing.",
        409,
    ),
    Reason(
        "refund_too_large",
        "The refund is larger than what is left of the conversion.",
        "Correct refund_value.",
        409,
    ),
    Reason(
        "too_many_changes",
        "The conversion changed more often than one row can remember.",
        "Look at the sender: no conversion changes 200 times.",
    ),
    Reason(
        "tally_moved",
        "Many conversions reached one cap at the same moment.",
        "Nothing; it is tried again.",
        503,
    ),
)
SIGNS = (
    Reason(
        "fraud_too_soon",
        "It came sooner after its click than a person takes (`fraud.minimum_click_seconds`).",
        "Look at the partner's other conversions; release or reject it where it is held.",
    ),
    Reason(
        "fraud_large_value",
        "Its value is above what the account takes for likely (`fraud.largest_value`).",
        "Check the order; release or reject it where it is held.",
    ),
    Reason(
        "fraud_velocity",
        "Clicks of its address led to too many conversions in one hour (`fraud.most_per_address`).",
        "Look at what else came from there; release or reject it where it is held.",
    ),
    Reason(
        "fraud_repeated_click",
        "Its click has led to too many conversions of the event (`fraud.most_per_click`).",
        "See whether one order was sent under several IDs; release or reject it where it is held.",
    ),
    Reason(
        "fraud_disposable_email",
        "Its email address is of a provider whose addresses nobody keeps.",
        "Ask the customer; release or reject it where it is held.",
    ),
)
REASONS = (*REMARKS, *NEWS, *SIGNS)
