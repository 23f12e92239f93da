"""What is there, in a form in which two deployments can be compared: ids, times, addresses, the names of attempts and belay's own labels
and tags are taken out."""
import hashlib
import http.client
import os
import re
import stat

HEX64 = re.compile(r"\b[0-9a-f]{64}\b")
ATTEMPT_TAG = re.compile(r":\d{8}-\d{6}-\w+$")
IGNORED_LABELS = ("com.docker.compose.image", "com.docker.compose.replace")
SETS = ("Binds", "CapAdd", "CapDrop", "Dns", "DnsSearch", "DnsOptions", "ExtraHosts", "GroupAdd", "Links", "SecurityOpt")
EMPTY_IS_NONE = ("Mounts", "Devices", "DeviceCgroupRules", "DeviceRequests", "Ulimits", "PortBindings", "Tmpfs", "Sysctls", "StorageOpt", "Annotations")
OWN_MAC = "06:be:1a"  # addresses that begin so were asked for by a row; others are the Engine's choice


class Names:
    """Ids to the names of services, and paths of this place to words."""

    def __init__(self, containers, networks, place):
        self.service_of = {c["Id"]: service(c) for c in containers}
        self.network_of = {n["Id"]: n["Name"] for n in networks}
        self.place = place

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


def service(container):
    return (container["Config"]["Labels"] or {}).get("com.docker.compose.service", container["Name"].lstrip("/"))


def is_ours(name, project, place):
    return any(text == place.prefix or text.startswith((place.prefix + "-", place.prefix + "_")) for text in (name.lstrip("/"), project or "")) and "stranger" not in name


def is_stranger(name, place):
    return name.lstrip("/").startswith(f"{place.prefix}-stranger")


def is_edge(container):
    return (container["Config"]["Labels"] or {}).get("belay.role") == "edge"


def own(engine, place):
    return engine.containers(lambda entry: any(is_ours(name, entry["Labels"].get("com.docker.compose.project"), place) for name in entry["Names"]))


def identities(engine, place):
    """{id: (service, name, start, restarts)}: what was touched shows in a difference."""
    return {c["Id"]: (service(c), c["Name"], c["State"]["StartedAt"] if c["State"]["Running"] else "", c["RestartCount"]) for c in own(engine, place)}


def strangers(engine, place):
    return {c["Name"]: (c["Id"], c["State"]["StartedAt"], c["RestartCount"]) for c in engine.containers(lambda entry: any(is_stranger(name, place) for name in entry["Names"]))}


def take(engine, place, behind_edge=False):
    """{service: {"count": N, "1": {…}, …}, "(ports)": …, "(volumes)": …, "(networks)": …} of this place. Behind an edge it is the edge that
    publishes the ports and has the services' names: then what belongs to it is left out, and the answers at the ports are compared."""
    containers, networks = own(engine, place), engine.networks()
    names = Names(containers, networks, place)
    found = {}
    # Compose numbers the containers of a service.
    for container in sorted(containers, key=lambda c: (service(c), c["Name"])):
        if is_edge(container):
            continue
        of_service = found.setdefault(service(container), {"count": 0})
        of_service["count"] += 1
        one = names.all(described(engine, container, names))
        of_service[str(of_service["count"])] = without_ports(one) if behind_edge else one
    found["(ports)"] = answers(containers)
    found["(volumes)"] = {
        v["Name"]: {key: v.get(key) for key in ("Driver", "Labels", "Options", "Scope")} for v in engine.volumes() if is_ours(v["Name"], project_of(v), place)
    }
    found["(networks)"] = {
        n["Name"]: {
            **{key: n.get(key) for key in ("Driver", "EnableIPv6", "Internal", "Attachable", "Ingress", "Labels", "Options", "Scope")},
            "IPAM": {"Driver": n["IPAM"]["Driver"], "Options": n["IPAM"].get("Options") or None,
                     "Config": [config for config in n["IPAM"]["Config"] or [] if config.get("Subnet", "").startswith(("10.1", "fd"))]},
        }
        for n in networks if is_ours(n["Name"], project_of(n), place)
    }
    return found


def project_of(thing):
    return (thing.get("Labels") or {}).get("com.docker.compose.project")


def described(engine, container, names):
    config, host, state = dict(container["Config"]), dict(container["HostConfig"]), container["State"]
    config["Labels"] = labels_of(config["Labels"] or {})
    config["Env"] = sorted(config.get("Env") or [])
    if config.get("Hostname") == container["Id"][:12]:
        config["Hostname"] = "<id>"
    image = engine.image(container["Image"])
    reference = re.sub(r"(@sha256:\w+|:[^/:]+)$", "", ATTEMPT_TAG.sub("", config.pop("Image")))
    return {
        "Name": container["Name"],
        "Image": reference,
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
        "process": process(container) if state["Running"] else "does not run",
        "files": files(container),
    }


def is_on_its_way(state):
    """Whether it is not yet what it will be: the suite's own programs exec `stay` once they listen."""
    if not state["Running"]:
        return state["Status"] in ("restarting", "created", "removing")
    if (state.get("Health") or {}).get("Status") == "starting":
        return True
    try:
        return read(f"/proc/{state['Pid']}/cmdline").split("\0")[1:2] == ["/bin/serve"]
    except OSError:
        return True  # it ended while we looked


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
    host["NetworkMode"] = names.network_of.get(host["NetworkMode"], host["NetworkMode"])
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
    """{published address: what answers there}, of the ports that were asked for by number."""
    found = {}
    for container in containers:
        for port, bindings in ports(container, container["HostConfig"]).items():
            for address, number in bindings:
                if number != "<any>" and port.endswith("/tcp") and ":" not in address:
                    found[f"{address}:{number}"] = answer("127.0.0.1" if address == "0.0.0.0" else address, int(number))
    return found


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
        if mount["Type"] == "volume":
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


def process(container):
    pid = container["State"]["Pid"]
    try:
        status = dict(line.split(":\t", 1) for line in read(f"/proc/{pid}/status").splitlines() if ":\t" in line)
        environment = sorted(read(f"/proc/{pid}/environ").strip("\0").split("\0"))
        return {
            "environment": environment,
            "command": read(f"/proc/{pid}/cmdline").strip("\0").split("\0"),
            "directory": os.readlink(f"/proc/{pid}/cwd"),
            "oom": read(f"/proc/{pid}/oom_score_adj").strip(),
            "limits": [re.sub(r"\s+", " ", line) for line in read(f"/proc/{pid}/limits").splitlines() if re.match("Max (open files|processes|core|locked|nice|file size)", line)],
            **{key: " ".join(status.get(key, "").split()) for key in ("Uid", "Gid", "Groups", "CapEff", "CapBnd", "NoNewPrivs", "Seccomp")},
            "mounts": mount_table(pid, {m["Destination"] for m in container["Mounts"]} | set(container["HostConfig"].get("Tmpfs") or {}) | {"/dev/shm"}),
            "hosts": hosts(pid, container),
            "resolv.conf": [line for line in etc(pid, "resolv.conf") if line.startswith(("options", "search")) or (container["HostConfig"].get("Dns") and line.startswith("nameserver"))],
        }
    except (FileNotFoundError, ProcessLookupError):
        return "it ended while we looked"


def read(name):
    with open(name, encoding="utf-8", errors="replace") as file:
        return file.read()


def etc(pid, name):
    try:
        return read(f"/proc/{pid}/root/etc/{name}").splitlines()
    except OSError:
        return []


def hosts(pid, container):
    """/etc/hosts but for the container's own addresses and host-gateway's."""
    own = {address for endpoint in container["NetworkSettings"]["Networks"].values() for address in (endpoint.get("IPAddress"), endpoint.get("GlobalIPv6Address")) if address}
    return sorted(line.replace("\t", " ") for line in etc(pid, "hosts") if line.split() and line.split()[0] not in own)


def mount_table(pid, targets):
    """{target: "type, options"} of the mounts that were asked for."""
    found = {}
    for line in read(f"/proc/{pid}/mountinfo").splitlines():
        head, tail = line.split(" - ")
        fields, kind = head.split(), tail.split()
        target = fields[4].replace("\\040", " ")
        if target in targets:
            size = next((option for option in kind[2].split(",") if option.startswith("size=")), "") if kind[0] == "tmpfs" else ""
            mode = next((option for option in kind[2].split(",") if option.startswith("mode=")), "") if kind[0] == "tmpfs" else ""
            shared = next((word.split(":")[0] for word in fields[6:] if word.startswith(("shared", "master"))), "private")
            found[target] = " ".join(filter(None, [kind[0] if kind[0] == "tmpfs" else "disk", fields[5], size, mode, shared]))
    return found


def files(container):
    """{mount: {file: "mode owner hash"}}: what lies behind each mount, as the container sees it."""
    pid = container["State"]["Pid"]
    found = {}
    targets = {m["Destination"]: m for m in container["Mounts"]}
    for target, mount in targets.items():
        if mount["Type"] not in ("bind", "volume") or target.startswith(("/dev", "/sys", "/proc", "/run/docker.sock", "/var/run/docker")):
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
