"""The list of what is in the programs, as SPDX 2.3 (JSON)."""
import json
import re
from datetime import datetime, timezone

from .linked import licence_of


def identifier(*words):
    return "SPDXRef-" + "-".join(re.sub(r"[^A-Za-z0-9.-]", "-", word) for word in words)


def program_element(program, version):
    return {
        "SPDXID": identifier("belay", program.architecture), "name": "belay", "versionInfo": version,
        "packageFileName": f"belay ({program.architecture})", "primaryPackagePurpose": "APPLICATION",
        "supplier": "NOASSERTION", "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
        "checksums": [{"algorithm": "SHA256", "checksumValue": program.sha256}],
        "licenseConcluded": "NOASSERTION", "licenseDeclared": "NOASSERTION", "copyrightText": "NOASSERTION",
    }


def package_element(package, known):
    licence = licence_of(package, known)
    return {
        "SPDXID": identifier(package.name, package.architecture), "name": package.name, "versionInfo": package.version,
        "primaryPackagePurpose": "LIBRARY", "supplier": "Organization: Debian",
        "sourceInfo": f"built from the Debian source package {package.source} {package.source_version}",
        "downloadLocation": "NOASSERTION", "filesAnalyzed": False,
        "licenseConcluded": licence, "licenseDeclared": licence, "copyrightText": "NOASSERTION",
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": package.purl}],
    }


def relation(of, kind, to, comment=None):
    said = {"spdxElementId": of, "relationshipType": kind, "relatedSpdxElement": to}
    return said | {"comment": comment} if comment else said


def document(programs, version, epoch, known):
    """The text of the file. `programs` know their architecture, SHA-256, and the packages in them."""
    elements, relations = {}, []
    for program in programs:
        own = program_element(program, version)
        elements[own["SPDXID"]] = own
        relations.append(relation("SPDXRef-DOCUMENT", "DESCRIBES", own["SPDXID"]))
        for package in program.packages:
            element = package_element(package, known)
            elements[element["SPDXID"]] = element
            if package.linked:
                relations.append(relation(own["SPDXID"], "STATIC_LINK", element["SPDXID"]))
            else:
                relations.append(relation(own["SPDXID"], "CONTAINS", element["SPDXID"], "its headers are compiled in"))
    which = "-".join(program.sha256[:16] for program in programs)
    return json.dumps({
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"belay-{version}",
        "documentNamespace": f"https://belay.invalid/spdx/belay-{version}-{which}",
        "creationInfo": {
            "created": datetime.fromtimestamp(epoch, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "creators": [f"Tool: belay-dev-package-{version}"],
        },
        "packages": list(elements.values()), "relationships": relations,
    }, indent=1) + "\n"
