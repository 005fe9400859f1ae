"""KEY009, UPL006, LOT006: several FCU instances under one account."""

from __future__ import annotations

from typing import Any

from .cases import USAGE, Room, case, settings, stranger
from .floor import upload
from .maker import FCU_NAME, Cert, line, name

SECOND = name(**{**FCU_NAME, "CN": "FCU line 2"})


def _fcu(room: Room, chain: list[Cert], depth: int | None = 2) -> list[Cert]:
    room.keystore_of(chain)
    if depth is not None:
        room.config(settings(depth=depth))
    return chain


def _beside(chain: list[Cert], **changes: Any) -> list[Cert]:
    """FCU line 2 below the same intermediate and root."""
    fields = {"subject": SECOND, "key": stranger(2), "issuer": chain[1], **changes}
    return [Cert(**fields), *chain[1:]]


@case()
def two_factories_with_uploads(room: Room) -> None:
    """Two factories that share nothing, each with its rest on the portal."""
    upload(room, *_fcu(room, line())[1:])
    other = _fcu(room.another("second"), line(factory=" south"))
    upload(room, *other[1:], file="second.pem")


@case()
def two_lines_below_one_authority(room: Room) -> None:
    """Two lines with keys and names of their own below one intermediate; no uploads given."""
    chain = _fcu(room, line())
    _fcu(room.another("second"), _beside(chain))


@case()
def two_lines_at_depth_one(room: Room) -> None:
    """The same at depth 1: each FCU's certificate goes to the portal with the chain that both share."""
    chain = _fcu(room, line(), 1)
    other = _fcu(room.another("second"), _beside(chain), 1)
    upload(room, *chain)
    upload(room, *other, file="second.pem")


@case(either=[{"UPL006"}])
def two_lines_that_share_their_upload(room: Room) -> None:
    """At depth 2 both uploads are the same two certificates. UPL006 asks it of the FCU instances, whose own subjects
    differ: the portal needs the file once. (Uploading it twice would be answered 409.)
    """
    chain = _fcu(room, line())
    other = _fcu(room.another("second"), _beside(chain))
    upload(room, *chain[1:])
    upload(room, *other[1:], file="second.pem")


@case()
def unlike_depths(room: Room) -> None:
    """A self-signed FCU without fcu.yml, and an intermediate at depth 3 of four."""
    first = _fcu(room, line(1, factory=" small"), None)
    other = _fcu(room.another("second"), line(4), 3)
    upload(room, *first)
    upload(room, *other[2:], file="second.pem")


@case()
def three_self_signed(room: Room) -> None:
    """Three FCUs of one factory, each self-signed, with names of their own."""
    for place, factory in enumerate(("", " B", " C")):
        here = room if place == 0 else room.another(f"line{place}")
        upload(room, *_fcu(here, line(1, factory=factory), None), file=f"{place}.pem")


@case({"LOT006"}, either=[{"UPL006"}, {"LOT006", "UPL006"}])
def one_subject(room: Room) -> None:
    """Two self-signed FCUs whose fcu.yml was copied with its certificate-authority: two keys, one subject."""
    _fcu(room, line(1), None)
    _fcu(room.another("second"), line(1, fcu={"key": stranger(2)}), None)


@case({"UPL006"}, either=[{"LOT006"}, {"LOT006", "UPL006"}])
def one_subject_with_uploads(room: Room) -> None:
    """The same with both uploads: the portal answers 409 to the second."""
    first = _fcu(room, line(1), None)
    other = _fcu(room.another("second"), line(1, fcu={"key": stranger(2)}), None)
    upload(room, *first)
    upload(room, *other, file="second.pem")


@case({"LOT006"}, either=[{"UPL006"}, {"LOT006", "UPL006"}])
def one_subject_below_two_authorities(room: Room) -> None:
    """FCU line 1 in two factories: the chains share nothing else."""
    _fcu(room, line())
    other = line(factory=" south", fcu={"subject": name(**FCU_NAME)})
    _fcu(room.another("second"), other)


@case({"KEY009"}, either=[{"LOT006"}, {"KEY009", "LOT006"}])
def one_key_under_two_names(room: Room) -> None:
    """Two certificates with names of their own for one key."""
    chain = _fcu(room, line())
    _fcu(room.another("second"), _beside(chain, key=chain[0].key))


@case({"KEY009"}, either=[{"LOT006"}, {"KEY009", "LOT006"}])
def one_key_under_two_names_with_uploads(room: Room) -> None:
    """The same at depth 1 with both uploads."""
    chain = _fcu(room, line(), 1)
    other = _fcu(room.another("second"), _beside(chain, key=chain[0].key), 1)
    upload(room, *chain)
    upload(room, *other, file="second.pem")


@case(
    {"KEY009"},
    either=[{"LOT006"}, {"KEY009", "LOT006"}, {"KEY009", "UPL006"}, {"KEY009", "LOT006", "UPL006"}],
)
def the_keystore_copied(room: Room) -> None:
    """The keystore of line 1 was copied to line 2: key, certificate and subject are the same, by one slip."""
    chain = _fcu(room, line())
    _fcu(room.another("second"), chain)


@case({"UPL002"}, either=[{"UPL003"}, {"UPL002", "UPL003"}])
def uploads_exchanged(room: Room) -> None:
    """Two factories, each with the other's upload: each is good, neither is the right one."""
    first = _fcu(room, line())
    other = _fcu(room.another("second"), line(factory=" south"))
    upload(room, *other[1:])
    upload(room, *first[1:], file="second.pem")


@case({"UPL003"}, either=[{"UPL002"}, {"UPL002", "UPL003"}])
def second_upload_has_everything(room: Room) -> None:
    """The first upload is right, the second is the whole fcu.crt at depth 2."""
    upload(room, *_fcu(room, line())[1:])
    upload(room, *_fcu(room.another("second"), line(factory=" south")), file="second.pem")


@case({"UPL009"})
def second_upload_is_empty(room: Room) -> None:
    """The first upload is right, the second has no octets."""
    upload(room, *_fcu(room, line())[1:])
    _fcu(room.another("second"), line(factory=" south"))
    upload(room, file="second.pem")


@case({USAGE}, either=[set()])
def one_upload_for_two_keystores(room: Room) -> None:
    """Uploads come "one for each keystore, in order": which of them is missing cannot be known. (The
    first may be taken for the first.)
    """
    upload(room, *_fcu(room, line())[1:])
    _fcu(room.another("second"), line(factory=" south"))


@case({USAGE})
def three_uploads_for_two_keystores(room: Room) -> None:
    """One upload too many."""
    first = _fcu(room, line())
    other = _fcu(room.another("second"), line(factory=" south"))
    for place, chain in enumerate((first, other, first)):
        upload(room, *chain[1:], file=f"{place}.pem")
