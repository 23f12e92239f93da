"""Mistakes in belay.yml and on the command line: all of them at once, each with its place, and nothing is touched."""
import re

import pytest

pytestmark = pytest.mark.core


def refused(world, *arguments, **options):
    connections, before = world.machine.connections(), world.inventory()
    outcome = world.belay(*arguments, **options)
    assert outcome.code == 2, outcome
    assert world.machine.connections() == connections
    assert before.difference(world.inventory()) == {}
    return outcome.err


def test_every_mistake_in_the_file_is_shown_with_its_line_and_a_remedy(world):
    repository = world.repository
    repository.replace("belay.yml", "migrate: npx", "migarte: npx")
    repository.replace("belay.yml", "attempts: 30", "attempts: many")
    repository.replace("belay.yml", "strategy: recreate", "strategy: hope")
    repository.replace("belay.yml", "rollback: false", "rollback: maybe")
    for command in ("deploy", "plan", "check"):
        said = refused(world, command, "production")
        places = re.findall(r"^belay\.yml:(\d+):(\d+): ", said, re.M)
        assert len(places) == 4, said
        lines = (repository.path / "belay.yml").read_text().splitlines()
        for (line, column), word in zip(places, ("migarte", "many", "hope", "maybe")):
            text = lines[int(line) - 1]
            assert text[int(column) - 1:].startswith(word), said
            assert f"  {text}\n  {' ' * (int(column) - 1)}^\n" in said, said  # the line, and a caret under the place
        assert "migrate" in said and "recreate" in said, said
        assert "4 problems; nothing was touched" in said


def test_a_variable_that_is_not_set_is_a_mistake_only_where_it_is_needed(world):
    said = refused(world, "deploy", "production", env={"VPS_HOST": None})
    assert "VPS_HOST" in said
    of_staging = f"    path: {world.staging.live}\n"
    world.repository.replace("belay.yml", "host: ${VPS_USER}@${VPS_HOST}\n" + of_staging, "host: ${NOT_SET}\n" + of_staging)
    assert world.belay("check", "production").code == 0


@pytest.mark.parametrize("arguments, said", [
    (["deploy", "prodution"], "production"),
    (["deploy"], "production"),
    (["delpoy", "production"], "deploy"),
    (["deploy", "production", "--skip-tests"], "--skip-test"),
    (["deploy", "production", "--ref", "no-such-branch"], "no-such-branch"),
])
def test_a_slip_on_the_command_line_is_refused_with_what_was_meant(world, arguments, said):
    assert said in refused(world, *arguments)


def test_without_a_file_it_says_where_it_looked(world):
    said = refused(world, "deploy", "production", cwd=world.home)
    assert "belay.yml" in said


def test_the_file_is_found_above_and_by_name(world):
    world.put_in_service()
    assert world.belay("check", "production", cwd=world.repository.path / "deploy-backend" / "src").code == 0
    assert world.belay("check", "production", "--config", world.repository.path / "belay.yml", cwd=world.home).code == 0
