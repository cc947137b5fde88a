"""What the local stack tells a person."""

from local.progress import console, fail


def test_what_a_tool_said_is_shown_as_it_is_and_never_read_as_markup() -> None:
    with console.capture() as said:
        fail("make: *** [/home/x/bundle.mk:55: build] Error 2")
    assert "[/home/x/bundle.mk:55: build] Error 2" in said.get()
