"""What is there, in a form in which two deployments can be compared: ids, times, addresses, the names of attempts, and belay's own
labels and tags are taken out."""
import calendar
import hashlib
import http.client
import json
import os
import re
import stat
import time
from dataclasses import dataclass

from .order import order

HEX64 = re.compile(r"\b[0-9a-f]{64}\b")
ATTEMPT_TAG = re.compile(r":\d{8}-\d{6}-\w+$")
KEPT_IMAGE = re.compile(r"belay/kept:[\w.-]+")  # belay's own name for an image that it did not build
ANY_NAME = "(a name of belay's own)"  # equal to any other, see compare.py
IGNORED_LABELS = ("com.docker.compose.image", "com.docker.compose.replace")
SETS = (
    "Binds", "CapAdd", "CapDrop", "Dns", "DnsSearch", "DnsOptions", "ExtraHosts", "GroupAdd", "Links", "SecurityOpt",
)
EMPTY_IS_NONE = (
    "Mounts", "Devices", "DeviceCgroupRules", "DeviceRequests", "Ulimits", "PortBindings", "Tmpfs", "Sysctls", "StorageOpt",
    "Annotations",
)
LISTENS = 3  # seconds after its start, a program that will listen does
AGAIN = 1  # second
OWN_MAC = "06:be:1a"  # addresses that begin so were asked for by a row; others are the Engine's choice


class Names:
    """Ids to the names of services and networks; and whose addresses there are."""

    def __init__(self, containers, networks):
        endpoints = [one for c in containers for one in (c.get("NetworkSettings") or {}).get("Networks", {}).values()]
        self.addresses = {one.get(key) for one in endpoints for key in ("IPAddress", "GlobalIPv6Address")} - {None, ""}
        self.service_of = {c["Id"]: service(c) for c in containers}
        self.network_of = {n["Id"]: n["Name"] for n in networks}

    def text(self, value):
        for id, name in self.service_of.items():
            if id[:12] in value:
                value = value.replace(id, f"<{name}>").replace(id[:12], f"<{name}>")
        for id, name in self.network_of.items():
            value = value.replace(id, f"<network {name}>")
        return value

    def all(self, value):
        if isinstance(value, dict):
            return {self.text(key): self.all(item) for key, item in sorted(value.items())}
        if isinstance(value, list):
            return [self.all(item) for item in value]
        return self.text(value) if isinstance(value, str) else value


@dataclass(frozen=True)
class Identity:
    """Of a container: what was touched shows in a difference."""

    service: str
    name: str
    started: str  # empty: it does not run
    restarts: int


def identity(container):
    started = container["State"]["StartedAt"] if container["State"]["Running"] else ""
    return Identity(service(container), container["Name"].lstrip("/"), started, container["RestartCount"])


def service(container):
    return (container["Config"]["Labels"] or {}).get("com.docker.compose.service", container["Name"].lstrip("/"))


def belongs(name, labels, place):
    """Whether a thing of this name and these labels is of the place's projects."""
    texts = (name.lstrip("/"), (labels or {}).get("com.docker.compose.project", ""))
    ours = any(text == place.prefix or text.startswith((f"{place.prefix}-", f"{place.prefix}_")) for text in texts)
    return ours and "stranger" not in name


def is_ours(thing, place):
    return belongs(thing["Name"], thing.get("Labels"), place)


def is_edge(container):
    return (container["Config"]["Labels"] or {}).get("belay.role") == "edge"


def own(engine, place):
    """What `docker inspect` says of each of the place's containers."""
    return engine.containers(lambda entry: any(belongs(name, entry["Labels"], place) for name in entry["Names"]))


def identities(engine, place):
    return {c["Id"]: identity(c) for c in own(engine, place)}


def strangers(engine, place):
    found = engine.containers(lambda entry: f"/{place.prefix}-stranger" in entry["Names"])
    return {c["Id"]: identity(c) for c in found}


def anonymous_volumes(containers):
    return {m["Name"] for c in containers for m in c["Mounts"] if m["Type"] == "volume" and HEX64.fullmatch(m.get("Name", ""))}


def take(engine, place, behind_edge=False):
    """{service: {"count": N, "1": {…}, …}, "(ports)": …, "(volumes)": …, "(networks)": …} of this place. Behind an edge it is the
    edge that publishes the ports and has the services' names: then what belongs to it is left out, and the answers at the ports
    are compared."""
    containers, networks = own(engine, place), engine.networks()
    names = Names(containers, networks)
    found = {}
    # Compose numbers the containers of a service.
    for container in sorted(containers, key=lambda c: (service(c), c["Name"])):
        if is_edge(container):
            continue
        of_service = found.setdefault(service(container), {"count": 0})
        of_service["count"] += 1
        one = names.all(described(engine, container, names))
        # Which of several is left when there are to be fewer is compose's choice, and another from run to run.
        one = without_number(one, container["Name"].lstrip("/")) if several(containers, container) else one
        of_service[str(of_service["count"])] = without_ports(one) if behind_edge else one
    found["(ports)"] = answers(containers)
    if not behind_edge:  # services change hands there one by one
        found["(order)"] = order(containers, service)
    found["(volumes)"] = {v["Name"]: volume(v) for v in engine.volumes() if is_ours(v, place)}
    found["(networks)"] = {n["Name"]: network(n) for n in networks if is_ours(n, place)}
    return found


def scaled(snapshots):
    """The services that have several containers in one of these."""
    return {name for one in snapshots for name, found in one.items() if name[0] != "(" and found["count"] > 1}


def without_numbers(snapshot, services):
    """The same, where these services' containers have no numbers: which of several is left is compose's choice, and with it which of them
    later has the volumes of the one before."""
    for service_name in services & set(snapshot):
        found = snapshot[service_name]
        several_of_it = [without_number(one, one["Name"].lstrip("/")) for key, one in found.items() if key != "count"]
        ordered = sorted(several_of_it, key=lambda one: json.dumps(one, sort_keys=True))
        snapshot[service_name] = {"count": found["count"]} | {str(number): one for number, one in enumerate(ordered, 1)}
    return snapshot


def several(containers, container):
    return sum(1 for other in containers if service(other) == service(container)) > 1


def without_number(one, name):
    """The same, of any of the containers of its service."""
    one["Config"]["Labels"].pop("com.docker.compose.container-number", None)
    return json.loads(json.dumps(one).replace(name, "<one of several>"))


def volume(one):
    return {key: one.get(key) for key in ("Driver", "Labels", "Options", "Scope")}


def network(one):
    keys = ("Driver", "EnableIPv6", "Internal", "Attachable", "Ingress", "Labels", "Options", "Scope")
    # Other subnets are the Engine's choice.
    asked = [config for config in one["IPAM"]["Config"] or [] if config.get("Subnet", "").startswith(("10.1", "fd"))]
    ipam = {"Driver": one["IPAM"]["Driver"], "Options": one["IPAM"].get("Options") or None, "Config": asked}
    return {**{key: one.get(key) for key in keys}, "IPAM": ipam}


def described(engine, container, names):
    config, host = dict(container["Config"]), dict(container["HostConfig"])
    config["Labels"] = labels_of(config["Labels"] or {})
    if names_another(host):
        config["Labels"].pop("com.docker.compose.config-hash", None)  # another in each run: the id is part of it
    config["Env"] = sorted(config.get("Env") or [])
    if config.get("Hostname") == container["Id"][:12]:
        config["Hostname"] = "<id>"
    image = engine.image(container["Image"])
    reference = config.pop("Image")
    return {
        "Name": container["Name"],
        "Image": without_tag(reference),
        "layers": short_hash("|".join(image["RootFS"]["Layers"])) if image else "the image is gone",
        "Path": container["Path"],
        "Args": container["Args"],
        "Platform": container["Platform"],
        "State": state_of(container),
        "Config": config,
        "HostConfig": host_config(host, names),
        "Mounts": mounts_of(container),
        "Networks": endpoints(container),
        "Ports": ports(container, host),
        "process": process(container, names.addresses) if container["State"]["Running"] else "does not run",
        "files": files(container),
    }


def is_on_its_way(state):
    """Whether it is not yet what it will be: the suite's own programs exec `stay` once they listen."""
    if not state["Running"]:
        return state["Status"] in ("restarting", "created", "removing")
    if (state.get("Health") or {}).get("Status") == "starting":
        return True
    try:
        return is_starting(state["Pid"])
    except OSError:
        return True  # it ended while we looked


def is_starting(pid):
    words = read(f"/proc/{pid}/cmdline").split("\0")
    if words[0].endswith("/docker-init"):
        children = read(f"/proc/{pid}/task/{pid}/children").split()
        return not children or any(is_starting(child) for child in children)
    # "init" is the Engine's own, before the program; between the two there are no words at all.
    return words == [""] or words[1:2] in (["/bin/serve"], ["init"])


def names_another(host):
    """Whether it uses another container's namespace or volumes: compose puts that one's id into what it hashes."""
    modes = [host.get(key) or "" for key in ("NetworkMode", "IpcMode", "PidMode")]
    return bool(host.get("VolumesFrom")) or any(mode.startswith("container:") for mode in modes)


def without_tag(reference):
    if KEPT_IMAGE.match(reference):
        return ANY_NAME
    return re.sub(r"(@sha256:\w+|:[^/:]+)$", "", ATTEMPT_TAG.sub("", reference))


def state_of(container):
    state = container["State"]
    health = (state.get("Health") or {}).get("Status", "")
    return (f"exited {state['ExitCode']}" if state["Status"] == "exited" else state["Status"]) + (f", {health}" if health else "")


def labels_of(labels):
    kept = {key: value for key, value in labels.items() if not key.startswith("belay.") and key not in IGNORED_LABELS}
    if "com.docker.compose.depends_on" in kept:
        kept["com.docker.compose.depends_on"] = ",".join(sorted(kept["com.docker.compose.depends_on"].split(",")))
    return kept


def host_config(host, names):
    for key in ("ContainerIDFile", "ConsoleSize"):
        host.pop(key, None)
    if host["NetworkMode"] in names.network_of:  # compose does so with networks that are made elsewhere
        host["NetworkMode"] = f"<id of {names.network_of[host['NetworkMode']]}>"
    host["RestartPolicy"] = {"Name": host["RestartPolicy"]["Name"] or "no", "Max": host["RestartPolicy"]["MaximumRetryCount"]}
    for key in SETS:
        host[key] = sorted(HEX64.sub("<anonymous>", value) if key == "Binds" else value for value in host.get(key) or [])
    for key in EMPTY_IS_NONE:
        host[key] = host.get(key) or None
    if host["Ulimits"]:
        host["Ulimits"] = sorted(host["Ulimits"], key=lambda limit: limit["Name"])
    if host["Mounts"]:
        plain = [{key: HEX64.sub("<anonymous>", value) if isinstance(value, str) else value for key, value in mount.items()} for mount in host["Mounts"]]
        host["Mounts"] = sorted(plain, key=lambda mount: mount.get("Target", ""))
    return host


def without_ports(one):
    one["HostConfig"]["PortBindings"] = None
    one["Config"]["ExposedPorts"] = None
    one["Ports"] = {}
    for endpoint in one["Networks"].values():
        endpoint["Aliases"] = None
    return one


def answers(containers):
    """{published address: what answers there}, of the ports that were asked for by number. A program that has just been started may
    not listen yet: nothing is what is still nothing some seconds after the last start. A connection that was made before it listened
    hangs until its time is over, which may be later than that: so whatever answered nothing is asked again in any case."""
    asked = {
        f"{address}:{number}": ("127.0.0.1" if address == "0.0.0.0" else address, int(number))
        for container in containers
        for port, bindings in ports(container, container["HostConfig"]).items()
        for address, number in bindings
        if number != "<any>" and port.endswith("/tcp") and ":" not in address
    }
    found = {name: answer(*where) for name, where in asked.items()}
    until = max(max((started(container) for container in containers), default=0) + LISTENS, time.time() + AGAIN)
    while "nothing" in found.values() and time.time() < until:
        time.sleep(0.2)
        found |= {name: answer(*asked[name]) for name, what in found.items() if what == "nothing"}
    return found


def started(container):
    """In seconds since 1970; 0: never."""
    moment = container["State"]["StartedAt"].partition(".")[0].rstrip("Z")
    return calendar.timegm(time.strptime(moment, "%Y-%m-%dT%H:%M:%S")) if moment >= "1970" else 0


def answer(address, port):
    """A service that listens answers; behind an edge one that does not is a 503."""
    connection = http.client.HTTPConnection(address, port, timeout=5)
    try:
        connection.request("GET", "/")
        status = connection.getresponse().status
        return f"answers {status}" if status < 500 else "nothing"
    except (OSError, http.client.HTTPException):
        return "nothing"
    finally:
        connection.close()


def mounts_of(container):
    found = []
    for mount in sorted(container["Mounts"], key=lambda m: m["Destination"]):
        mount = dict(mount)
        if mount["Type"] in ("volume", "image"):  # where the Engine has it
            mount.pop("Source", None)
            if HEX64.fullmatch(mount.get("Name", "")):
                mount["Name"] = "<anonymous>"
        found.append(mount)
    return found


def endpoints(container):
    found = {}
    for name, endpoint in (container["NetworkSettings"]["Networks"] or {}).items():
        mac = endpoint.get("MacAddress") or ""
        found[name] = {
            "Aliases": sorted("<id>" if alias == container["Id"][:12] else alias for alias in set(endpoint.get("Aliases") or [])),
            "IPAMConfig": {key: value for key, value in (endpoint.get("IPAMConfig") or {}).items() if value} or None,
            "Links": endpoint.get("Links") or None,
            "DriverOpts": endpoint.get("DriverOpts") or None,
            "GwPriority": endpoint.get("GwPriority") or None,
            "MacAddress": mac if mac.startswith(OWN_MAC) else None,
            "attached": bool(endpoint.get("IPAddress")) if container["State"]["Running"] else None,
        }
    return found


def ports(container, host):
    found = {}
    for port, bindings in (container["NetworkSettings"]["Ports"] or {}).items():
        wanted = (host.get("PortBindings") or {}).get(port) or []
        fixed = any(want["HostPort"] not in ("", "0") and "-" not in want["HostPort"] for want in wanted)
        found[port] = sorted([b["HostIp"], b["HostPort"] if fixed else "<any>"] for b in bindings or [])
    return found


# ── as the process sees it: read through /proc, which is the process's own view and costs no `docker exec` ──


LIMITS = re.compile("Max (open files|processes|core|locked|nice|file size)")
STATUS = ("Uid", "Gid", "Groups", "CapEff", "CapBnd", "NoNewPrivs", "Seccomp")


def process(container, addresses):
    pid, host = container["State"]["Pid"], container["HostConfig"]
    targets = {m["Destination"] for m in container["Mounts"]} | set(host.get("Tmpfs") or {}) | {"/dev/shm"}
    try:
        status = dict(line.split(":\t", 1) for line in read(f"/proc/{pid}/status").splitlines() if ":\t" in line)
        limits = read(f"/proc/{pid}/limits").splitlines()
        return {
            "environment": sorted(read(f"/proc/{pid}/environ").strip("\0").split("\0")),
            "command": read(f"/proc/{pid}/cmdline").strip("\0").split("\0"),
            "directory": os.readlink(f"/proc/{pid}/cwd"),
            "oom": read(f"/proc/{pid}/oom_score_adj").strip(),
            "limits": [re.sub(r"\s+", " ", line) for line in limits if LIMITS.match(line)],
            **{key: " ".join(status.get(key, "").split()) for key in STATUS},
            "mounts": mount_table(pid, targets),
            "hosts": hosts(pid, addresses),
            "resolv.conf": [line for line in etc(pid, "resolv.conf") if is_asked_for(line, host)],
        }
    except (FileNotFoundError, ProcessLookupError):
        return "it ended while we looked"


def is_asked_for(line, host):
    """Name servers that no row asked for are the machine's."""
    return line.startswith(("options", "search")) or (host.get("Dns") and line.startswith("nameserver"))


def read(name):
    with open(name, encoding="utf-8", errors="replace") as file:
        return file.read()


def etc(pid, name):
    try:
        return read(f"/proc/{pid}/root/etc/{name}").splitlines()
    except OSError:
        return []


def hosts(pid, addresses):
    """/etc/hosts but for the containers' own addresses (one may share another's file)."""
    return sorted(line.replace("\t", " ") for line in etc(pid, "hosts") if line.split() and line.split()[0] not in addresses)


def mount_table(pid, targets):
    """{target: "type, options"} of the mounts that were asked for."""
    found = {}
    for line in read(f"/proc/{pid}/mountinfo").splitlines():
        head, tail = line.split(" - ")
        fields, kind = head.split(), tail.split()
        target = fields[4].replace("\\040", " ")
        if target in targets:
            asked = [option for option in kind[2].split(",") if option.startswith(("size=", "mode="))]
            shared = next((word.split(":")[0] for word in fields[6:] if word.startswith(("shared", "master"))), "private")
            words = [kind[0], fields[5], *asked, shared] if kind[0] == "tmpfs" else ["disk", fields[5], shared]
            found[target] = " ".join(words)
    return found


NOT_LOOKED_INTO = ("/dev", "/sys", "/proc", "/run/docker.sock", "/var/run/docker")


def files(container):
    """{mount: {file: "mode owner hash"}}: what lies behind each mount, as the container sees it."""
    pid = container["State"]["Pid"]
    found = {}
    for mount in container["Mounts"]:
        target = mount["Destination"]
        if mount["Type"] not in ("bind", "volume") or target.startswith(NOT_LOOKED_INTO):
            continue
        path = f"/proc/{pid}/root{target}" if container["State"]["Running"] else mount.get("Source", "")
        found[target] = listed(path)
    # Configs and secrets that are not mounted but copied lie in the container itself.
    if container["State"]["Running"]:
        for target in ("/copied", "/run/secrets"):
            if target not in found and os.path.isdir(f"/proc/{pid}/root{target}"):
                found[target] = listed(f"/proc/{pid}/root{target}")
    return found


def listed(path, limit=200):
    try:
        if not os.path.isdir(path):
            return one_file(path)
        found = {".": mode_of(path)}
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if name not in (".belay", ".git"))
            for name in sorted(names) + folders:
                full = os.path.join(folder, name)
                if len(found) < limit:
                    found[os.path.relpath(full, path)] = one_file(full)
        return found
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def mode_of(path):
    status = os.lstat(path)
    return f"{stat.filemode(status.st_mode)} {status.st_uid}:{status.st_gid}"


def one_file(path):
    if os.path.islink(path):
        return f"link to {os.readlink(path)}"
    if not os.path.isfile(path):
        return mode_of(path)
    with open(path, "rb") as file:
        data = file.read(1 << 20)
    text = data.decode("utf-8", "replace")
    return f"{mode_of(path)} {text!r}" if len(text) < 60 else f"{mode_of(path)} {short_hash(data)}"


def short_hash(data):
    return hashlib.sha256(data if isinstance(data, bytes) else data.encode()).hexdigest()[:12]
