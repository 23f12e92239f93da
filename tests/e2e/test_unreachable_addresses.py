"""Containers whose addresses do not lead to the host: a network that has only IPv6 for it, and one, like macvlan's, that it cannot reach at all."""
import pytest


from belay_world.commands import run

from elsewhere import DIES, Elsewhere

PORT = 18440
FOUR, SIX = "10.211.77.0/24", "fd00:be1a:77::/64"
COMPOSE = f"""\
    networks: [away]
networks:
  away:
    enable_ipv6: true
    ipam: {{ config: [{{ subnet: {FOUR} }}, {{ subnet: "{SIX}" }}] }}
"""
RELEASE = {"host": "local", "compose": COMPOSE, "health": False, "image": "EXPOSE 8080\n"}
CUT = "no address of belay-test-away-web-1"


@pytest.fixture
def user(tmp_path):
    user = Elsewhere("belay-test-away", PORT, tmp_path / "live")
    routes = []

    def cut_off(*halves):
        """The host's own routes to these halves of the network lead nowhere; the Engine's stay, and are less narrow."""
        for half in halves:
            run("ip", "-6" if ":" in half else "-4", "route", "add", "unreachable", half)
            routes.append(half)

    user.cut_off = cut_off
    yield user
    for half in routes:
        run("ip", "-6" if ":" in half else "-4", "route", "del", "unreachable", half, check=False)
    user.gone()


FOUR_HALVES = "10.211.77.0/25", "10.211.77.128/25"
SIX_HALVES = "fd00:be1a:77::/65", "fd00:be1a:77:0:8000::/65"


def test_a_container_that_only_ipv6_leads_to_is_asked_there(user):
    user.cut_off(*FOUR_HALVES)
    user.release("1", ports=False, **RELEASE)
    seen = user.deploy()
    assert seen.code == 0 and "can be reached" not in seen.out, seen
    # By the same way a container is seen that listens on nothing.
    user.release("2", command=["sleep", "1000"], **RELEASE)
    silent = user.deploy()
    assert f"no port that {user.name}-web-1" in silent.out and "publishes accepts connections" in silent.out, silent


def test_a_container_that_no_address_leads_to_is_not_taken_for_one_that_does_not_listen(user):
    user.cut_off(*FOUR_HALVES, *SIX_HALVES)
    user.release("1", ports=False, **RELEASE)
    first = user.deploy()
    assert first.code == 0 and CUT in first.out, first  # told, not held against it

    user.release("2", command=DIES, ports=False, **RELEASE)
    dead = user.deploy()
    assert dead.code == 1 and "no such database" in dead.out + dead.err, dead

    # A HEALTHCHECK asks inside, and decides.
    sick = RELEASE | {"image": "EXPOSE 8080\nHEALTHCHECK --interval=1s --retries=2 CMD false\n"}
    user.release("3", ports=False, **sick)
    unwell = user.deploy()
    assert unwell.code == 1 and "HEALTHCHECK" in unwell.out + unwell.err, unwell
    well = RELEASE | {"image": "EXPOSE 8080\nHEALTHCHECK --interval=1s CMD wget -qO- http://127.0.0.1:8080/version\n"}
    user.release("4", ports=False, **well)
    good = user.deploy()
    assert good.code == 0 and CUT not in good.out, good
