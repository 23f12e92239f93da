"""What the comparison finds, and what it takes out."""
import pytest

from parity.compare import differences
from parity.project import put_together
from parity.snapshot import Names, endpoints, labels_of, state_of, without_tag
from parity.table import services_in


def test_equal_snapshots_have_no_differences():
    left = {"web": {"count": 1, "1": {"Config": {"Env": ["A=1"]}}}}
    assert differences("rollback", left, left) == []


def test_a_difference_says_phase_path_and_both_sides():
    found = differences("rollback", {"web": {"1": {"Env": ["A=1", "B=2"]}}}, {"web": {"1": {"Env": ["A=1", "B=3"]}}})
    assert [str(one) for one in found] == ["rollback: web › 1 › Env: compose has B=2; belay has B=3"]


def test_an_order_that_differs_is_a_difference():
    assert differences("x", {"Args": ["a", "b"]}, {"Args": ["b", "a"]})


def test_what_is_missing_is_a_difference():
    assert [one.service for one in differences("x", {"web": {"count": 1}}, {})] == ["web"]


def test_labels_of_belay_are_taken_out_and_others_stay():
    assert labels_of({"belay.nonce": "1", "com.docker.compose.image": "sha256:1", "own": "2"}) == {"own": "2"}


def test_ids_become_the_names_of_services():
    web = {"Id": "a" * 64, "Name": "/web-1", "Config": {"Labels": {"com.docker.compose.service": "web"}}}
    names = Names([web], [{"Id": "b" * 64, "Name": "net"}])
    said = names.all({"NetworkMode": "container:" + "a" * 64, "x": ["b" * 64]})
    assert said == {"NetworkMode": "container:<web>", "x": ["<network net>"]}


def test_an_image_in_a_name_of_belays_own_is_any_name_and_another_is_not():
    assert differences("x", {"Image": "shop"}, {"Image": without_tag("belay/kept:20260112-103300-4f2a9c1-web")}) == []
    assert differences("x", {"Image": "shop"}, {"Image": without_tag("other:20260112-103300-4f2a9c1")})


def test_a_container_that_ended_says_how():
    assert state_of({"State": {"Status": "exited", "ExitCode": 3}}) == "exited 3"
    assert state_of({"State": {"Status": "running", "Health": {"Status": "healthy"}}}) == "running, healthy"


def test_an_alias_that_is_the_containers_id_is_not_compared_by_its_digits():
    endpoint = {"Aliases": ["c" * 12, "web"], "IPAddress": "10.0.0.2"}
    container = {"Id": "c" * 64, "State": {"Running": True}, "NetworkSettings": {"Networks": {"n": endpoint}}}
    assert endpoints(container)["n"]["Aliases"] == ["<id>", "web"]


def test_sections_of_several_files_become_one():
    text = put_together(["services:\n  a:\n    image: x\n", "x-own: &own\n  b: 1\nservices:\n  b: *own\n"])
    assert text.index("x-own") < text.index("services")
    assert services_in(text) == ["a", "b"]


def test_a_section_of_one_line_is_not_put_together_twice():
    with pytest.raises(ValueError):
        put_together(["name: a\n", "name: b\n"])


