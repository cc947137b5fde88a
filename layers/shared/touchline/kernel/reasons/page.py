"""The catalogue as a page for people: errors link to it (`/reasons#bad_signature`)."""

from collections.abc import Iterable

from touchline.kernel.reasons.model import Reason

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;"
    "color:#1a1a1a;background:#fff}dt{font:600 1rem ui-monospace,monospace;margin-top:1.5rem}"
    "dd{margin:0}dd+dd{color:#555}dt:target{background:#ffec99}"
    "@media(prefers-color-scheme:dark){body{color:#eee;background:#16181c}dd+dd{color:#aaa}"
    "dt:target{background:#5c4a00}}"
)


def reasons_page(rows: Iterable[Reason]) -> bytes:
    """An HTML page with one anchor per code."""
    from html import escape  # noqa: PLC0415 - its table of entities would cost every cold start

    listed = "".join(
        f'<dt id="{escape(row.code)}">{escape(row.code)}'
        f"{f' ({row.status})' if row.status else ''}</dt>"
        f"<dd>{escape(row.meaning)}</dd><dd>{escape(row.fix)}</dd>"
        for row in rows
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Reasons · Touchline</title>'
        f"<style>{_STYLE}</style><h1>Reasons</h1><dl>{listed}</dl></html>"
    ).encode()
