"""A fake of systemd's programs, for machines where systemd does not run: they write down how they were called, and do the least of it."""
import os
import shutil
from pathlib import Path

from belay_world.commands import run

# Hidden, in a mount name space: this machine does not look like one with systemd to others.
SEEMS_TO_RUN = "mkdir -p /run/systemd && mount -t tmpfs fake-systemd /run/systemd && mkdir /run/systemd/system && "
LINGERS = "mkdir -p /var/lib/systemd && mount -t tmpfs fake-systemd /var/lib/systemd && mkdir /var/lib/systemd/linger && touch /var/lib/systemd/linger/{account} && "
# logind as where KillUserProcesses=yes.
FAKE_LOGIN = '[ "$1" != show-session ] || echo KillUserProcesses=yes\n'
FAKE = """\
#!/bin/sh
# A fake {name}, made by a test.
echo "{name} $*" >>{place}/calls
[ ! -e {place}/refuses-{name} ] || {{ echo "fake {name} refuses" >&2; exit 1; }}
"""
FAKE_RUN = """\
while :; do case $1 in --*) shift ;; *) break ;; esac; done
exec "$@"
"""


class FakeSystemd:
    def __init__(self, place):
        self.place = Path(place)
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir(parents=True)
        self.place.chmod(0o777)
        for name in ("systemctl", "loginctl", "systemd-run"):
            program = self.place / name
            program.write_text(FAKE.format(name=name, place=self.place) + {"systemd-run": FAKE_RUN, "loginctl": FAKE_LOGIN}.get(name, ""))
            program.chmod(0o755)

    def refuse(self, name):
        (self.place / f"refuses-{name}").touch()

    def calls(self):
        file = self.place / "calls"
        return file.read_text().splitlines() if file.exists() else []

    def on_the_path(self):
        return {"PATH": f"{self.place}:{os.environ['PATH']}"}

    def run(self, script, lingering="", **options):
        """A script of sh on a machine that seems to run systemd, where the account `lingering` has its own without a login."""
        lingers = LINGERS.format(account=lingering) if lingering else ""
        return run("unshare", "--mount", "sh", "-c", SEEMS_TO_RUN + lingers + script, **options)
