"""Values of a compose file: those that belay.yml passes on, those that are missing, and those that a release keeps while the server's own move on."""
import json
import os
import time

import pytest
from belay_world.commands import run
from light_app import DOCKERFILE, LightApp, SERVE

PORT, PROJECT = 18399, "belay-test-values"
COMPOSE = """\
name: {project}
services:
  web:
    build: .
    image: {image}
    container_name: {project}
    stop_grace_period: 0s
    ports: ["127.0.0.1:{port}:8080"]
{more}"""


class App(LightApp):
    def __init__(self, world):
        super().__init__(world, "values", PROJECT, PORT)
        self.configure()
        self.write_stack()
        self.version("1")

    def compose(self, more, image=PROJECT):
        self.write("compose.yml", COMPOSE.format(project=PROJECT, image=image, port=PORT, more=more))

    def version(self, version):
        self.write("version", version)
        self.commit()

    def belay(self, *arguments, **options):
        return self.world.belay(*arguments, cwd=self.repository, **options)

    def deploy(self, *arguments, **options):
        deployed = self.belay("deploy", "production", *arguments, **options)
        assert deployed.code == 0, deployed
        return deployed

    def release(self):
        return (self.live / ".belay/current").resolve().name

    def container(self):
        return json.loads(run("docker", "inspect", PROJECT).out)[0]

    def sees(self):
        """The environment of what runs."""
        return dict(entry.split("=", 1) for entry in self.container()["Config"]["Env"])


@pytest.fixture
def app(world):
    app = App(world)
    yield app
    app.gone(PROJECT)


def words(said):
    """What belay printed, however its lines are broken."""
    return " ".join((said.out + said.err).split())


@pytest.mark.parametrize("host", ["over ssh", "local"])
def test_a_named_variable_of_the_caller_comes_in_and_each_release_keeps_its_own_and_no_other_comes_in(app, host):
    app.configure(environment="values: [TAG]\n")
    if host == "local":
        app.write("belay.yml", (app.repository / "belay.yml").read_text().replace("${VPS_USER}@${VPS_HOST}", "local"))
    app.compose('    environment: { WORD: "tag ${TAG}", OTHER: "${OTHER-none}" }\n')
    app.commit()

    def seen():
        return app.sees()["WORD"], app.sees()["OTHER"]

    app.deploy(env={"TAG": "1", "OTHER": "leaked"})
    assert seen() == ("tag 1", "none")
    app.deploy(env={"TAG": "2", "OTHER": "leaked"})
    assert seen() == ("tag 2", "none")

    unset = app.belay("deploy", "production", env={"TAG": None})
    assert unset.code == 2 and "the variable TAG is not set" in words(unset), unset
    assert seen() == ("tag 2", "none")
    back = app.belay("rollback", "production", env={"TAG": None, "OTHER": "leaked"})
    assert back.code == 0 and seen() == ("tag 1", "none"), back


def test_an_image_that_is_named_by_commit_and_version_is_built_under_that_name_and_comes_back(app):
    app.compose("", image=PROJECT + ":{version}-{commit}")

    def deploy(version):
        """The id of the image that carries the name by hand, and that runs."""
        app.version(version)
        run("git", "tag", f"v{version}", cwd=app.repository)
        app.deploy()
        commit = run("git", "rev-parse", "HEAD", cwd=app.repository).out.strip()
        named = json.loads(run("docker", "image", "inspect", f"{PROJECT}:v{version}-{commit}").out)[0]["Id"]
        assert app.container()["Image"] == named and app.serves() == version
        return named

    first, second = deploy("1.0"), deploy("1.1")
    assert first != second
    back = app.belay("rollback", "production")
    assert back.code == 0 and app.container()["Image"] == first and app.serves() == "1.0", back


def test_a_rollback_that_fails_because_the_environment_moved_on_says_so_and_how_to_go_back_all_the_same(app):
    """The password was changed since: in .env, and where the app logs in with it."""

    def change_password(word):
        (app.live / ".env").write_text(f"PASSWORD={word}\n")
        (app.live / "accepted").write_text(word)
        later = time.time() + 2  # its time is compared in whole seconds
        os.utime(app.live / ".env", (later, later))

    serve = 'CMD test "$PASSWORD" = "$(cat /accepted)" || { echo "the password is wrong"; exit 3; }; exec httpd -f -p 8080 -h /www\n'
    app.write("Dockerfile", DOCKERFILE.replace(SERVE, serve))
    app.compose('    environment: { PASSWORD: "${PASSWORD}" }\n    volumes: ["./accepted:/accepted:ro"]\n')
    change_password("old")
    app.version("1")
    app.deploy()
    first = app.release()
    change_password("new")
    app.version("2")
    app.deploy()

    failed = app.belay("rollback", "production")
    assert failed.code == 1 and app.serves() == "2" and "the password is wrong" in failed.out, failed
    advice = f"belay rollback production {first} --current-env"
    assert f".env changed since {first} was made, and the release came back with the old contents: {advice} uses today's contents" in words(failed), failed

    os.utime(app.live / ".env", (0, 0))
    failed = app.belay("rollback", "production")
    assert failed.code == 1 and "the password is wrong" in failed.out and "changed since" not in words(failed), failed
    back = app.belay(*advice.split()[1:])
    assert back.code == 0 and app.serves() == "1" and app.sees()["PASSWORD"] == "new", back


def test_a_build_that_misses_a_file_which_only_the_server_has_fails_with_its_name_and_the_key_that_gives_it(app):
    app.write("Dockerfile", DOCKERFILE.replace(SERVE, "COPY licence.key /www/licence.key\n" + SERVE))
    app.compose("")
    app.commit()
    (app.live / "licence.key").write_text("of the server")
    failed = app.belay("deploy", "production")
    assert failed.code != 0 and "building web failed: it misses licence.key" in words(failed), failed
    key = "build: { with: [licence.key] }"
    assert f"licence.key lies only on the server, and a build sees what was shipped. Give it to the build in belay.yml: {key}" in words(failed), failed
    app.configure(environment=key + "\n")
    app.commit()
    app.deploy()
    assert run("docker", "exec", PROJECT, "cat", "/www/licence.key").out == "of the server"
