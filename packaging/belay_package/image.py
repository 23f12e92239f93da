"""A container image FROM scratch, made without an Engine: a tar that is an OCI layout and what `docker save` writes, in one, as
Docker itself has written it since version 25. `docker load` of any version takes it, and so do podman and skopeo."""
import hashlib
import json
from datetime import datetime, timezone

from .tree import Tree

DOCKER_NAME = "io.containerd.image.name"


def compact(value):
    return json.dumps(value, separators=(",", ":")).encode()


def image(tree, architecture, name, epoch, labels):
    """The bytes of the archive; `architecture` as Docker says it, `name` as "belay:0.1.0"."""
    layer = tree.tar(epoch)
    archive = Tree()

    def blob(content, kind):
        digest = hashlib.sha256(content).hexdigest()
        archive.put(f"blobs/sha256/{digest}", content)
        return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{digest}", "size": len(content)}

    created = datetime.fromtimestamp(epoch, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    layer_at = blob(layer, "layer.v1.tar")
    config_at = blob(compact({
        "created": created, "architecture": architecture, "os": "linux",
        "config": {"Env": ["PATH=/usr/bin"], "Entrypoint": ["/usr/bin/belay"], "Labels": labels},
        "rootfs": {"type": "layers", "diff_ids": [layer_at["digest"]]},
        "history": [{"created": created, "created_by": "belay-dev package"}],
    }), "config.v1+json")
    manifest_at = blob(compact({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config_at, "layers": [layer_at],
    }), "manifest.v1+json")
    manifest_at["platform"] = {"architecture": architecture, "os": "linux"}
    manifest_at["annotations"] = {DOCKER_NAME: f"docker.io/library/{name}", "org.opencontainers.image.ref.name": name.partition(":")[2]}

    def at(descriptor):
        return "blobs/sha256/" + descriptor["digest"].partition(":")[2]

    archive.put("oci-layout", compact({"imageLayoutVersion": "1.0.0"}))
    archive.put("index.json", compact({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [manifest_at],
    }))
    archive.put("manifest.json", compact([{"Config": at(config_at), "RepoTags": [name], "Layers": [at(layer_at)]}]))
    return archive.tar(epoch)
