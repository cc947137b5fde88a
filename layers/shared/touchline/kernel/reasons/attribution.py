"""Why a conversion was not attributed, and why a touchpoint earned nothing."""

from touchline.kernel.reasons.model import Reason

CONVERSIONS = (
    Reason(
        "skip_hook",
        "The sender marked the event with skip_hook: it is stored and stays out of attribution.",
        "Send it without skip_hook, or with `false`, if it should be credited.",
    ),
    Reason(
        "source_paused",
        "Conversions of this source are paused for this event.",
        "Remove the source from the event's paused_sources to collect them again.",
        422,
    ),
    Reason(
        "event_unknown_at_time",
        "No event bore this name yet when the conversion occurred.",
        "Declare the event, or date its first name back, before you send its conversions.",
    ),
    Reason(
        "renamed_event",
        "The event had been renamed by the time the conversion occurred.",
        "Send the event's name of that time (`touchline apply` shows every name it had).",
    ),
    Reason(
        "no_identity",
        "The conversion names nobody: no click ID, user ID, email, phone or visitor.",
        "Send at least one of click_id, user_domain and user_id, email or phone.",
    ),
    Reason(
        "no_eligible_touch",
        "The person is known, but no touch is left after the rules.",
        "Look at the candidates of the decision: each says why it does not count.",
    ),
    Reason("rejected", "The conversion was rejected.", "Approve it if that was a mistake."),
    Reason(
        "refunded",
        "All of the conversion's value was given back.",
        "Nothing to do; a partial refund keeps the rest attributed.",
    ),
    Reason(
        "test",
        "It was sent in test mode.",
        "Use a live token; test data is reported on the test side of the account.",
    ),
    Reason(
        "other_claim",
        "The order is counted once, under another sender's claim; this claim agrees with it.",
        "Nothing to do.",
    ),
    Reason(
        "lost_order",
        "The order is counted once, and another partner had the stronger evidence.",
        "See the decision of the claim named after the colon for the evidence of both.",
    ),
    Reason(
        "unreadable",
        "The stored row could not be understood; it was set aside and the night went on.",
        "Look at the row named in the run record; correct it and run its day again.",
    ),
    Reason(
        "negative_value",
        "The value is negative, which only a refund of another conversion may be.",
        "Send refunds as a refund of the conversion they belong to.",
    ),
)

TOUCHES = (
    Reason(
        "after_conversion",
        "The touch did not happen before the conversion.",
        "Check the clocks of the systems that sent the two instants.",
    ),
    Reason(
        "outside_window",
        "The touch is older than the look-back window of its kind (named after the colon).",
        "Widen the window of the kind, for the account, the event or the partner.",
    ),
    Reason(
        "below_minimum_time",
        "The touch is closer to the conversion than the minimum time.",
        "Lower minimum_seconds if honest conversions are that quick.",
    ),
    Reason(
        "session_expired",
        "The conversion did not fall in the session in which this was seen.",
        "Nothing to do; the rule is 30 minutes of inactivity and 24 hours in all.",
    ),
    Reason(
        "direct_dropped",
        "A direct visit never counts beside a touch that led somewhere.",
        "Switch drop_direct off to credit direct visits too.",
    ),
    Reason(
        "payment_provider",
        "The visit came back from a payment page.",
        "Nothing to do; payment_hosts of the account adds hosts to the list.",
    ),
    Reason(
        "self_referral",
        "The visit came from a host of the account itself.",
        "Nothing to do; own_hosts of the account is the list.",
    ),
    Reason(
        "stand_down",
        "A partner of this class may not take over so soon after another partner's click.",
        "See the stand-down rule named after the colon.",
    ),
    Reason(
        "path_limit",
        "The journey is longer than one decision holds; its first and latest touches count.",
        "Look for a machine behind this person.",
    ),
)

PARTNERS = (
    Reason(
        "weaker_evidence",
        "Another partner's evidence stands before this one's in the evidence order.",
        "Pass the click ID through: it is the strongest evidence.",
    ),
    Reason(
        "earlier_touch",
        "With evidence of the same sort, the partner with the last eligible touch is paid.",
        "Nothing to do; payout_split credits several partners.",
    ),
)

WALKS = (
    Reason(
        "person_limit",
        "The person has more identities than the walk follows.",
        "Look for a shared ID among them and undo its links.",
    ),
    Reason(
        "domain_limit",
        "The person has more IDs of one domain than a person may have.",
        "Look for a shared device or a test ID and undo its links.",
    ),
    Reason(
        "site_merge",
        "Two user IDs met in one browser only; a site key alone never joins two people.",
        "Identify with an API key if both IDs are one person.",
    ),
)

NIGHTS = (
    Reason(
        "bad_night",
        "The attribution function was asked for something that it does not do.",
        'Give `{}`, `{"date": "YYYY-MM-DD"}` or `{"from": …, "to": …, "dry_run": true}`.',
        400,
    ),
    Reason(
        "bad_rules",
        "The rules name something that does not exist, or cannot be what they say.",
        "See docs/night.md for every rule with its default.",
        400,
    ),
    Reason(
        "night_busy",
        "Another run of this account's night is under way.",
        "Wait for it, or look at /reports/runs.",
        409,
    ),
    Reason(
        "out_of_balance",
        "What went into the night is not what came out; nothing was published.",
        "Run the day again; if it stays, open an issue with the run record.",
    ),
    Reason(
        "fit_too_large",
        "The window holds more channels (1,000) or more links (20 million) than a fit takes.",
        "Name fewer channels, and put what differs into the campaign; or shorten fit_days.",
    ),
    Reason(
        "refits_waiting",
        "More published days had outdated fits than one run refits; the newest were first.",
        "Nothing: the next night goes on with them.",
    ),
)

REASONS = (*CONVERSIONS, *TOUCHES, *PARTNERS, *WALKS, *NIGHTS)
