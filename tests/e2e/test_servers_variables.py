"""A .env that the server has of its own, where git has one, too."""
from away import COMPOSE, GOOD


def test_it_is_never_replaced_unasked(away):
    own = away.live / ".env"

    def deploy(text, version):
        away.repository.write("app/.env", text)
        away.repository.write("app/compose.yml", COMPOSE.format(version=f"{version}-${{WORD}}", command=GOOD))
        away.repository.commit(text)
        return away.start_deployment().wait()

    # Nobody knows whose it is: no release brought it, and it was never committed.
    own.write_text("WORD=server\nSECRET=s\n")
    refused = deploy("WORD=one\n", 2)
    assert refused.code == 1 and "the server has a .env of its own" in refused.out
    assert "sync: { exclude: [.env] }" in refused.out
    assert own.read_text() == "WORD=server\nSECRET=s\n" and away.version_that_runs() == "1"

    # One of an older commit is a release's.
    own.write_text("WORD=one\n")
    replaced = deploy("WORD=two\n", 3)
    assert replaced.code == 0 and own.read_text() == "WORD=two\n" and away.version_that_runs() == "3-two", replaced

    # So is the one that the release before brought; not what somebody made of it.
    assert deploy("WORD=three\n", 4).code == 0 and own.read_text() == "WORD=three\n"
    own.write_text("WORD=three\nSECRET=s\n")
    assert deploy("WORD=four\n", 5).code == 1 and own.read_text() == "WORD=three\nSECRET=s\n"
    assert away.version_that_runs() == "4-three"
