"""`--sample N` for `pytest_plugins`: a run has one in two of the tests marked `core`, one in N of the others (the commit decides which), and
each file of tests that the commit changes. Without the option, and with BELAY_TEST_FULL, it has all of them."""
from pathlib import Path

import pytest

from .commands import run
from .machine import REPOSITORY
from .sample import commit_seed, drawn, sampled

CORE_ONE_IN = 2


def pytest_addoption(parser):
    parser.addoption("--sample", type=int, metavar="N", help="one in two of the core, and one in N of the other tests")


def pytest_configure(config):
    config.addinivalue_line("markers", "core: a large share of these runs each time, and a small one of the other tests, unless all are asked for")


@pytest.hookimpl(trylast=True)  # after `-m` and `-k` have taken their part
def pytest_collection_modifyitems(config, items):
    one_in = config.getoption("--sample")
    if not one_in:
        return
    changed = changed_files()
    kept = chosen(items, one_in, commit_seed(), lambda path: str(path.relative_to(REPOSITORY)) in changed)
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def chosen(items, one_in, seed, is_changed):
    """Those of the items that run, in their order. What is left out is told file by file."""
    kept, files = set(), {}
    for item in items:
        files.setdefault(Path(item.path), {})[item.nodeid] = item
    for path, of in files.items():
        def always(name, path=path, of=of):
            return is_changed(path) or (of[name].get_closest_marker("core") is not None and drawn(name, CORE_ONE_IN, seed))

        kept.update(sampled(path.name, list(of), one_in, seed, always))
    return [item for item in items if item.nodeid in kept]


def changed_files():
    """What differs from upstream's main; where that is this commit, from the commit before. Paths within the repository."""
    def git(*arguments):
        done = run("git", "-C", REPOSITORY, *arguments, check=False)
        return done.out.split("\n") if done.code == 0 else []

    here, base = git("rev-parse", "HEAD"), git("merge-base", "HEAD", "@{upstream}")
    if not base or base == here:
        base = git("rev-parse", "--verify", "-q", "HEAD~1")
    return {*(git("diff", "--name-only", base[0]) if base else []), *git("ls-files", "-o", "--exclude-standard")}
