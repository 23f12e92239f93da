"""What is published: the files that ./belay-dev package makes of the program in build/release."""
import os
import shutil
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(REPOSITORY / "packaging"), str(REPOSITORY / "tests/world")]

from belay_world.commands import run  # noqa: E402
from sources import Sources  # noqa: E402
from published import Published  # noqa: E402

pytest_plugins = ["belay_world.limit"]


def pytest_configure(config):
    config.addinivalue_line("markers", "full: takes long; runs with --full")
    config.addinivalue_line("markers", "engine: needs a Docker Engine")


def pytest_collection_modifyitems(items):
    """What needs a second build comes last."""
    items.sort(key=lambda item: "elsewhere" in item.fixturenames)


@pytest.fixture(scope="session")
def published(tmp_path_factory):
    return Published.of(REPOSITORY, REPOSITORY / "build/release", tmp_path_factory.mktemp("published"))


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory):
    """The same sources in another directory, with a build of their own."""
    directory = tmp_path_factory.mktemp("elsewhere") / "another place"
    yield Sources(REPOSITORY, directory)
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def full():
    return bool(os.environ.get("BELAY_TEST_FULL"))


@pytest.fixture
def root(published, tmp_path):
    """The .deb's files, unpacked."""
    run("dpkg-deb", "-x", published.deb, tmp_path)
    return tmp_path
