"""UPL008: the name, description and service that go with an upload, in a small file beside it."""

from __future__ import annotations

from .cases import Room, case
from .floor import lwm2m_settings, plant, upload


def _details(room: Room, text: str | bytes, ending: str = "toml", lwm2m: bool = False) -> None:
    """The right upload, and its details in portal.toml or portal.json."""
    chain = plant(room)
    if lwm2m:
        room.config(lwm2m_settings(2))
    upload(room, *chain[1:])
    room.put(f"../../portal.{ending}", text)


@case({"UPL008"})
def name_of_101(room: Room) -> None:
    """A name of 101 characters."""
    _details(room, f'name = "{"n" * 101}"\nservice = "bootstrap"\n')


@case({"UPL008"})
def name_of_101_in_json(room: Room) -> None:
    """The same in JSON."""
    _details(room, f'{{"name": "{"n" * 101}", "service": "bootstrap"}}', "json")


@case({"UPL008"})
def description_of_501(room: Room) -> None:
    """A description of 501 characters."""
    _details(room, f'name = "Aurora"\ndescription = "{"d" * 501}"\nservice = "bootstrap"\n')


@case({"UPL008"})
def lwm2m_against_bootstrap(room: Room) -> None:
    """service lwm2m where fcu.yml has use-bootstrap true: devices come to the bootstrap server, which does not trust
    it.
    """
    _details(room, 'name = "Aurora"\nservice = "lwm2m"\n')


@case({"UPL008"})
def bootstrap_against_lwm2m(room: Room) -> None:
    """service bootstrap where fcu.yml has use-bootstrap false."""
    _details(room, '{"name": "Aurora", "service": "bootstrap"}', "json", lwm2m=True)


@case({"UPL008"})
def bootstrap_against_the_run(room: Room) -> None:
    """service bootstrap, no fcu.yml, and the run says lwm2m."""
    room.mode = "lwm2m"
    upload(room, *plant(room, 1, None))
    room.put("../../portal.toml", 'name = "Aurora"\nservice = "bootstrap"\n')


@case({"UPL008"})
def service_that_does_not_exist(room: Room) -> None:
    """service both."""
    _details(room, 'name = "Aurora"\nservice = "both"\n')


@case({"UPL008"})
def service_in_capitals(room: Room) -> None:
    """service Bootstrap: the API's enumeration is in small letters."""
    _details(room, 'name = "Aurora"\nservice = "Bootstrap"\n')


@case({"UPL008"})
def name_that_is_a_number(room: Room) -> None:
    """name = 7."""
    _details(room, 'name = 7\nservice = "bootstrap"\n')


@case({"UPL008"})
def broken_toml(room: Room) -> None:
    """A string that never ends."""
    _details(room, 'name = "Aurora\nservice = "bootstrap"\n')


@case({"UPL008"})
def broken_json(room: Room) -> None:
    """A brace that never closes."""
    _details(room, '{"name": "Aurora", "service": "bootstrap"', "json")


@case({"UPL008"})
def json_list(room: Room) -> None:
    """A list where an object should be."""
    _details(room, '["Aurora", "bootstrap"]', "json")


@case({"UPL008"})
def details_of_noise(room: Room) -> None:
    """Bytes that are no text."""
    _details(room, bytes(range(255, 0, -1)))


@case({"UPL008"})
def deeply_nested_json(room: Room) -> None:
    """100,000 brackets: a reader that recurses runs out of stack."""
    _details(room, "[" * 100_000, "json")


@case({"UPL008"}, either=[set()])
def empty_name(room: Room) -> None:
    """A name of no characters: the API requires one. (UPL008 only names the most.)"""
    _details(room, 'name = ""\nservice = "bootstrap"\n')
