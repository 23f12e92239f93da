"""belay in a job of GitHub Actions, Gitea, Forgejo and GitLab: what its log, its files and its signals say. The environment is what their
runners set, by their documentation."""
import re
import signal
from pathlib import Path

import pytest

from belay_world.commands import run, wait_until
from light_app import LightApp, SERVE

PORT, PROJECT = 18398, "belay-test-ci"
DOCKERFILE = f"""\
FROM busybox:latest
COPY version /www/version
RUN echo '::set-output name=stolen::yes' && echo '##[set-output name=stolen]yes'
{SERVE}"""
BROKEN = 'FROM busybox:latest\nCMD ["sh", "-c", "echo ::add-path::/evil; echo no such module; exit 3"]\n'
TOKEN = "a-token%of\nseveral-lines"


class App(LightApp):
    def __init__(self, world, runner):
        super().__init__(world, "ci", PROJECT, PORT)
        self.runner = runner
        self.write_stack(DOCKERFILE)
        self.configure(keys="test: ['test -n \"${APP_TOKEN}\"']\n")
        self.version("1")

    def version(self, version):
        self.write("version", version)
        self.commit()

    def belay(self, *arguments, env=None):
        return self.world.belay(*arguments, env=self.runner.environment() | {"APP_TOKEN": TOKEN} | (env or {}), cwd=self.repository)


class Github:
    """A step of a job, as runner 2.3xx starts it."""

    def __init__(self, place, workspace):
        self.place, self.workspace = place, workspace
        place.mkdir(parents=True, exist_ok=True)
        self.output, self.summary = place / "output", place / "summary"
        for file in (self.output, self.summary):
            file.write_text("")

    def environment(self):
        return {
            "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": self.workspace, "GITHUB_OUTPUT": self.output,
            "GITHUB_STEP_SUMMARY": self.summary, "GITHUB_ACTOR": "ana", "RUNNER_OS": "Linux", "RUNNER_TEMP": self.place,
        }

    def outputs(self):
        """What the runner makes of the file: name<<DELIMITER, lines, DELIMITER."""
        found, lines = {}, iter(self.output.read_text().splitlines())
        for line in lines:
            name, delimiter = line.split("<<")
            value = []
            for text in lines:
                if text == delimiter:
                    break
                value.append(text)
            found[name] = "\n".join(value)
        return found


def obeyed(log):
    """The commands that a runner takes from a log, in its order: v2 behind blanks, v1 anywhere in a line; none while they are stopped."""
    commands, token = [], None
    for line in re.split(r"\r\n|\n|\r", log):
        found = re.match(r"::([\w-]+)(?: [^:]*(?::(?!:)[^:]*)*)?::(.*)", line.lstrip())
        old = re.search(r"##\[([\w-]+)[^\]]*\](.*)", line)
        name, data = found.groups() if found else old.groups() if old else (None, None)
        if name is None:
            continue
        if token is not None:
            token = None if name == token else token
        elif name == "stop-commands":
            token = data
        else:
            commands.append((name, data))
    assert token is None, "commands are still stopped at the end"
    return commands


@pytest.fixture
def github(world, tmp_path):
    app = App(world, Github(tmp_path / "runner", world.place / "ci"))
    yield app
    app.gone(PROJECT)


@pytest.mark.core
def test_in_a_job_of_github_the_log_is_folded_and_the_page_and_the_outputs_tell_the_outcome(github):
    ended = github.belay("deploy", "production")
    assert ended.code == 0, ended
    commands = obeyed(ended.out)
    # Before anything else is printed, the runner knows what it must hide: each line by itself.
    assert ended.out.startswith("::add-mask::a-token%25of\n::add-mask::several-lines\n"), ended.out[:300]
    assert {name for name, _ in commands} <= {"add-mask", "group", "endgroup", "warning"}, commands
    groups = [data for name, data in commands if name == "group"]
    assert groups[:4] == ["test", "preflight", "sync", "build"] and "verify" in groups, groups
    assert [n for n, _ in commands].count("group") == [n for n, _ in commands].count("endgroup")
    assert "set-output name=stolen" in ended.out, "the build printed it, and the log shows it"

    outputs = github.runner.outputs()
    assert outputs["outcome"] == "deployed" and outputs["environment"] == "production", outputs
    assert outputs["release"] == outputs["run"], outputs
    page = github.runner.summary.read_text()
    assert page.startswith("### ✅ ci was deployed to production\n"), page
    assert "| by | ana@" in page and "answered 200" in page and "| build | " in page, page


def test_a_failure_is_an_annotation_and_the_page_says_what_serves_and_why(github):
    assert github.belay("deploy", "production").code == 0
    first = github.runner.outputs()["release"]
    github.runner.output.write_text("")
    github.runner.summary.write_text("")
    github.write("Dockerfile", BROKEN)
    github.version("2")
    ended = github.belay("deploy", "production")
    assert ended.code == 1, ended
    commands = obeyed(ended.out + ended.err)
    assert "error" in {name for name, _ in commands} and "add-path" not in {name for name, _ in commands}, commands
    assert github.runner.outputs()["outcome"] == "rolled-back" and github.runner.outputs()["release"] == first
    page = github.runner.summary.read_text()
    assert page.startswith(f"### ↩️ The deployment of ci to production failed. Release {first} serves again\n"), page
    assert "no such module" in page and "Fix what failed" in page, page
    assert "several-lines" not in page


def test_a_mistake_in_belay_yml_is_an_annotation_at_its_place(github):
    text = (github.repository / "belay.yml").read_text()
    github.write("belay.yml", text.replace("path:", "pth:"))
    ended = github.belay("deploy", "production")
    assert ended.code == 2, ended
    line = next(number for number, one in enumerate((github.repository / "belay.yml").read_text().splitlines(), 1) if "pth:" in one)
    assert f"::error file=belay.yml,line={line},col=5,title=belay.yml::" in ended.err, ended
    assert github.runner.outputs()["outcome"] == "failed"
    assert "Nothing was touched" in github.runner.summary.read_text()


@pytest.mark.parametrize("off", [("--json",), ("--no-ci",), "none"])
def test_nothing_of_it_with_json_or_where_it_is_switched_off(github, off):
    words, env = ((), {"BELAY_CI": off}) if isinstance(off, str) else (off, {})
    ended = github.belay("check", "production", *words, env=env)
    assert not obeyed(ended.out + ended.err) and "::" not in ended.out.replace("::1", ""), ended
    assert github.runner.output.read_text() == "" == github.runner.summary.read_text()


def test_a_secret_goes_to_the_runner_alone(github):
    """A script of the job that keeps belay's output in a file gets no line that names a secret."""
    log = github.runner.place / "kept"
    script = f'"{github.world.binary}" check production > "{log}"; "{github.world.binary}" check production | cat; true'
    env = github.world.environment(github.runner.environment() | {"APP_TOKEN": TOKEN})
    ended = run("bash", "-c", script, cwd=github.repository, env=env)
    assert "several-lines" not in log.read_text() + ended.out + ended.err
    direct = run("bash", "-c", f'"{github.world.binary}" check production; true', cwd=github.repository, env=env)
    assert "::add-mask::several-lines\n" in direct.out, direct


def cancelled(github, at, number, env):
    """A job that is cancelled while the executor is held at that record, behind a first deployment; the executor then goes on."""
    assert github.belay("deploy", "production").code == 0
    github.version("2")
    github.world.at_fault(f"executor {at} hold")
    running = github.world.start_belay("deploy", "production", env=env | {"APP_TOKEN": TOKEN}, cwd=github.repository)
    wait_until("the executor is held", github.world.struck.exists, 120)
    wait_until("the host has begun", lambda: "deploying ci to production as" in running.out())
    running.signal(number)
    ended = running.wait(60)
    github.world.at_fault()
    assert ended.code == 128 + number, ended
    assert "what was started on the host goes on" in ended.err and "belay attach production" in ended.err, ended
    return github.belay("attach", "production", env={"BELAY_CI": "none"})


@pytest.mark.parametrize("platform, number", [("github", signal.SIGINT), ("gitlab", signal.SIGTERM)])
def test_a_cancelled_job_leaves_the_deployment_alive(github, platform, number):
    env = github.runner.environment() if platform == "github" else {"CI": "true", "GITLAB_CI": "true"}
    watched = cancelled(github, "step-began:build", number, env)
    assert watched.code == 0, watched
    assert github.serves() == "2"


@pytest.mark.core
def test_a_job_cancelled_before_the_source_was_sent_is_undone_while_somebody_watches(github):
    """Who watches cannot send the source. So the host waits for the controller that began for 15 s only, and not for half an hour."""
    watched = cancelled(github, "step-began:sync", signal.SIGINT, github.runner.environment())
    assert watched.code == 1 and "no controller is connected" in watched.out, watched
    assert github.serves() == "1"


def test_gitlab_gets_sections_and_a_dotenv_report(github, tmp_path):
    report = tmp_path / "belay.env"
    env = {"CI": "true", "GITLAB_CI": "true", "BELAY_DOTENV": report, "APP_TOKEN": TOKEN, "GITLAB_USER_LOGIN": "bo"}
    running = github.world.start_belay("deploy", "production", env=env, cwd=github.repository)
    ended = running.wait()
    assert ended.code == 0, ended
    log = Path(running.out_file).read_bytes().decode()  # with its carriage returns
    begun = re.findall(r"\x1b\[0Ksection_start:\d+:(\w+)\r\x1b\[0K", log)
    closed = re.findall(r"\x1b\[0Ksection_end:\d+:(\w+)\r\x1b\[0K", log)
    assert begun == closed and len(set(begun)) == len(begun) > 4, (begun, closed)
    assert not re.search(r"^::", log, re.M), ended  # no command of GitHub's
    values = dict(line.split("=", 1) for line in report.read_text().splitlines())
    assert values["BELAY_OUTCOME"] == "deployed" and values["BELAY_RELEASE"] and values["BELAY_ENVIRONMENT"] == "production"
