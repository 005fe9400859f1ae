"""Whether git tracks a file or would take it, asked of real repositories."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from fcu_conform.artefacts.bounded_io.git import Tracking, tracking_of

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture(autouse=True)
def no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / "gitconfig"))
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Tester")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "tester@example.com")


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def work_tree(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "line 1" / "keystore").mkdir(parents=True)
    git(folder, "init", "-q")
    (folder / "line 1" / "keystore" / "key.pem").write_text("key")
    return folder


def key(work_tree: Path) -> Path:
    return work_tree / "line 1" / "keystore" / "key.pem"


def test_a_file_outside_every_work_tree_is_not_tracked(tmp_path: Path) -> None:
    assert tracking_of(tmp_path / "key.pem") is Tracking.NONE


def test_a_file_that_is_not_ignored_could_be_committed(work_tree: Path) -> None:
    assert tracking_of(key(work_tree)) is Tracking.UNTRACKED


def test_a_file_in_the_index_is_tracked_before_the_first_commit_and_after(work_tree: Path) -> None:
    git(work_tree, "add", ".")
    assert tracking_of(key(work_tree)) is Tracking.TRACKED
    git(work_tree, "commit", "-q", "-m", "All")
    assert tracking_of(key(work_tree)) is Tracking.TRACKED


def test_a_tracked_file_stays_tracked_when_it_is_ignored_later(work_tree: Path) -> None:
    git(work_tree, "add", ".")
    (work_tree / ".gitignore").write_text("*.pem\n")
    assert tracking_of(key(work_tree)) is Tracking.TRACKED


@pytest.mark.parametrize(
    ("place", "pattern"),
    [
        (".gitignore", "*.pem"),
        (".gitignore", "keystore/"),
        (".gitignore", "/line 1/keystore/key.pem"),
        ("line 1/.gitignore", "keystore"),
        ("line 1/keystore/.gitignore", "*"),
        (".git/info/exclude", "**/key.pem"),
    ],
)
def test_every_kind_of_ignore_file_of_git_is_respected(work_tree: Path, place: str, pattern: str) -> None:
    path = work_tree / place
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{pattern}\n")
    git(work_tree, "check-ignore", "-q", str(key(work_tree)))
    assert tracking_of(key(work_tree)) is Tracking.IGNORED


def test_a_negated_ignore_pattern_is_respected(work_tree: Path) -> None:
    (work_tree / ".gitignore").write_text("*.pem\n!key.pem\n")
    assert tracking_of(key(work_tree)) is Tracking.UNTRACKED


def test_a_link_to_the_folder_does_not_hide_the_work_tree(work_tree: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(work_tree / "line 1" / "keystore")
    assert tracking_of(tmp_path / "alias" / "key.pem") is Tracking.UNTRACKED


def test_the_innermost_work_tree_counts(work_tree: Path) -> None:
    git(work_tree, "add", ".")
    git(work_tree / "line 1", "init", "-q")
    (work_tree / "line 1" / ".gitignore").write_text("keystore/\n")
    assert tracking_of(key(work_tree)) is Tracking.IGNORED


def test_a_second_work_tree_whose_git_is_a_file_is_read(work_tree: Path, tmp_path: Path) -> None:
    git(work_tree, "add", ".")
    git(work_tree, "commit", "-q", "-m", "All")
    other = tmp_path / "other"
    git(work_tree, "worktree", "add", "-q", str(other))
    assert (other / ".git").is_file()
    assert tracking_of(key(other)) is Tracking.TRACKED
    (other / "line 1" / "new.pem").write_text("key")
    assert tracking_of(other / "line 1" / "new.pem") is Tracking.UNTRACKED


@pytest.mark.parametrize("damage", ["index", "git file", "empty folder"])
def test_a_damaged_repository_gives_an_unknown_state_and_raises_nothing(work_tree: Path, damage: str) -> None:
    git(work_tree, "add", ".")
    if damage == "index":
        (work_tree / ".git" / "index").write_bytes(b"noise" * 100)
    else:
        shutil.rmtree(work_tree / ".git")
        if damage == "git file":
            (work_tree / ".git").write_text("gitdir: nowhere\n")
        else:
            (work_tree / ".git").mkdir()
    assert tracking_of(key(work_tree)) is Tracking.UNKNOWN


def test_an_index_that_is_too_large_is_not_read(work_tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(work_tree, "add", ".")
    size = (work_tree / ".git" / "index").stat().st_size
    monkeypatch.setattr("fcu_conform.artefacts.bounded_io.git.GIT_INDEX", size)
    assert tracking_of(key(work_tree)) is Tracking.TRACKED
    monkeypatch.setattr("fcu_conform.artefacts.bounded_io.git.GIT_INDEX", size - 1)
    assert tracking_of(key(work_tree)) is Tracking.UNKNOWN


def test_a_file_name_that_is_not_text_raises_nothing(work_tree: Path) -> None:
    assert tracking_of(work_tree / "line 1" / "\udcff.pem") in (Tracking.UNKNOWN, Tracking.UNTRACKED)
