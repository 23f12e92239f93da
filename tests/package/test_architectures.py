"""Packages of two architectures: each has the other one's program, for servers of that kind."""
import importlib.util
import json
import os
from importlib.machinery import SourceFileLoader

import pytest
from belay_package.linked import Package
from belay_world.commands import run

from conftest import REPOSITORY

HELLO = "#!/bin/sh\n# a stand-in for the program of {}\necho belay 0.1.0\n"
PARTS = {
    "amd64": [Package("zlib1g-dev", "1:1.2.13.dfsg-1", "amd64", "zlib", "1:1.2.13.dfsg-1", True)],
    "arm64": [
        Package("libyaml-dev", "0.2.5-1", "arm64", "libyaml", "0.2.5-1", False),
        Package("zlib1g-dev", "1:1.2.13.dfsg-1", "arm64", "zlib", "1:1.2.13.dfsg-1", True),
    ],
}


@pytest.fixture(scope="module")
def packaging():
    loader = SourceFileLoader("packaging_package", str(REPOSITORY / "packaging/package"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def out(packaging, tmp_path_factory):
    """What is published of stand-ins."""
    out, programs = tmp_path_factory.mktemp("out"), []
    for architecture, parts in PARTS.items():
        file = tmp_path_factory.mktemp(architecture) / "belay"
        file.write_text(HELLO.format(architecture))
        file.chmod(0o755)
        programs.append(packaging.Program(architecture, file, parts))
    packaging.write_all(programs, "0.1.0", 1, out, None)
    return out


@pytest.mark.parametrize("own, other, machine", [("amd64", "arm64", "aarch64"), ("arm64", "amd64", "x86_64")])
def test_each_package_has_its_program_and_the_one_for_servers_of_the_other_kind(out, tmp_path, own, other, machine):
    run("dpkg-deb", "-x", out / f"belay_0.1.0_{own}.deb", tmp_path / "deb")
    run("tar", "-C", tmp_path, "-xzf", out / f"belay-0.1.0-linux-{own}.tar.gz")
    for prefix in (tmp_path / "deb/usr", tmp_path / f"belay-0.1.0-linux-{own}"):
        assert (prefix / "bin/belay").read_text() == HELLO.format(own)
        assert (prefix / f"lib/belay/belay-{machine}").read_text() == HELLO.format(other)
        assert os.access(prefix / f"lib/belay/belay-{machine}", os.X_OK)
        assert [file.name for file in (prefix / "lib/belay").iterdir()] == [f"belay-{machine}"]
    assert run("dpkg-deb", "-f", out / f"belay_0.1.0_{own}.deb", "Architecture").out.strip() == own
    built_of = run("dpkg-deb", "-f", out / f"belay_0.1.0_{own}.deb", "Built-Using").out.strip()
    assert built_of == "libyaml (= 0.2.5-1), zlib (= 1:1.2.13.dfsg-1)"


def test_one_list_names_the_parts_of_both_programs(out):
    said = json.loads((out / "belay-0.1.0.spdx.json").read_text())
    relations = {(one["spdxElementId"], one["relationshipType"], one["relatedSpdxElement"]) for one in said["relationships"]}
    assert relations == {
        ("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-belay-amd64"),
        ("SPDXRef-belay-amd64", "STATIC_LINK", "SPDXRef-zlib1g-dev-amd64"),
        ("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-belay-arm64"),
        ("SPDXRef-belay-arm64", "CONTAINS", "SPDXRef-libyaml-dev-arm64"),
        ("SPDXRef-belay-arm64", "STATIC_LINK", "SPDXRef-zlib1g-dev-arm64"),
    }
    parts = {part["SPDXID"]: part for part in said["packages"]}
    assert parts["SPDXRef-zlib1g-dev-arm64"]["licenseConcluded"] == "Zlib"
    assert parts["SPDXRef-libyaml-dev-arm64"]["externalRefs"][0]["referenceLocator"] == "pkg:deb/debian/libyaml-dev@0.2.5-1?arch=arm64"
    assert len({parts[f"SPDXRef-belay-{name}"]["checksums"][0]["checksumValue"] for name in PARTS}) == 2
