"""Man pages, from the pages of docs/commands: what `belay help COMMAND` shows is what `man belay-COMMAND` shows."""
import re
import subprocess
from datetime import datetime, timezone
from pathlib import Path

HEADING = re.compile(r"^# belay(?P<command> [a-z]+)?(?P<arguments> [^:]*)?(?P<about>:.*)?$")


def source_of(name, text):
    """The page as lowdown takes it: with a NAME, which `apropos` finds it by, and a SYNOPSIS, in place of its title."""
    title, _, body = text.partition("\n")
    found = HEADING.match(title)
    if not found:
        raise ValueError(f"docs/commands/{name}.md does not begin with '# belay'")
    first = " ".join(body.strip().split("\n\n")[0].split())
    about = (found["about"] or "").removeprefix(": ") or re.split(r"(?<=[a-z0-9`]) ?\.(?: |$)", first)[0]
    page = name if name == "belay" else f"belay-{name}"
    line = (title.removeprefix("# ") if not found["about"] else "belay COMMAND").strip()
    see = "" if name == "belay" else "\n# SEE ALSO\n\n**belay**(1)\n"
    body = re.sub(r"^## (.*)$", lambda heading: f"# {heading[1].upper()}", body.strip(), flags=re.M)
    return f"# NAME\n\n{page} - {about.replace('`', '')}\n\n# SYNOPSIS\n\n**{line}**\n\n# DESCRIPTION\n\n{body}\n{see}"


def page(name, text, version, epoch):
    """The page in roff."""
    title = name if name == "belay" else f"belay-{name}"
    date = datetime.fromtimestamp(epoch, timezone.utc).strftime("%Y-%m-%d")
    said = subprocess.run(
        ["lowdown", "-s", "-Tman", "--parse-no-intraemph", f"-mtitle={title.upper()}", "-msection=1", f"-mdate={date}",
         f"-msource=belay {version}", "-mvolume=belay"],
        input=source_of(name, text), capture_output=True, text=True, check=True,
    )
    return said.stdout


def pages(folder, version, epoch):
    """{"belay-deploy.1": its text}, of each page in the folder."""
    found = {}
    for file in sorted(Path(folder).glob("*.md")):
        found[("belay" if file.stem == "belay" else f"belay-{file.stem}") + ".1"] = page(file.stem, file.read_text(), version, epoch)
    return found
