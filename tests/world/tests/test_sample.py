"""belay_world/core.py: what a run of a sample has, and that nothing is left out unsaid."""
from types import SimpleNamespace

import pytest
from belay_world import core, sample
from belay_world.machine import REPOSITORY


def item(file, name, is_core=False):
    return SimpleNamespace(path=REPOSITORY / "tests/e2e" / file, nodeid=f"{file}::{name}", get_closest_marker=lambda mark: is_core or None)


ITEMS = [item("test_a.py", f"test_{number}", is_core=number < 3) for number in range(40)] + [item("test_b.py", f"test_{number}") for number in range(40)]


@pytest.fixture(autouse=True)
def by_default(monkeypatch):
    """As without BELAY_TEST_FULL, and with nothing said before."""
    monkeypatch.setattr(sample, "FULL", False)
    monkeypatch.setattr(sample, "left_out", [])


def chosen(seed, changed=()):
    return [one.nodeid for one in core.chosen(ITEMS, 4, seed, lambda path: path.name in changed)]


def test_half_of_the_core_runs_and_the_same_seed_draws_the_same():
    of_core = {"test_a.py::test_0", "test_a.py::test_1", "test_a.py::test_2"}
    drawn = [len(of_core & set(chosen(seed))) for seed in range(100)]
    assert set(drawn) == {0, 1, 2, 3} and 100 < sum(drawn) < 200
    assert chosen(7) == chosen(7) != chosen(8)


def test_a_share_of_the_others_is_drawn_and_each_one_by_some_seed():
    drawn = [set(chosen(seed)) for seed in range(100)]
    assert set().union(*drawn) == {one.nodeid for one in ITEMS}
    assert 10 < sum(map(len, drawn)) / len(drawn) < 30  # a quarter of 77, and half of 3


def test_a_file_that_is_changed_runs_whole():
    assert [name for name in chosen(1, ["test_b.py"]) if name.startswith("test_b")] == [one.nodeid for one in ITEMS[40:]]


def test_what_is_left_out_is_told_for_each_file():
    kept = chosen(1)
    in_a = sum(name.startswith("test_a") for name in kept)
    assert sample.left_out == [f"test_a.py: {in_a} of 40", f"test_b.py: {len(kept) - in_a} of 40"]


def test_a_full_run_leaves_nothing_out(monkeypatch):
    monkeypatch.setattr(sample, "FULL", True)
    assert chosen(1) == [one.nodeid for one in ITEMS] and sample.left_out == []


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """With a commit that is upstream's; `commit` and what is not committed come after it."""
    def git(*arguments):
        core.run("git", "-C", tmp_path, "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments)

    def commit(name):
        (tmp_path / name).write_text("")
        git("add", "-A")
        git("commit", "-qm", name)

    git("init", "-q", "-b", "main")
    commit("first")
    commit("second")
    git("branch", "upstream")
    git("branch", "-q", "-u", "upstream")
    monkeypatch.setattr(core, "REPOSITORY", tmp_path)
    return SimpleNamespace(path=tmp_path, commit=commit)


def test_changed_is_what_upstream_does_not_have_and_there_what_the_last_commit_brought(repository):
    assert core.changed_files() - {""} == {"second"}
    repository.commit("third")
    repository.commit("fourth")
    (repository.path / "new").write_text("")
    (repository.path / "first").write_text("changed")
    assert core.changed_files() - {""} == {"third", "fourth", "new", "first"}
