"""Every fixture gives exactly what its case.toml says, and is what the reference CA makes today."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from repository.generated import NEXT
from repository.published_keys import PUBLISHED, read

from .cases import CASES, JUDGED_AT, SEED, RecordingSource
from .judging import judge, lay_out, read_case
from .record_output import read_words
from .regenerate import FIXTURES, published
from .writing import digest, write, write_all

SPOKEN = read_words()
FOLDERS = sorted(path.parent.relative_to(FIXTURES).as_posix() for path in FIXTURES.glob("*/*/case.toml"))


@pytest.mark.parametrize("name", FOLDERS)
def test_a_case_is_judged_exactly_as_expected(name: str, tmp_path: Path) -> None:
    judged = judge(FIXTURES / name, tmp_path)
    assert judged.faults == ()
    assert judged.said == judged.expected, f"the rule or the defect is wrong, or, {NEXT}"
    case = read_case(FIXTURES / name)
    assert judged.verdict == case["verdict"]
    assert list(judged.words) == SPOKEN.get(name, []), NEXT


def test_every_recorded_output_belongs_to_a_case() -> None:
    assert sorted(SPOKEN) == sorted(FOLDERS), NEXT


def test_all_cases_are_made_byte_for_byte_from_their_seed(tmp_path: Path) -> None:
    keys = write_all(tmp_path)
    assert files(tmp_path) == files(FIXTURES) - {"README.md"}, NEXT
    differing = [name for name in files(tmp_path) if (tmp_path / name).read_bytes() != (FIXTURES / name).read_bytes()]
    assert differing == [], NEXT
    assert published(keys) == PUBLISHED.read_text("utf-8"), NEXT


def test_the_digest_covers_the_files() -> None:
    assert (FIXTURES / "DIGEST").read_text("ascii") == digest(FIXTURES) + "\n", NEXT


def test_the_digest_depends_on_every_byte_and_name(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "CHN", tmp_path / "CHN")
    first = digest(tmp_path)
    file = tmp_path / "CHN" / "root-missing" / "keystore" / "fcu.crt"
    content = file.read_bytes()
    file.write_bytes(content + b"\n")
    second = digest(tmp_path)
    file.write_bytes(content)
    file.rename(file.with_name("fcu.cer"))
    assert len({first, second, digest(tmp_path)}) == 3


def test_a_case_does_not_depend_on_those_before_it(tmp_path: Path) -> None:
    name = "DEV/device-signed-by-another-key"
    write(CASES[name], tmp_path, RecordingSource(SEED, at=JUDGED_AT))
    assert files(tmp_path / name) == files(FIXTURES / name)
    assert all(
        (tmp_path / name / one).read_bytes() == (FIXTURES / name / one).read_bytes() for one in files(tmp_path / name)
    )


def test_every_key_of_the_fixtures_is_listed_as_published() -> None:
    named = {key for name in FOLDERS for key in read_case(FIXTURES / name)["test-keys"]}
    assert len(named) > 3
    assert named <= {key for key, origin in read(PUBLISHED).items() if SEED in origin}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("CHN/root-missing", 'code = "CHN005"', 'code = "CHN004"'),
        ("CHN/root-missing", 'level = "error"', 'level = "warning"'),
        ("CHN/root-missing", "index = 2", "index = 1"),
        ("CHN/root-missing", 'field = "issuer"', 'field = "subject"'),
        ("CHN/root-missing", 'file = "fcu.crt"', 'file = "fcu.yml"'),
        ("CHN/root-missing", "[[findings]]", "[[others]]"),
        ("KEY/key-readable-by-all", '"0644"', '"0600"'),
        ("LOT/subject-shared-by-instances", 'instance = "line-1"', 'instance = "line-2"'),
    ],
)
def test_a_case_with_a_wrong_expectation_is_noticed(name: str, old: str, new: str, tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / name, tmp_path / "changed")
    text = (tmp_path / "changed" / "case.toml").read_text("utf-8")
    assert old in text
    (tmp_path / "changed" / "case.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    judged = judge(tmp_path / "changed", tmp_path)
    assert judged.said != judged.expected


def test_only_published_keys_named_by_a_case_are_allowed(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "sound" / "chain-of-3", tmp_path / "changed")
    file = tmp_path / "changed" / "case.toml"
    lines = [line for line in file.read_text("utf-8").splitlines() if not line.startswith("test-keys")]
    file.write_text("\n".join(["test-keys = []", *lines]) + "\n", encoding="utf-8")
    judged = judge(tmp_path / "changed", tmp_path)
    assert {said.code for said in judged.said} == {"KEY010"}
    assert judged.verdict == "non-conformant"


def test_a_case_is_laid_out_with_modes_links_and_a_work_tree(tmp_path: Path) -> None:
    for number, name in enumerate(
        ("KEY/key-readable-by-all", "sound/key-is-link-inside-keystore", "sound/key-ignored-by-git")
    ):
        case = read_case(FIXTURES / name)
        (tmp_path / str(number)).mkdir()
        lay_out(FIXTURES / name, case, tmp_path / str(number))
    key = "case/keystore/fcu_private_key.pem"
    assert (tmp_path / "0" / key).stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "1" / key).is_symlink()
    assert (tmp_path / "2" / "case" / ".git").is_dir()
    assert (tmp_path / "2" / "case" / ".gitignore").is_file()


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
