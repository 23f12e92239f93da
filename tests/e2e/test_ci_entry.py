"""ci/entry, action.yml and ci/gitlab.yml: what a job runs, under the environment and with the events of the platforms, by their documentation."""
import hashlib
import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
import yaml

from belay_world.commands import run, wait_until
from test_ci_platforms import TOKEN, App, Github, obeyed

ROOT = Path(__file__).resolve().parent.parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
NONE = "0" * 40
A, B, OBJECT = "a" * 40, "b" * 40, "c" * 40
IMAGE = "belay-test-ci"


def push(ref, before, after, **more):
    """The parts of GitHub's push event (https://docs.github.com/webhooks/webhook-events-and-payloads#push) that say what was pushed."""
    return {
        "ref": ref, "before": before, "after": after, "created": before == NONE, "deleted": after == NONE, "forced": False, "base_ref": None,
        "commits": [], "head_commit": None if after == NONE else {"id": after}, "pusher": {"name": "ana"},
        "repository": {"full_name": "ana/shop", "default_branch": "main"},
    } | more


def expression(text, event, given, outputs=()):
    """What GitHub makes of ${{ … }} in action.yml."""
    def value(found):
        kind, name = re.fullmatch(r"(inputs|github\.event|steps\.belay\.outputs)\.([\w-]+)", found.group(1)).groups()
        place = {"inputs": given, "github.event": event, "steps.belay.outputs": dict(outputs)}[kind]
        assert kind != "inputs" or name in given, f"action.yml has no input {name}"
        return str(place.get(name) or "")
    return re.sub(r"\$\{\{ (\S+) \}\}", value, text)


def step_of_action(runner, event_name, event, sha, inputs, **env):
    """argv and environment of the action's one step, as runner 2.3xx starts it: `sh -e FILE`."""
    assert ACTION["runs"]["using"] == "composite" and len(ACTION["runs"]["steps"]) == 1
    step = ACTION["runs"]["steps"][0]
    given = {name: spec["default"] for name, spec in ACTION["inputs"].items()} | inputs
    assert given.keys() == ACTION["inputs"].keys() and step["shell"] == "sh" and "${{" not in step["run"]
    event_file, script = runner.place / "event.json", runner.place / "step.sh"
    event_file.write_text(json.dumps(event))
    script.write_text(step["run"] + "\n")
    environment = {name: expression(text, event, given) for name, text in step["env"].items()}
    environment |= {str(name): str(value) for name, value in runner.environment().items()}
    environment |= {
        "GITHUB_EVENT_NAME": event_name, "GITHUB_EVENT_PATH": str(event_file), "GITHUB_SHA": sha, "GITHUB_REF": event["ref"],
        "GITHUB_ACTION_PATH": str(ROOT), "GITHUB_REPOSITORY": "ana/shop", **env,
    }
    return ["sh", "-e", str(script)], environment


@pytest.fixture
def spy(tmp_path):
    """A program in belay's place that prints its words and the inputs that it can see."""
    program = tmp_path / "spy"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\nenv | grep -c "^BELAY_INPUT\\|^BELAY_EVENT" >&2 || :\n')
    program.chmod(0o755)
    return program


def words_of(argv, env, cwd=None, code=0):
    ended = run(*argv, cwd=cwd, env={"PATH": os.environ["PATH"]} | env, check=False)
    assert ended.code == code, ended
    if code == 0:
        assert ended.err.strip() == "0", ended
    return ended.out.splitlines() if code == 0 else ended.err


PUSHED = ["deploy", "--on-push", "--ref"]
EVENTS = {
    "push": ("push", push("refs/heads/main", A, B), B, {}, [*PUSHED, "refs/heads/main", "--after", B, "--before", A]),
    "first push": ("push", push("refs/heads/new", NONE, B), B, {}, [*PUSHED, "refs/heads/new", "--after", B, "--before", NONE]),
    "force push": ("push", push("refs/heads/main", A, B, forced=True), B, {}, [*PUSHED, "refs/heads/main", "--after", B, "--before", A]),
    # GITHUB_SHA of a deleted branch is the default branch's last commit.
    "deleted branch": ("push", push("refs/heads/old", A, NONE), B, {}, [*PUSHED, "refs/heads/old", "--after", NONE, "--before", A]),
    "tag": ("push", push("refs/tags/v1", NONE, B), B, {}, [*PUSHED, "refs/tags/v1", "--after", B, "--before", NONE]),
    # Its event names the tag's own object, which is no commit and may be absent from the checkout.
    "annotated tag": ("push", push("refs/tags/v1", NONE, OBJECT), B, {}, [*PUSHED, "refs/tags/v1", "--after", B, "--before", NONE]),
    "by hand": ("workflow_dispatch", {"ref": "refs/heads/main", "inputs": {}}, B, {"environment": "production"}, ["deploy", "production"]),
    "by hand, a ref": (
        "workflow_dispatch", {"ref": "refs/heads/main"}, B, {"environment": "production", "ref": "v1", "args": "--wait  --skip-test"},
        ["deploy", "production", "--ref", "v1", "--wait", "--skip-test"],
    ),
    "another command": ("schedule", {"ref": "refs/heads/main"}, B, {"command": "check"}, ["check"]),
    "words are no patterns": (
        "push", push("refs/heads/main", A, B), B, {"environment": "$(touch stolen)`id`", "config": "a b.yml", "args": "/* *"},
        ["deploy", "--config", "a b.yml", "$(touch stolen)`id`", "/*", "*"],
    ),
}


@pytest.mark.parametrize("name", EVENTS)
def test_the_action_says_to_belay_what_the_event_means(name, spy, tmp_path):
    event_name, event, sha, inputs, words = EVENTS[name]
    runner = Github(tmp_path / "runner", tmp_path)
    argv, env = step_of_action(runner, event_name, event, sha, inputs | {"program": str(spy)})
    said = words_of(argv, env, cwd=tmp_path)
    assert [said[0], *sorted_options(said[1:])] == [words[0], *sorted_options(words[1:])]
    assert not (tmp_path / "stolen").exists()


def sorted_options(words):
    """--ref, --before and --after with their values may come in any order."""
    pairs, rest, left = [], [], list(words)
    while left:
        word = left.pop(0)
        if word in ("--ref", "--before", "--after", "--config"):
            pairs.append((word, left.pop(0)))
        else:
            rest.append(word)
    return sorted(pairs) + rest


def test_without_a_push_and_without_an_environment_nothing_is_deployed(spy, tmp_path):
    runner = Github(tmp_path / "runner", tmp_path)
    argv, env = step_of_action(runner, "workflow_dispatch", {"ref": "refs/heads/main"}, B, {"program": str(spy)})
    assert "give the environment" in words_of(argv, env, cwd=tmp_path, code=2)


GITLAB = {
    "push": ({"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main", "CI_COMMIT_BEFORE_SHA": A}, [*PUSHED, "refs/heads/main", "--after", B, "--before", A]),
    "tag": ({"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_TAG": "v1", "CI_COMMIT_BEFORE_SHA": NONE}, [*PUSHED, "refs/tags/v1", "--after", B, "--before", NONE]),
    "by hand": ({"CI_PIPELINE_SOURCE": "web", "CI_COMMIT_BRANCH": "main", "BELAY_INPUT_ENVIRONMENT": "production"}, ["deploy", "production"]),
    "schedule": ({"CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "main"}, None),
    "merge request": ({"CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_IID": "1"}, None),
}


@pytest.mark.parametrize("name", GITLAB)
def test_the_include_of_gitlab_says_to_belay_what_the_pipeline_means(name, spy, tmp_path):
    variables, words = GITLAB[name]
    job = yaml.safe_load((ROOT / "ci" / "gitlab.yml").read_text())[".belay"]
    assert job["artifacts"]["reports"]["dotenv"] == job["variables"]["BELAY_DOTENV"] and job["interruptible"] is False
    env = job["variables"] | {"CI": "true", "GITLAB_CI": "true", "CI_COMMIT_SHA": B, "BELAY_INPUT_PROGRAM": str(spy)} | variables
    env["BELAY_ENTRY"] = str(ROOT / job["variables"]["BELAY_ENTRY"])
    argv = ["bash", "-eo", "pipefail", "-c", "\n".join(job["script"])]
    if words is None:
        assert "give the environment" in words_of(argv, env, cwd=tmp_path, code=2)
    else:
        said = words_of(argv, env, cwd=tmp_path)
        assert [said[0], *sorted_options(said[1:])] == [words[0], *sorted_options(words[1:])]


@pytest.mark.parametrize("right", [True, False])
def test_a_fetched_program_is_run_only_with_its_sum_and_its_fetch_gets_no_key(right, spy, tmp_path):
    tools, log = tmp_path / "tools", tmp_path / "environment"
    tools.mkdir()
    (tools / "curl").write_text(f'#!/bin/sh\nenv > "{log}"\nexec {subprocess.check_output(["which", "curl"], text=True).strip()} "$@"\n')
    (tools / "curl").chmod(0o755)
    sum_of_it = hashlib.sha256(spy.read_bytes()).hexdigest()
    env = {
        "PATH": f"{tools}:{os.environ['PATH']}", "RUNNER_TEMP": str(tmp_path), "BELAY_SSH_KEY": "a-key", "BELAY_KEY": "another-key",
        "BELAY_INPUT_URL": f"file://{spy}", "BELAY_INPUT_SHA256": sum_of_it if right else "0" * 64, "BELAY_INPUT_COMMAND": "version",
    }
    said = words_of([str(ROOT / "ci" / "entry")], env, cwd=tmp_path, code=0 if right else 2)
    assert "a-key" not in log.read_text() and "another-key" not in log.read_text()
    if right:
        assert said == ["version"]
        log.unlink()
        words_of([str(ROOT / "ci" / "entry")], env, cwd=tmp_path)
        assert not log.exists(), "the second step uses what the first one fetched"
    else:
        assert "does not have the SHA-256" in said


@pytest.fixture
def app(world, tmp_path):
    app = App(world, Github(tmp_path / "runner", world.place / "ci"))
    app.write("belay.yml", (app.repository / "belay.yml").read_text().replace("    health:", "    on: { push: { branches: [main] } }\n    health:"))
    app.commit()
    yield app
    app.gone(IMAGE)


def begin(app, event_name, event, sha, **inputs):
    argv, env = step_of_action(app.runner, event_name, event, sha, {"program": str(app.world.binary)} | inputs, APP_TOKEN=TOKEN)
    return app.world.start(*argv, env=app.world.environment(env), cwd=app.repository)


def outputs_of_action(app):
    return {name: expression(spec["value"], {}, {}, app.runner.outputs()) for name, spec in ACTION["outputs"].items()}


@pytest.mark.core
def test_the_action_deploys_a_push_and_leaves_a_deleted_branch_alone(app):
    head = run("git", "rev-parse", "HEAD", cwd=app.repository).out.strip()
    gone = begin(app, "push", push("refs/heads/main", head, NONE), head).wait(60)
    assert gone.code == 0 and "the branch main was deleted" in gone.out, gone
    assert outputs_of_action(app)["outcome"] == "skipped"
    app.runner.output.write_text("")
    ended = begin(app, "push", push("refs/heads/main", NONE, head), head).wait(120)
    assert ended.code == 0, ended
    assert ended.out.startswith("production: deploys") or "::add-mask::" in obeyed_text(ended.out), ended
    outputs = outputs_of_action(app)
    assert outputs["outcome"] == "deployed" and outputs["environment"] == "production" and outputs["release"] == outputs["run"], outputs
    assert app.serves() == "1"


def obeyed_text(out):
    return "\n".join(f"::{name}::{data}" for name, data in obeyed(out))


def test_the_runner_s_signal_reaches_belay_through_the_action(app):
    """The runner signals the shell that it started, and nobody else."""
    head = run("git", "rev-parse", "HEAD", cwd=app.repository).out.strip()
    app.world.at_fault("executor step-began:build hold")
    running = begin(app, "workflow_dispatch", {"ref": "refs/heads/main"}, head, environment="production")
    wait_until("the executor is held", app.world.struck.exists, 120)
    running.signal(signal.SIGINT)
    ended = running.wait(60)
    app.world.at_fault()
    assert ended.code == 128 + signal.SIGINT and "belay attach production" in ended.err, ended
    watched = app.belay("attach", "production", env={"BELAY_CI": "none"})
    assert watched.code == 0 and app.serves() == "1", watched


def test_the_reusable_workflow_gives_the_action_inputs_that_it_has_and_passes_its_outputs_on():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "deploy.yml").read_text())
    call, job = workflow[True]["workflow_call"], workflow["jobs"]["deploy"]  # YAML 1.1 reads `on` as true
    step = next(step for step in job["steps"] if step.get("id") == "belay")
    assert step["with"].keys() <= ACTION["inputs"].keys()
    for text in [*step["with"].values(), job["runs-on"]]:
        assert re.fullmatch(r"\$\{\{ inputs\.([\w-]+) \}\}", text).group(1) in call["inputs"]
    for text in step["env"].values():
        assert re.fullmatch(r"\$\{\{ secrets\.([\w-]+) \}\}", text).group(1) in call["secrets"]
    for name, text in job["outputs"].items():
        assert text == f"${{{{ steps.belay.outputs.{name} }}}}" and name in ACTION["outputs"]
    for name, output in call["outputs"].items():
        assert output["value"] == f"${{{{ jobs.deploy.outputs.{name} }}}}" and name in job["outputs"]
    checkouts = [step["with"] for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts[0] == {"fetch-depth": 0} and step["uses"] == "./" + checkouts[1]["path"]
