"""The order in which containers were started, as the suite tells it."""
import pytest

from parity.order import order


def container(name, started, depends_on="", **state):
    labels = {"com.docker.compose.depends_on": depends_on} if depends_on else {}
    return {"Name": name, "Config": {"Labels": labels}, "State": {"Running": True, "StartedAt": started} | state}


def at(second):
    return f"2026-01-12T10:33:{second:02d}.25Z"


def healthy_at(*seconds):
    answers = [{"ExitCode": 1, "End": at(1)}, *({"ExitCode": 0, "End": at(second)} for second in seconds)]
    return {"Log": answers}


ENDED = {"Running": False, "FinishedAt": at(5)}


@pytest.mark.parametrize(
    "condition, other, started, said",
    [
        ("service_started", {}, 3, "waited"),
        ("service_started", {}, 1, "did not wait"),
        ("service_completed_successfully", ENDED, 6, "waited"),
        ("service_completed_successfully", ENDED, 4, "did not wait"),
        ("service_started", ENDED, 4, "waited"),
        ("service_healthy", {"Health": healthy_at(4)}, 5, "waited"),
        ("service_healthy", {"Health": healthy_at(4)}, 3, "did not wait"),
        # The Engine has forgotten the first answers.
        ("service_healthy", {"Health": healthy_at(6, 7, 8, 9)}, 3, "waited"),
    ],
)
def test_who_waited(condition, other, started, said):
    containers = [container("db", at(2), **other), container("web", at(started), f"db:{condition}:false")]
    assert order(containers, lambda one: one["Name"]) == {"web": {"db": said}}


def test_all_of_several_have_to_be_there():
    containers = [container("db", at(2)), container("db", at(4)), container("web", at(3), "db:service_started:false")]
    assert order(containers, lambda one: one["Name"]) == {"web": {"db": "did not wait"}}


def test_what_was_never_started_or_is_not_there_says_nothing():
    never = "0001-01-01T00:00:00Z"
    containers = [container("db", never), container("web", at(3), "db:service_started:false,cache:service_started:false")]
    assert order(containers, lambda one: one["Name"]) == {}
