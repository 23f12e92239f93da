"""The published files: what is in them, that it works where it is installed, and that it is the same each time it is made."""
import gzip
import hashlib
import json
import os
import re
import subprocess
import tarfile

import pytest
from belay_package import linked
from belay_world.commands import run
from published import Published

from conftest import REPOSITORY


def members(file, **options):
    with tarfile.open(file, **options) as archive:
        return {entry.name: entry for entry in archive.getmembers()}


def test_the_deb_has_program_completions_and_a_manual_page_for_each_command(root):
    assert (root / "usr/bin/belay").read_bytes() == (REPOSITORY / "build/release/belay").read_bytes()
    pages = {file.stem for file in (REPOSITORY / "docs/commands").glob("*.md")}
    for page in pages:
        name = "belay" if page == "belay" else f"belay-{page}"
        said = run("lexgrog", root / f"usr/share/man/man1/{name}.1.gz").out  # what mandb finds it by
        assert f'"{name} - ' in said
    for shell, place in {
        "bash": "bash-completion/completions/belay", "zsh": "zsh/vendor-completions/_belay", "fish": "fish/vendor_completions.d/belay.fish",
    }.items():
        assert (root / "usr/share" / place).read_text() == run(root / "usr/bin/belay", "completion", shell).out


def test_a_manual_page_says_what_help_says(root):
    env = {**os.environ, "MANWIDTH": "200", "LC_ALL": "C.UTF-8"}
    shown = run("man", "-l", "--nj", root / "usr/share/man/man1/belay-deploy.1.gz", env=env).out
    words = (REPOSITORY / "docs/commands/deploy.md").read_text()
    for line in ("OPTIONS", "EXIT CODES", "BELAY_COMMIT", "--dirty: ship the working tree as it is", "belay deploy staging --ref feature/login"):
        assert line in shown and line.lower() in words.replace("`", "").lower()


def test_a_manual_page_has_no_faults_that_groff_knows(root):
    for page in (root / "usr/share/man/man1").iterdir():
        said = run("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page, env={**os.environ, "MANROFFSEQ": "", "LC_ALL": "C.UTF-8"})
        assert said.err == "", page


def test_the_deb_names_what_it_was_built_with_and_needs_nothing(published):
    control = run("dpkg-deb", "-f", published.deb).out
    assert "\nDepends:" not in control
    assert "glibc (= " in control and "openssl (= " in control


@pytest.mark.full
def test_lintian_finds_nothing(published):
    said = run("lintian", "--allow-root", "--fail-on", "error,warning", published.deb, check=False)
    assert said.code == 0, said


def test_the_deb_installs_and_goes_away_without_a_trace(published, tmp_path):
    for name in ("var/lib/dpkg/info", "var/lib/dpkg/updates"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "var/lib/dpkg/status").touch()
    before = sorted(tmp_path.glob("usr/**/*"))
    run("dpkg", f"--root={tmp_path}", "--force-script-chrootless", "-i", published.deb)
    assert "belay 0." in run("chroot", tmp_path, "/usr/bin/belay", "version").out
    run("dpkg", f"--root={tmp_path}", "--force-script-chrootless", "-r", "belay")
    assert sorted(tmp_path.glob("usr/**/*")) == before


def test_the_tarball_unpacks_into_one_directory_and_runs_from_there(published, tmp_path):
    run("tar", "-C", tmp_path, "-xzf", published.tarball)
    [directory] = tmp_path.iterdir()
    assert f"{directory.name}.tar.gz" == published.tarball.name
    assert "belay 0." in run(directory / "bin/belay", "version").out


@pytest.mark.parametrize("which", ["deb", "tarball", "image"])
def test_all_files_are_roots_sorted_and_dated_by_the_commit(published, tmp_path, which):
    file = getattr(published, which)
    if which == "deb":
        file = tmp_path / "data.tar"
        file.write_bytes(run_bytes("dpkg-deb", "--fsys-tarfile", published.deb))
    entries = members(file)
    epoch = int(run("git", "-C", REPOSITORY, "log", "-1", "--format=%ct").out)
    names = [name.removeprefix("./") for name in entries]
    assert names == sorted(names)
    for entry in entries.values():
        assert (entry.uid, entry.gid, entry.mtime) == (0, 0, epoch), entry.name
        assert entry.mode == (0o755 if entry.isdir() or "/bin/" in entry.name else 0o644), entry.name


def run_bytes(*argv):
    return subprocess.run(argv, check=True, capture_output=True).stdout


def test_the_image_is_an_oci_layout_and_what_docker_saves(published, tmp_path):
    with tarfile.open(published.image) as archive:
        archive.extractall(tmp_path)

    def blob(descriptor):
        content = (tmp_path / "blobs/sha256" / descriptor["digest"].removeprefix("sha256:")).read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (descriptor["digest"].removeprefix("sha256:"), descriptor["size"])
        return content

    index, [docker] = (json.loads((tmp_path / name).read_text()) for name in ("index.json", "manifest.json"))
    manifest = json.loads(blob(index["manifests"][0]))
    config, [layer] = json.loads(blob(manifest["config"])), manifest["layers"]
    blob(layer)
    assert config["rootfs"]["diff_ids"] == [layer["digest"]]
    assert docker["Layers"] == ["blobs/sha256/" + layer["digest"].removeprefix("sha256:")]
    assert docker["Config"] == "blobs/sha256/" + manifest["config"]["digest"].removeprefix("sha256:")
    inside = members(tmp_path / docker["Layers"][0])
    assert inside["usr/bin/belay"].mode == 0o755
    assert {name.split("/")[0] for name in inside} == {"usr"}  # no file of any distribution


@pytest.mark.engine
def test_docker_loads_the_image_and_runs_it(published):
    loaded = run("docker", "load", "-i", published.image).out
    name = loaded.split("Loaded image: ")[1].strip()
    try:
        assert "belay 0." in run("docker", "run", "--rm", "--network", "none", name, "version").out
    finally:
        run("docker", "rmi", name)


def test_the_sums_are_of_all_files(published):
    run("sha256sum", "--check", "--strict", "SHA256SUMS", cwd=published.directory)
    listed = {line.split("  ")[1] for line in (published.directory / "SHA256SUMS").read_text().splitlines()}
    assert listed == {name for name in published.files() if not name.startswith("SHA256SUMS")}


def test_the_list_of_parts_names_what_the_linker_says_when_it_links_again(published, tmp_path):
    """With --trace it names each member of an archive that it takes, before it throws unused sections away."""
    build = REPOSITORY / "build/release"
    command = run("ninja", "-C", build, "-t", "commands", "belay").out.splitlines()[-1]
    traced = run("sh", "-c", command.replace(" -o belay ", f" -Wl,--trace,--trace,-Map=/dev/null -o {tmp_path}/belay "), cwd=build).out
    taken = re.findall(r"^\((.+\.a)\).+$|^(.+\.o)$", traced, re.M)
    names = linked.owners(linked.foreign({archive or file for archive, file in taken}, build))
    parts = {part["SPDXID"]: part["name"] for part in published.parts["packages"]}
    listed = {parts[one["relatedSpdxElement"]] for one in published.parts["relationships"] if one["relationshipType"] == "STATIC_LINK"}
    assert listed == {name.partition(":")[0] for name in names}


def test_the_list_of_parts_has_libraries_of_headers_and_nothing_of_the_tests(published):
    parts = {part["name"] for part in published.parts["packages"]}
    assert {"libboost1.81-dev", "libcli11-dev", "libfmt-dev"} <= parts
    assert "doctest-dev" not in parts


def test_the_list_of_parts_is_in_the_deb_too(published, root):
    inside = json.loads(gzip.decompress((root / "usr/share/doc/belay/belay.spdx.json.gz").read_bytes()))
    assert inside == published.parts
    notices = gzip.decompress((root / "usr/share/doc/belay/notices.gz").read_bytes()).decode()
    for package in published.parts["packages"][1:]:
        assert f"/usr/share/doc/{package['name']}/copyright" in notices or package["name"].startswith(("libboost", "libstdc++", "libgcc"))


def test_a_second_build_in_another_directory_gives_the_same_bytes(published, elsewhere, full, tmp_path):
    elsewhere.configure()
    if full:
        elsewhere.compile(CCACHE_DISABLE="1")
    else:
        elsewhere.compile()  # ccache gives objects that another directory made: so some are made here, by the compiler itself
        made_here = elsewhere.forget_some_objects(3)
        assert len(set(made_here)) == 3
        elsewhere.compile(CCACHE_DISABLE="1")
    assert (elsewhere.build / "belay").read_bytes() == (REPOSITORY / "build/release/belay").read_bytes()
    again = Published.of(elsewhere.directory, elsewhere.build, tmp_path / "out", epoch=elsewhere.epoch)
    first, second = published.files(), again.files()
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
