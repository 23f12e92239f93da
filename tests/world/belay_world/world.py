"""The world of one test: a server with the app's database, the developers' repository, belay as a user types it."""
import hashlib
import http.client
import json
import os
import shutil
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .commands import CommandFailed, Running, run, wait_until
from .database import Database
from .environment import ENVIRONMENTS
from .far import Far
from .inventory import Inventory, host_processes, tree
from .load import Load
from .machine import REPOSITORY, STATE
from .repository import Repository

ROOT = Path("/srv/belay-e2e")
BASE = "belay-world/crm-backend"


class World:
    """`prepare` once (the constructor does), `reset` before each test, `close` at the end. Public names are for tests."""

    def __init__(self, machine, root=ROOT, binary=None):
        self.machine, self.engine, self.root = machine, machine.engine, Path(root)
        self.place = STATE / "e2e"
        self.binary = self._without_symbols(Path(binary or os.environ.get("BELAY_BINARY") or REPOSITORY / "build/release/belay_with_fault_points"))
        self.home, self.temporary, self.logs = self.place / "home", STATE / "tmp", self.place / "logs"
        # What sessions on the server read, too (see the script `server`): `hold` and the deaths of base/fault_point.hpp.
        self.faults, self.struck = self.place / "faults", self.place / "faults.struck"
        self.template, self.repository = Repository(self.place / "template"), Repository(self.place / "repository")
        self.production, self.staging = (of(self.root) for of in ENVIRONMENTS)
        self.live = self.production.live
        self.database = Database(self.engine, self.production.database)
        self.staging_database = Database(self.engine, self.staging.database)
        self._running = []
        self.resets = 0
        self._prepare()

    # What a test does in it -----------------------------------------------------------------------------------------

    def belay(self, *arguments, limit=300.0, **options):
        """Runs belay as a user does, to its end: Finished. `env` adds to its environment (None removes a variable)."""
        return self.start_belay(*arguments, **options).wait(limit)

    def start_belay(self, *arguments, env=None, cwd=None):
        """The same beside the test: Running."""
        return self.start(self.binary, *arguments, env=self.environment(env), cwd=cwd or self.repository.path)

    def start(self, *argv, env=None, cwd=None):
        """Any program beside the test; ended at the next reset at the latest."""
        number = len(self._running) + 1
        running = Running(argv, env=env, cwd=cwd, log=self.logs / f"{number:03}-{Path(argv[0]).name}")
        self._running.append(running)
        return running

    def environment(self, more=None):
        """A user's: the key and the host key by an ssh_config (BELAY_SSH_CONFIG); nothing of belay's or git's from outside."""
        own = {k: v for k, v in os.environ.items() if not k.startswith(("BELAY_", "VPS_", "GIT_", "SSH_", "CI"))}
        own |= {k: v for k, v in self.machine.server.items() if k.startswith("VPS_")}
        own |= {
            "HOME": str(self.home), "TMPDIR": str(self.temporary), "XDG_RUNTIME_DIR": str(self.temporary),
            "BELAY_SSH_CONFIG": self.machine.server["VPS_SSH_CONFIG"], "BELAY_FAULT_FILE": str(self.faults),
            # Packages are asked of the registry once, not in every test.
            "npm_config_cache": str(STATE / "npm"), "npm_config_prefer_offline": "true",
        }
        own |= more or {}
        return {name: str(value) for name, value in own.items() if value is not None}

    def far(self, rtt_ms=100):
        """The server over a long line, for a `with` block: see far.Far."""
        return Far(self.machine.server, rtt_ms)

    def load(self, environment=None, **rates):
        """A load client against the app, for a `with` block (rates: see load.Load)."""
        load = Load(self.of(environment).base, self.logs / f"load-{len(self._running) + 1:03}", **rates)
        self._running.append(load)
        return load

    def put_in_service(self, environment=None):
        """Version 1.0.0 as its operators deployed it by hand, without belay: source in the live directory, compose up."""
        where = self.of(environment)
        if where is self.staging:
            self._bring_up_staging()
        shutil.copytree(self.template.path / "deploy-backend", where.live, dirs_exist_ok=True)
        self.engine.tag(self.base_image, where.image, "latest")
        where.compose("up", "-d", "--no-deps", "--no-build", "backend")
        wait_until(f"version 1.0.0 serves {where.base}", lambda: self.version(where) == "1.0.0")

    def health(self, environment=None, limit=5.0):
        """(status, body) of the health as the public sees it; (0, reason) when there is no answer."""
        where = self.of(environment)
        connection = http.client.HTTPConnection("127.0.0.1", where.port, timeout=limit)
        try:
            connection.request("GET", "/api/health")
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            return 0, f"{type(error).__name__}: {error}"
        finally:
            connection.close()

    def version(self, environment=None):
        """The version that serves, by its health; None when it does not answer 200."""
        status, body = self.health(environment)
        return body.get("version") if status == 200 else None

    def container(self, name="crm-backend"):
        return self.engine.container(name)

    def host_processes(self):
        """belay's processes on the host: {pid: command line}."""
        return host_processes(*(folder for where in (self.production, self.staging) for folder in (where.live, where.state)))

    def small_disk(self, name, megabytes, environment=None):
        """Puts a file system of that size in place of a folder of the live directory, or of another; gone at the next reset."""
        folder = self.of(environment).live / name
        folder.mkdir(parents=True, exist_ok=True)
        run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "belay-world", folder)
        return folder

    def at_fault(self, *lines):
        """From now on belay's fault points do this; without lines nothing, and what is held goes on."""
        self.struck.unlink(missing_ok=True)
        part = self.faults.with_suffix(".part")
        part.write_text("".join(f"{line}\n" for line in lines))
        part.rename(self.faults)  # a reader finds the old lines or the new ones

    def inventory(self):
        both = self.production, self.staging
        return Inventory(
            containers={c["Names"][0].lstrip("/"): c["State"] for c in self._containers()},
            images={tag: image["Id"] for image in self.engine.images() for tag in image["RepoTags"] if self._ours(tag)},
            networks=[name for name in self.engine.networks() if name.startswith("deploy-backend")],
            volumes=self._volumes(),
            processes=self.host_processes(),
            files=[f"{where.live.name}/{name}" for where in both if where.live.exists() for name in tree(where.live)]
            + [f"{where.live.name}/.belay/{name}" for where in both if where.state.exists() for name in tree(where.state)],
            temporary=tree(self.temporary, depth=2),
        )

    def _volumes(self):
        """All but those of others, as other programs may run on this machine: of another compose project, or in use by a container
        that is not the world's."""
        ours = {container["Id"] for container in self._containers()}
        others = [container for container in self.engine.containers() if container["Id"] not in ours]
        foreign = {mount.get("Name") for container in others for mount in container["Mounts"]}
        projects = {None, self.production.project, self.staging.project}
        return [
            volume["Name"] for volume in self.engine.volumes()
            if volume["Name"] not in foreign and (volume["Labels"] or {}).get("com.docker.compose.project") in projects
        ]

    def of(self, environment):
        if environment in (None, "production"):
            return self.production
        return self.staging if environment == "staging" else environment

    # Making it, and making it new -----------------------------------------------------------------------------------

    def _prepare(self):
        for container in self._containers():
            came_from = container["Labels"].get("com.docker.compose.project.working_dir", str(self.root))
            if not came_from.startswith(str(self.root)):
                raise CommandFailed(
                    f"{container['Names'][0]} runs from {came_from}, and the tests need its name and port: stop it first"
                )
        self._clear(keep=None)
        self.template.create(self._adapt)
        self.base_image = self._base_image()
        self._lay_out(self.production)
        self.production.bring_up_database(self.database, self.base_image)
        self._database_id = self.container(self.production.database)["Id"]
        self.reset()

    def _without_symbols(self, binary):
        """belay sends itself to the host in nearly every test: the debugger's symbols would be four fifths of that."""
        self.place.mkdir(parents=True, exist_ok=True)
        run("strip", "-o", self.place / "belay", binary)
        return self.place / "belay"

    def _adapt(self, text):
        assert "/srv/crm/" in text, "the example's belay.yml deploys to somewhere else than /srv/crm"
        return text.replace("/srv/crm/", f"{self.root}/")

    def _base_image(self):
        """Version 1.0.0, built once for every state of the example's files."""
        source = self.template.path / "deploy-backend"
        content = hashlib.sha256(self.template.git("ls-tree", "-r", "HEAD", "deploy-backend").encode()).hexdigest()[:12]
        name = f"{BASE}:{content}"
        if self.engine.image(name) is None:
            for old in self.engine.images(reference=BASE):
                self.engine.remove_image(old["Id"])
            run("docker", "build", "-q", "-t", name, source, env=os.environ | {"DOCKER_BUILDKIT": "1"}, limit=900)
        return name

    def reset(self):
        """As on the first day: only the database runs, fresh; a new repository, home and live directory. Under 3 s."""
        self.resets += 1
        for running in self._running:
            running.kill()
        self._running.clear()
        self.at_fault()
        wait_until("belay's processes on the host are gone", self._kill_host_processes)
        with ThreadPoolExecutor(4) as pool:
            jobs = [
                pool.submit(self._clear, keep=self._database_id),
                pool.submit(self._reset_database),
                pool.submit(self.repository.copy_of, self.template),
                pool.submit(self.machine.start_server),
            ]
            for job in jobs:
                job.result()
        for folder in (self.home, self.temporary, self.logs):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        self._lay_out(self.production)

    def _kill_host_processes(self):
        """Whether there were none: one that is killed may just have started another."""
        found = self.host_processes()
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        return not found

    def _reset_database(self):
        there = next((c for c in self._containers() if c["Id"] == self._database_id), None)
        if there is None:
            raise CommandFailed(f"a test removed {self.production.database}: what it did to it must be undone by itself")
        if there["Names"] != [f"/{self.production.database}"]:
            self.engine.ask("POST", f"/containers/{there['Id']}/rename", name=self.production.database)
        if there["State"] == "paused":
            self.engine.docker("unpause", self.production.database)
        elif there["State"] != "running":
            self.database.start()
        self.database.reset()

    def _lay_out(self, where):
        """What an operator put there before the first deployment: the compose file, for the database, and .env."""
        where.live.mkdir(parents=True)
        shutil.copy2(self.template.path / "deploy-backend" / where.compose_file, where.live)
        (where.live / ".env").write_text(where.env_file)

    def _bring_up_staging(self):
        if not self.staging.live.exists():
            self._lay_out(self.staging)
            self.staging.bring_up_database(self.staging_database, self.base_image)
            self.staging_database.reset()

    def _containers(self):
        projects = {where.project for where in (self.production, self.staging)}
        return [
            container
            for container in self.engine.containers()
            if container["Labels"].get("com.docker.compose.project") in projects
            or container["Names"][0].startswith("/crm-")
            or self._ours(container["Image"])
        ]

    @staticmethod
    def _ours(image):
        return image.startswith(("crm-backend", "deploy-backend", "belay-crm"))

    def _clear(self, keep):
        """Removes what tests made, but for the container whose id is `keep` and what that one needs."""
        with ThreadPoolExecutor(8) as pool:
            for gone in [pool.submit(self.engine.remove_container, c["Id"]) for c in self._containers() if c["Id"] != keep]:
                gone.result()
        for image in self.engine.images():
            labels = image["Labels"] or {}
            of_project = labels.get("com.docker.compose.project") in (self.production.project, self.staging.project)
            if of_project or any(map(self._ours, image["RepoTags"])):
                self._remove_image(image)
        for where in (self.production, self.staging):
            self._remove_networks_and_volumes(where, keep and where is self.production)
        self._unmount()
        for folder in (self.root, self.production.state, self.staging.state):
            shutil.rmtree(folder, ignore_errors=True)

    def _remove_image(self, image):
        # Version 1.0.0 in service has the base image's id: only the names that tests gave go, then.
        names = [tag for tag in image["RepoTags"] if not tag.startswith(BASE)]
        for name in names if len(names) < len(image["RepoTags"]) else [image["Id"]]:
            self.engine.remove_image(name)

    def _remove_networks_and_volumes(self, where, with_database_kept):
        chosen = {"label": [f"com.docker.compose.project={where.project}"]}
        kept = (f"{where.project}_crm", f"{where.project}_postgres-data") if with_database_kept else ()
        for network in self.engine.ask("GET", "/networks", filters=chosen):
            if network["Name"] not in kept:
                self.engine.ask("DELETE", f"/networks/{network['Id']}", accept=(204, 404))
        for volume in self.engine.ask("GET", "/volumes", filters=chosen)["Volumes"] or []:
            if volume["Name"] not in kept:
                self.engine.ask("DELETE", f"/volumes/{volume['Name']}", accept=(204, 404))

    def _unmount(self):
        for line in Path("/proc/mounts").read_text().splitlines():
            target = line.split()[1]
            if target.startswith(f"{self.root}/") or Path(target) in (self.production.state, self.staging.state):
                run("umount", "-l", target, check=False)

    def close(self):
        for running in self._running:
            running.kill()
        wait_until("belay's processes on the host are gone", self._kill_host_processes)
        self._clear(keep=None)
