"""Whether services waited for those that they depend on: told from the moments at which Docker says that containers started and ended."""
from datetime import datetime

moment = datetime.fromisoformat  # as the Engine writes one
KEPT_ANSWERS = 5  # of a HEALTHCHECK: the Engine forgets older ones


def order(containers, service):
    """{service: {dependency: "waited" or "did not wait"}} of each `depends_on` whose containers have all been started. `service` names a
    container's."""
    of_service = {}
    for container in containers:
        of_service.setdefault(service(container), []).append(container)
    found = {}
    for name, own in of_service.items():
        for dependency, condition in depends_on(own[0]):
            others = of_service.get(dependency, [])
            if others and all(was_started(one) for one in own + others):
                waited = all(moment(one["State"]["StartedAt"]) >= ready(other, condition) for one in own for other in others)
                found.setdefault(name, {})[dependency] = "waited" if waited else "did not wait"
    return found


def depends_on(container):
    """[(service, condition)], as compose notes them in a label: "db:service_healthy:false,job:service_started:false"."""
    label = (container["Config"]["Labels"] or {}).get("com.docker.compose.depends_on", "")
    return [tuple(part.split(":")[:2]) for part in label.split(",") if part]


def ready(container, condition):
    """From which moment on those that depend on it may start."""
    state = container["State"]
    if condition == "service_completed_successfully" and not state["Running"]:
        return moment(state["FinishedAt"])
    answers = (state.get("Health") or {}).get("Log") or []
    if condition == "service_healthy" and len(answers) < KEPT_ANSWERS:
        good = [moment(answer["End"]) for answer in answers if answer["ExitCode"] == 0]
        return min(good, default=moment(state["StartedAt"]))
    return moment(state["StartedAt"])


def was_started(container):
    return container["State"]["StartedAt"] >= "1970"
