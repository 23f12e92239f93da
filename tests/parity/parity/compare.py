"""Two snapshots beside each other."""
import json
from dataclasses import dataclass

from .snapshot import ANY_NAME

ABSENT = "(absent)"


@dataclass
class Difference:
    phase: str
    path: str  # service, container's number, …
    text: str

    @property
    def service(self):
        return self.path.split(" › ")[0]

    def __str__(self):
        return f"{self.phase}: {self.path}: {self.text}"


def differences(phase, by_hand, by_belay, path=()):
    """[Difference]: from what compose left to what belay left."""
    if isinstance(by_hand, dict) and isinstance(by_belay, dict):
        found = []
        for key in sorted(set(by_hand) | set(by_belay)):
            found += differences(phase, by_hand.get(key, ABSENT), by_belay.get(key, ABSENT), (*path, key))
        return found
    if by_hand == by_belay or by_belay == ANY_NAME:
        return []
    return [Difference(phase, " › ".join(path), said(by_hand, by_belay))]


def said(by_hand, by_belay):
    if isinstance(by_hand, list) and isinstance(by_belay, list):
        one, other = [[text(item) for item in items] for items in (by_hand, by_belay)]
        less, more = [item for item in one if item not in other], [item for item in other if item not in one]
        if less or more:
            return f"compose has {', '.join(less) or 'nothing more'}; belay has {', '.join(more) or 'nothing more'}"
    return f"compose has {shortened(text(by_hand))}; belay has {shortened(text(by_belay))}"


def text(value):
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def shortened(value, limit=240):
    return value if len(value) <= limit else value[:limit] + "…"
