"""Where belay keeps the state of an environment: the rule of src/model/state_place.hpp, for root or with another account's home."""
import hashlib
import os
import re
from pathlib import Path


def state_of(live, home=None):
    path = os.path.realpath(live)
    name = re.sub(rb"[^A-Za-z0-9._-]", b"_", os.fsencode(os.path.basename(path))[:100]).decode()
    key = f"{name}-{hashlib.sha256(os.fsencode(path)).hexdigest()[:12]}"
    return (Path(home) / ".local/state" if home else Path("/var/lib")) / "belay" / key
