"""What must be true after any death: a good release serves, whole, and nothing is left behind."""
import fcntl
import json
import os
import re
import socket
from pathlib import Path

from belay_world.commands import run

OWN = {"lock", "bin", "current", "releases", "runs"}
RELEASE = {"release.json", "source", "view", "compose.json"}
BACKUP = re.compile(r"pre-deploy-\d{8}-\d{6}\.sql|\.pre-deploy-\d{8}-\d{6}\.sql\.sha256")
KEPT = 2


def broken_promises(app, may_serve, by_hand=True):
    """What does not hold, as sentences; [] when all does. `may_serve`: the versions that are good. Changes nothing, unless it must."""
    found = []
    say = found.append
    serves = app.serves()
    if serves not in may_serve:
        say(f"version {serves} serves, none of {sorted(may_serve)}")
    containers = [
        container for container in app.engine.containers()
        if container["Labels"].get("com.docker.compose.project.working_dir") == str(app.live)
        or container["Names"][0].startswith(f"/{app.name}")
    ]
    shown = [f"{c['Names'][0]} {c['State']} {c['Image']}" for c in containers]
    edges = [c for c in containers if c["Labels"].get("belay.role") == "edge"]
    containers = [c for c in containers if c not in edges]
    if [c["Names"] for c in containers] != [[f"/{app.name}"]] or containers[0]["State"] != "running":
        return [*found, f"the containers are {shown}"]
    _releases(app, containers[0], say)
    _edge(app, edges, containers[0], say)
    _live_directory(app, serves, say)
    _runs(app, containers[0], serves, say)
    _processes_and_locks(app, say)
    if by_hand:
        run("docker", "compose", "-f", "compose.yml", "up", "-d", "--no-build", cwd=app.live)
        if app.engine.container(app.name)["Id"] != containers[0]["Id"]:
            say("docker compose up -d by hand made another container")
    return found


def _releases(app, container, say):
    folder = app.live / ".belay" / "releases"
    kept = {entry.name for entry in folder.iterdir()}
    good = {name for name in kept if json.loads((folder / name / "release.json").read_text())["state"] == "good"}
    current = (app.live / ".belay" / "current").readlink().name
    if kept != good or not current or current not in kept or len(kept) > KEPT + 1:
        say(f"releases {sorted(kept)} are kept, of which {sorted(good)} are good; current is {current}")
    for name in kept:
        entries = {entry.name for entry in (folder / name).iterdir()}
        if not {"release.json", "source"} <= entries or entries - RELEASE:
            say(f"release {name} holds {sorted(entries)}")
    tags = {tag.partition(":")[2]: image["Id"] for image in app.engine.images() for tag in image["RepoTags"] if tag.startswith(f"{app.name}:")}
    if set(tags) != kept | {"latest"}:
        say(f"image tags {sorted(tags)}, releases {sorted(kept)}")
    elif not container["ImageID"] == tags["latest"] == tags[current]:
        say(f"container, latest and {current} are not one image: {container['ImageID']}, {tags}")
    if container["Labels"].get("belay.release") != current:
        say(f"the container is of {container['Labels'].get('belay.release')}, current is {current}")


def _edge(app, edges, container, say):
    """One, in front of the one that serves; as it runs, and as it would come up again."""
    if not app.edge:
        if edges:
            say("an edge is left")
        return
    if [(e["Names"], e["State"]) for e in edges] != [([f"/{app.live.name}-belay-edge-1"], "running")]:
        return say(f"the edges are {[(e['Names'], e['State']) for e in edges]}")
    folders = list((app.live / ".belay" / "edge").iterdir())
    if len(folders) != 1 or {entry.name for entry in folders[0].iterdir()} != {"haproxy.cfg", "admin.sock", "names.sock"}:
        return say(f"the edge's folders are {[[str(e) for e in folder.iterdir()] for folder in folders]}")
    host = container["Labels"].get("belay.host")
    seated = re.findall(r"server s\d+ (belay-\S+):8080", (folders[0] / "haproxy.cfg").read_text())
    if seated != [host]:
        say(f"the edge's file has {seated}, and {host} serves")
    slots = [line.split() for line in ask_edge(folders[0], "show servers state").splitlines()[2:] if line]
    open_hosts = [slot[17] for slot in slots if int(slot[6]) & 0x1B == 0 and slot[3] != "hold"]
    if open_hosts != [host]:
        say(f"the edge gives its requests to {open_hosts}, and {host} serves")


def ask_edge(folder, command):
    with socket.socket(socket.AF_UNIX) as connection:
        descriptor = os.open(folder, os.O_PATH)
        try:
            connection.connect(f"/proc/self/fd/{descriptor}/admin.sock")
        finally:
            os.close(descriptor)
        connection.sendall(command.encode() + b"\n")
        answer = b""
        while part := connection.recv(65536):
            answer += part
        return answer.decode()


def _live_directory(app, serves, say):
    if (app.live / "app" / "www" / "version").exists():
        say("the source lies in the wrong place")
    published = int((app.live / "www" / "version").read_text())
    if published != serves:
        say(f"the live directory shows version {published}, and {serves} serves")
    if (app.live / "uploads" / "kept").read_text() != "a user's file\n" or not (app.live / ".env").exists():
        say("a live file was touched")
    own = {entry.name for entry in (app.live / ".belay").iterdir()}
    if "replaced" in own:  # made by the first release that is published over another
        own.remove("replaced")
        if aside := sorted(entry.name for entry in (app.live / ".belay" / "replaced").iterdir()):
            say(f".belay/replaced holds {aside}, and no run is open")
    if own != (OWN | {"edge"} if app.edge else OWN):
        say(f".belay holds {sorted(own)}")
    programs = {entry.name for entry in (app.live / ".belay" / "bin").iterdir()}
    if any(not re.fullmatch(r"belay(-[0-9a-f]{16})?", name) for name in programs):
        say(f".belay/bin holds {sorted(programs)}")
    backups = {entry.name for entry in (app.live / "backups").iterdir()}
    odd = {name for name in backups if not BACKUP.fullmatch(name)}
    dumps = {name for name in backups if name.endswith(".sql")}
    if odd or not dumps or {f".{name}.sha256" for name in dumps} | dumps != backups:
        say(f"the backups are {sorted(backups)}")


def _runs(app, container, serves, say):
    ended = {}  # by their own word: two runs of one second need not be in the order of their names
    for folder in app.runs():
        entries = {entry.name for entry in folder.iterdir()}
        # The logs of a failed attempt's containers are kept.
        others = {name for name in entries if not (name.startswith(f"{app.name}-") and name.endswith(".log"))}
        if "journal.jsonl" not in entries or others - {"journal.jsonl", "executor.log"}:
            say(f"run {folder.name} holds {sorted(entries)}")
            continue
        last = records(folder)[-1]
        if last["type"] != "closed" or last["outcome"] not in ("deployed", "rolled-back"):
            say(f"run {folder.name} ends with {last}")
        else:
            ended[last["at"]] = last
    if ended:
        _told_the_truth(app, ended[max(ended)], container, serves, say)


def _told_the_truth(app, closed, container, serves, say):
    """What the newest run said at its end, beside what there is."""
    release = container["Labels"].get("belay.release")
    shipped = app.live / ".belay" / "releases" / closed["serving"] / "source" / "www" / "version"
    if closed["serving"] != release or not shipped.exists() or int(shipped.read_text()) != serves:
        say(f"the journal says that {closed['serving']!r} serves; the container is of {release!r}, and version {serves} answers")
    # What was never switched was not asked.
    if (closed["outcome"] == "deployed" or closed["checked"]) and "answered 200" not in closed["checked"]:
        say(f"the journal says {closed['checked']!r} of what was checked, and version {serves} answers")


def _processes_and_locks(app, say):
    with open(app.live / ".belay" / "lock", "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("the lock is held")
    if left := app.host_processes():
        say(f"processes run on the host: {left}")
    if marked := children_of_runs(app):
        say(f"a dead executor's children run: {marked}")
    if left := sorted(path.name for path in app.temporary.iterdir()):
        say(f"the controller left {left} in its TMPDIR")
    if len(app.repository.git("worktree", "list").splitlines()) != 1:
        say("a git worktree is left")


def children_of_runs(app):
    """Processes that carry one of this environment's runs in their environment."""
    nonces = [record["nonce"].encode() for folder in app.runs() for record in records(folder)[:1]]
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and any(b"BELAY_RUN=" + nonce in (entry / "environ").read_bytes() for nonce in nonces):
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue  # it ended while we looked
    return found


def records(folder):
    """A run's journal."""
    return [json.loads(line[9:]) for line in (folder / "journal.jsonl").read_text().splitlines()]


def point_of(record):
    """What the program's fault points call this record; see journal.cpp."""
    return ":".join([record["type"], *(record[part] for part in ("step", "key", "what") if part in record)])
