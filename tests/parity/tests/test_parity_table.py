"""The table of the parity suite is whole, and docs/compose.md is what it says."""
import re
import subprocess
from pathlib import Path

import pytest

from parity import draw, table
from parity.project import Place, Project

HERE = Path(__file__).resolve().parent.parent
ROWS = table.load()
PLACE = Place(1, "/srv/belay-parity-1", "an-image")
NUMBERS = {row.name: number for number, row in enumerate(ROWS, 1)}


def test_every_key_of_the_specification_has_a_row():
    assert table.uncovered(ROWS) == []


def test_a_key_without_a_row_is_found():
    assert "services.*.cap_add" in table.uncovered([row for row in ROWS if "cap_add" not in row.service + row.compose])


def test_at_most_ten_rows_are_refused_each_with_a_reason():
    refused = [one for row in ROWS for one in (row.refused, row.refused_then, row.behind_an_edge) if one]
    assert len(refused) <= 10
    assert all(one["because"] and re.compile(one["says"]) for one in refused)


def test_a_row_that_an_edge_cannot_serve_is_refused_behind_one_only():
    row = next(row for row in ROWS if row.name == "ports.udp")
    groups, rows = draw.single(row)
    assert Project(groups, rows, PLACE, NUMBERS).refused_by() is None
    assert Project(groups, rows, PLACE, NUMBERS, edge=True).refused_by()[0] == "belay"


def test_rows_known_to_be_wrong_are_rows_and_have_a_reason():
    known = table.known_wrong()
    assert [name for name in known if name not in NUMBERS or not known[name]] == []


def test_the_page_is_what_the_table_says():
    done = subprocess.run([HERE / "document", "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("seed", range(5))
def test_every_draw_has_every_row_once_and_services_without_a_key_twice(seed):
    import random

    drawn = draw.draw(ROWS, random.Random(seed))
    assert sorted(row.name for _, rows in drawn for row in rows) == sorted(NUMBERS)
    for groups, rows in drawn:
        for group in groups:
            keys = [key for row in group.rows for key in row.service_keys]
            assert len(keys) == len(set(keys))
        project = Project(groups, rows, PLACE, NUMBERS)
        for release in (1, 2, 3):
            for name, text in project.files(release).items():
                if name.endswith((".yml", ".yaml")):
                    table.parsed(text)
                assert not re.search(r"@(p|image|live|net|port\d?|pulse)@", text), name


def test_a_draw_is_the_same_for_the_same_seed():
    import random

    names = [[[row.name for row in rows] for _, rows in draw.draw(ROWS, random.Random(7))] for _ in range(2)]
    assert names[0] == names[1]


def test_a_sample_is_some_of_the_draws_projects_and_another_for_another_seed():
    import random

    def sampled(seed):
        drawn = draw.draw(ROWS, random.Random(seed))
        picked = draw.sample(drawn, random.Random(seed))
        assert all(one in drawn for one in picked)
        assert 12 <= draw.services(picked) < draw.services(drawn)
        return [row.name for _, rows in picked for row in rows]

    assert sampled(1) == sampled(1)
    assert sampled(1) != sampled(2)
    # A row that is a project of its own is drawn in one of ten samples.
    assert set().union(*map(sampled, range(100))) == set(NUMBERS)


def test_names_and_files_of_rows_do_not_collide():
    seen = {}
    for row in ROWS:
        own = {f"service {name}" for name in row.releases(1) + row.releases(2) + row.accessories}
        own |= {f"file {name}" for name in {**row.files, **row.files_then, **row.server} if name != ".env"}
        if not row.by_itself and "layout" not in row.claims:
            for name in own:
                assert name not in seen, f"{name}: {seen.get(name)} and {row.name}"
                seen[name] = row.name
