"""Readers of all that lies beside a keystore: waivers, tables, git's files, reports, statements, answers, journals."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from contextlib import redirect_stdout
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from dulwich import porcelain
from dulwich.repo import Repo

from fcu_conform import UsageError, check
from fcu_conform.artefacts.bounded_io.git import tracking_of
from fcu_conform.artefacts.device_output.device_set import DeviceSet
from fcu_conform.artefacts.encodings.pem import parse_pem
from fcu_conform.artefacts.waivers import read_waivers
from fcu_conform.engine.lot.chunk_results import Question
from fcu_conform.engine.lot.journal import Journal
from fcu_conform.engine.waivers import Waivers
from fcu_conform.interfaces.certification import submission
from fcu_conform.interfaces.certification.signing import load_signer, load_verifier
from fcu_conform.interfaces.certification.verification import examine
from fcu_conform.interfaces.certification.witnessed import with_digests
from fcu_conform.interfaces.console import main
from fcu_conform.interfaces.reports import json_report
from fcu_conform.interfaces.reports.comparison import compare, read_report
from fcu_conform.rules import CATALOGUE
from fcu_conform.rules.model import OVER_DEVICES
from fcu_conform.validators.adapters.external import response

from .factory import AT, DEVICES
from .mutation import mutate_bytes, mutate_json, mutate_pem, mutate_text
from .readers import INSTANT, Reader, World, explore

WAIVER = """\
[[waiver]]
code = "{code}"
scope = "{scope}"
reason = "agreed with QA"
owner = "QA"
expires = 2026-08-01
"""

ANSWERS = (
    {"protocol": 1, "verdict": "accepted", "version": "bench 3.1", "dates_left_out": True},
    {"verdict": "refused", "reason": "pathlen"},
)


def other_readers(world: World) -> list[Reader]:
    """Their part of the table."""
    rows = list(_rows(world))
    waivers = "".join(WAIVER.format(code=code, scope=scope) for code, scope in (("CRT009", "*"), ("DEV010", "lamp")))
    folder = _certified(world)
    report, statement = (folder / "report.json").read_bytes(), (folder / "statement.intoto.json").read_bytes()
    signing = folder.parent / "signing.pem"
    signed = load_signer(str(signing), None, []).sign(statement)
    public = folder.parent / "public.pem"
    work, index = _work_tree(world)
    journal = _journal(world)
    lines = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    return [
        Reader("judged-details", [b'{"name": "line", "service": "lwm2m"}'], mutate_json, world.judged("upload.json")),
        Reader("judged-lines", [lines], mutate_text, world.judged("lot.jsonl")),
        Reader("judged-lines-packed", [gzip.compress(lines, mtime=0)], mutate_bytes, world.judged("lot.jsonl.gz")),
        Reader("judged-parquet", [_parquet(rows)], mutate_bytes, world.judged("lot.parquet")),
        Reader("waivers", [waivers.encode()], mutate_text, _of(world, "waivers.toml", lambda p: repr(read_waivers(p)))),
        Reader("git-index", [index], mutate_bytes, _of(world, "work/.git/index", lambda _: tracking_of(work).value)),
        Reader(
            "git-config", [_GIT_CONFIG], mutate_text, _of(world, "work/.git/config", lambda _: tracking_of(work).value)
        ),
        Reader(
            "git-ignore",
            [b"*.key\n!x\n/keys/**/\n"],
            mutate_text,
            _of(world, "work/.gitignore", lambda _: tracking_of(work).value),
        ),
        Reader("report", [report], mutate_json, _of(world, "other.json", _compared_with(folder / "report.json"))),
        Reader("statement", [statement], mutate_json, _of(world, "x.intoto.json", _examined(public))),
        Reader("signed-statement", [signed], mutate_json, _of(world, "x.intoto.json", _examined(public))),
        Reader(
            "handed-in",
            [(folder / "SHA256SUMS").read_bytes()],
            mutate_text,
            _of(world, "certified/SHA256SUMS", lambda p: _examined(public)(p.parent)),
        ),
        Reader(
            "public-key",
            [public.read_bytes()],
            mutate_pem,
            _of(world, "other.pem", lambda p: load_verifier(str(p)).key_id),
        ),
        Reader(
            "signing-key",
            [signing.read_bytes()],
            mutate_pem,
            _of(world, "other.pem", lambda p: repr(load_signer(str(p), None, []))),
        ),
        Reader("answer", [json.dumps(answer).encode() for answer in ANSWERS], mutate_json, _answered),
        Reader("journal", [journal], mutate_text, _of(world, "lot.journal", _resumed)),
        Reader(
            "chunk-result", [json.dumps(json.loads(journal.splitlines()[1])["result"]).encode()], mutate_json, _sent
        ),
    ]


def _of(world: World, name: str, read: Callable[[Path], str]) -> Callable[[bytes], str]:
    """Puts the bytes into a file and reads that; that it is of no use may be said, in one line."""

    def put_and_read(data: bytes) -> str:
        path = world.factory.folder / name
        before = path.read_bytes() if path.exists() else None
        path.write_bytes(data)
        try:
            return read(path)
        except UsageError as fault:
            return str(fault)
        finally:
            path.unlink() if before is None else path.write_bytes(before)

    return put_and_read


def _rows(world: World) -> list[dict[str, Any]]:
    """Two devices as rows of a table: a chain as text, and one as DER; and a bundle."""
    chains = [world.members[f"device-000{number}.pem"] for number in (1, 2)]
    ders = [base64.b64encode(block.data or b"").decode() for block in parse_pem(chains[1]).blocks]
    return [
        {"endpoint_name": "device-0001", "chain": chains[0].decode(), "enrollment_id": "A1"},
        {"endpoint_name": "device-0002", "chain": ders},
        {"endpoint_name": "device-0003", "bundle": base64.b64encode(world.bundles[0]).decode()},
    ]


def _parquet(rows: list[dict[str, Any]]) -> bytes:
    """The rows as Parquet, their chains as text; where pyarrow is not installed, nothing but its mark."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        return b"PAR1" * 50
    columns = {"endpoint_name": pa.string(), "chain": pa.string(), "bundle": pa.binary(), "enrollment_id": pa.string()}
    texts = [{**row, "chain": row["chain"] if isinstance(row.get("chain"), str) else None} for row in rows]
    out = BytesIO()
    parquet.write_table(pa.Table.from_pylist(texts, schema=pa.schema(list(columns.items()))), out)
    return out.getvalue()


_GIT_CONFIG = b"[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = .\n\tignorecase = false\n"


def _work_tree(world: World) -> tuple[Path, bytes]:
    """A key in a work tree of git that tracks something else, and the index of that."""
    folder = world.factory.folder / "work"
    folder.mkdir()
    Repo.init(str(folder)).close()
    files = [folder / name for name in ("README", "key.txt")]
    for file in files:
        file.write_text("nothing\n")
    porcelain.add(str(folder), paths=[str(file) for file in files])
    return folder / "fcu_private_key.pem", (folder / ".git" / "index").read_bytes()


def _certified(world: World) -> Path:
    """What the suite writes about the sound setup, and keys that may sign it, beside each other."""
    factory = world.factory
    report = check(factory.keystore, devices=[factory / DEVICES], validators="none", at=INSTANT)
    content = json_report.document(report, judged_at=INSTANT, checked_at=INSTANT)
    files = submission.contents(content)
    files[submission.STATEMENT_NAME] = submission.statement_over(with_digests(content, report.setups), files)
    submission.write(factory.folder / "certified", files)
    key = derive_private_key(0x5167, SECP256R1())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (factory.folder / "signing.pem").write_bytes(private)
    (factory.folder / "public.pem").write_bytes(public)
    return factory.folder / "certified"


def _compared_with(sound: Path) -> Callable[[Path], str]:
    def read(path: Path) -> str:
        old, new = read_report(str(sound)), read_report(str(path))
        return f"{compare(old, new).as_plain()} {compare(new, old).as_plain()}"

    return read


def _examined(key: Path) -> Callable[[Path], str]:
    def read(path: Path) -> str:
        return repr(examine(path, load_verifier(str(key))))

    return read


def _answered(data: bytes) -> str:
    try:
        return "\n".join(explore(response(data)))
    except ValueError as fault:
        return str(fault)


def _journal(world: World) -> bytes:
    """A journal of the sound lot."""
    factory = world.factory
    path = factory.folder / "first.journal"
    given = ["--keystore", factory.keystore, "--at", AT, "--validators", "none", "--resume", path, factory / DEVICES]
    with redirect_stdout(StringIO()):
        assert main(["lot", *map(str, given)]) == 0
    return path.read_bytes()


def _question() -> Question:
    return Question([rule for rule in CATALOGUE if rule.scope in OVER_DEVICES], 0, Waivers())


def _resumed(path: Path) -> str:
    journal = Journal(path)
    chunks = DeviceSet((path.parent / DEVICES,)).chunks()
    with journal.open({name: value for name, value in journal.header.items() if name != "journal"}):
        return repr(list(journal.replay(enumerate(chunks), _question())))


def _sent(data: bytes) -> str:
    """What a worker sends of a chunk."""
    try:
        return repr(_question().read(json.loads(data)))
    except (ValueError, RecursionError) as fault:
        return str(fault)
