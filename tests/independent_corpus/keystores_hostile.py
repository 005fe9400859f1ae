"""Files that are no files, or far too much of one: a judge neither hangs, nor crashes, nor fills the memory."""

from __future__ import annotations

import base64

from .cases import CRT, CSR, KEY, Room, case, intermediate, settings
from .maker import line

MEGABYTE = 1 << 20


def _with_key(room: Room) -> None:
    room.key(line()[0].key)


@case({"KEY001"})
def key_is_a_folder(room: Room) -> None:
    """A folder called fcu_private_key.pem."""
    room.chain(*line())
    (room.keystore / KEY).mkdir(mode=0o700)


@case({"KEY001"})
def key_is_a_pipe(room: Room) -> None:
    """A FIFO: opening it would wait for ever."""
    room.chain(*line())
    room.pipe(KEY)


@case({"KEY001"})
def key_is_a_socket(room: Room) -> None:
    """A socket."""
    room.chain(*line())
    room.socket(KEY)


@case({"KEY001"})
def key_is_a_broken_link(room: Room) -> None:
    """A link to a file in the keystore that is not there."""
    room.chain(*line())
    room.link(KEY, "line1.key")


@case({"KEY001"})
def key_is_a_link_loop(room: Room) -> None:
    """The key links to b, b links to the key."""
    room.chain(*line())
    room.link(KEY, "b")
    room.link("b", KEY)


@case({"KEY001"})
def key_is_a_device(room: Room) -> None:
    """A link to /dev/null: not a regular file."""
    room.chain(*line())
    room.link(KEY, "/dev/null")


@case({"KEY002"})
def key_of_forty_megabytes(room: Room) -> None:
    """40 MB of zeros."""
    room.chain(*line())
    room.put(KEY, bytes(40 * MEGABYTE), 0o600)


@case({"KEY002"})
def key_of_endless_begin_lines(room: Room) -> None:
    """100,000 BEGIN lines without an END: quadratic readers never come back."""
    room.chain(*line())
    room.put(KEY, "-----BEGIN EC PRIVATE KEY-----\n" * 100_000, 0o600)


@case({"KEY002"})
def key_in_utf_16(room: Room) -> None:
    """The key saved as UTF-16."""
    chain = line()
    room.key(chain[0].key, chain[0].key.sec1().encode("utf-16"))
    room.chain(*chain)


@case({"CRT001"})
def chain_is_a_folder(room: Room) -> None:
    """A folder called fcu.crt with the certificates in it."""
    _with_key(room)
    room.put(f"{CRT}/1.crt", line()[0].pem)


@case({"CRT001"})
def chain_is_a_pipe(room: Room) -> None:
    """A FIFO."""
    _with_key(room)
    room.pipe(CRT)


@case({"CRT001"})
def chain_links_to_itself(room: Room) -> None:
    """A link to its own name."""
    _with_key(room)
    room.link(CRT, CRT)


@case({"CRT001"}, either=[{"CSR009"}])
def chain_is_a_folder_beside_a_request(room: Room) -> None:
    """There is a request and fcu.crt is a folder: something is there under the name, so it is not "not yet signed"."""
    intermediate(room)
    (room.keystore / CRT).unlink()
    (room.keystore / CRT).mkdir()


@case({"CRT002"})
def chain_of_forty_megabytes(room: Room) -> None:
    """40 MB of text that could be base64 inside one block."""
    _with_key(room)
    row = "A" * 64 + "\n"
    body = row * (40 * MEGABYTE // len(row))
    room.put(CRT, f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n")


@case({"CRT002"})
def chain_of_noise(room: Room) -> None:
    """Every octet value, many times."""
    _with_key(room)
    room.put(CRT, bytes(range(256)) * 64)


@case({"CRT002"})
def chain_of_nested_der(room: Room) -> None:
    """A block of 40,000 SEQUENCE headers one inside the other: a reader that recurses runs out of stack."""
    _with_key(room)
    body = base64.encodebytes(b"\x30\x80" * 40_000).decode()
    room.put(CRT, f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n")


@case({"CHN006"}, either=[{"CRT002"}])
def three_hundred_copies(room: Room) -> None:
    """One self-signed certificate three hundred times: one code, and soon. A judge may also refuse to load so many."""
    chain = line(1)
    room.key(chain[0].key)
    room.chain(*(chain * 300))


@case({"CSR002"})
def request_of_noise(room: Room) -> None:
    """Noise for a request beside a good chain."""
    intermediate(room)
    room.request(bytes(range(255, -1, -1)) * 20)


@case({"CSR002"}, either=[{"CSR001"}])
def request_is_a_folder(room: Room) -> None:
    """A folder called fcu_csr.pem: it exists, and it is no request. (KEY001 and CRT001 ask for a regular file, CSR001
    only says that it exists.)
    """
    intermediate(room)
    (room.keystore / CSR).unlink()
    (room.keystore / CSR).mkdir()


@case({"CFG001"})
def configuration_is_a_folder(room: Room) -> None:
    """A folder called fcu.yml in ../config."""
    room.keystore_of(line())
    (room.keystore / "../config/fcu.yml").mkdir(parents=True)


@case({"CFG001"}, either=[set()])
def configuration_of_laughs(room: Room) -> None:
    """Aliases of aliases, a thousand million of them when written out: unknown settings if not written out, too much
    if they are.
    """
    room.keystore_of(line(1))
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    room.config(settings("\n".join(rows) + "\n"))


@case({"CFG001"}, either=[set()])
def configuration_of_forty_megabytes(room: Room) -> None:
    """40 MB of comment: YAML, but no configuration file that anybody wrote. A judge may refuse its size or read past
    it.
    """
    room.keystore_of(line(1))
    room.config(settings() + ("#" * 1023 + "\n") * 40 * 1024)


@case()
def other_things_that_are_no_files(room: Room) -> None:
    """A FIFO, a socket, a link loop, a link to the root of the file system beside good credentials: looking for
    copies must pass them by.
    """
    room.keystore_of(line(1))
    room.pipe("control")
    room.socket("agent.sock")
    room.link("loop", "loop")
    room.link("system", "/")


@case()
def large_file_beside_it(room: Room) -> None:
    """40 MB of log beside good credentials."""
    room.keystore_of(line(1))
    room.put("fcu.log", b"2026-11-23 00:00:00 injected one device\n" * MEGABYTE)


@case()
def a_thousand_files_beside_it(room: Room) -> None:
    """A thousand small files and folders eight deep."""
    room.keystore_of(line(1))
    for number in range(1000):
        room.put(f"log/{number:04}.txt", "ok\n")
    room.put("a/b/c/d/e/f/g/h/empty", "")
