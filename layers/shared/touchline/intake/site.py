"""The browser script of `GET /t.js`."""

from pathlib import Path


def site_script(source: str | None = None) -> bytes:
    """`site.js` (or `source`) without comment lines and indentation; under 3 KB."""
    text = Path(__file__).with_name("site.js").read_text() if source is None else source
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")).encode()
