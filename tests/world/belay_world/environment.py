"""The two environments of the example app, as its belay.yml and compose files name them."""
from dataclasses import dataclass
from pathlib import Path

from .commands import run
from .database import USER
from .repository import EXAMPLE
from .state import state_of

PASSWORD = "only-for-tests"


@dataclass(frozen=True)
class Environment:
    name: str
    live: Path
    compose_file: str
    port: int
    container: str
    database: str
    image: str

    @property
    def project(self):
        return self.live.name  # Compose's own rule

    @property
    def state(self):
        """belay's own directory."""
        return state_of(self.live)

    @property
    def base(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def env_file(self):
        return (
            f"POSTGRES_PASSWORD={PASSWORD}\n"
            f"DATABASE_URL=postgresql://{USER}:{PASSWORD}@postgres:5432/crm_whatsapp_saas\nLOG_LEVEL=info\n"
        )

    def compose(self, *arguments, limit=120.0):
        """docker compose as an operator types it in the live directory."""
        return run("docker", "compose", "-f", self.compose_file, *arguments, cwd=self.live, limit=limit)

    def bring_up_database(self, database, image):
        """Starts the compose file's own PostgreSQL and makes its template of 20,000 customers."""
        self.compose("up", "-d", "--no-build", "postgres")
        database.wait()
        database.prepare(EXAMPLE / "deploy-backend", image, f"{self.project}_crm", PASSWORD)


def production(root):
    return Environment(
        "production", root / "deploy-backend", "docker-compose.production.yml", 3001, "crm-backend", "crm-postgres",
        "crm-backend",
    )


def staging(root):
    return Environment(
        "staging", root / "deploy-backend-dev", "docker-compose.staging.yml", 3002, "crm-backend-dev", "crm-postgres-dev",
        "crm-backend-dev",
    )


ENVIRONMENTS = (production, staging)
