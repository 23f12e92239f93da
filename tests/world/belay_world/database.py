"""The app's database in its container: made once with 20,000 customers, given back fresh before each test."""
import hashlib
import json

from .commands import run, wait_until

USER, NAME, TEMPLATE = "crm_user", "crm_whatsapp_saas", "crm_template"


class Database:
    def __init__(self, engine, container):
        self.engine, self.container = engine, container

    def sql(self, text, database=NAME):
        """Runs it; the rows as lines, columns apart by |."""
        return run(
            "docker", "exec", "-i", self.container, "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
            "-U", USER, "-d", database, stdin=text,
        ).out.strip()

    def state(self):
        found = self.engine.container(self.container)
        return None if found is None else found["State"]["Status"]

    def answers(self):
        return run(
            "docker", "exec", self.container, "pg_isready", "-q", "-h", "127.0.0.1", "-U", USER, check=False
        ).code == 0

    def wait(self):
        wait_until(f"{self.container} answers", self.answers, limit=60)

    def stop(self):
        self.engine.docker("stop", self.container)

    def start(self):
        self.engine.docker("start", self.container)
        self.wait()

    def prepare(self, example, image, network, password):
        """Makes the template: migrated by the app's own image, filled with its seed. Kept while the migrations stay the same."""
        prisma = example / "prisma"
        files = sorted(file for file in prisma.rglob("*") if file.is_file())
        made_of = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
        there = f"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{TEMPLATE}'"
        if self.sql(there, "postgres") == made_of:
            return
        self.sql(f"DROP DATABASE IF EXISTS {TEMPLATE} WITH (FORCE);\nCREATE DATABASE {TEMPLATE};", "postgres")
        run(
            "docker", "run", "--rm", "--network", network, "-e",
            f"DATABASE_URL=postgresql://{USER}:{password}@{self.container}:5432/{TEMPLATE}", image,
            "npx", "prisma", "migrate", "deploy",
        )
        self.sql((prisma / "seed.sql").read_text(), TEMPLATE)
        self.sql("VACUUM ANALYZE", TEMPLATE)
        assert self.sql("SELECT count(*) FROM customers", TEMPLATE) == "20000"
        self.sql(f"COMMENT ON DATABASE {TEMPLATE} IS '{made_of}'", "postgres")

    def reset(self):
        self.sql(
            f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE);\nCREATE DATABASE {NAME} TEMPLATE {TEMPLATE};"
            f"\nSELECT 'DROP DATABASE \"' || datname || '\" WITH (FORCE)' FROM pg_database"
            f" WHERE datname NOT IN ('postgres', 'template0', 'template1', '{NAME}', '{TEMPLATE}') \\gexec",
            "postgres",
        )

    def customers(self):
        return int(self.sql("SELECT count(*) FROM customers"))

    def missing(self, acknowledged):
        """Of the writes the server acknowledged ({"id", "email"}), those that the table does not hold."""
        text = json.dumps(acknowledged).replace("'", "''")
        lines = self.sql(
            f"SELECT email FROM jsonb_to_recordset('{text}') AS written(id bigint, email text)"
            " WHERE NOT EXISTS (SELECT FROM customers c WHERE c.id = written.id AND c.email = written.email)"
        )
        return lines.splitlines()

    def migrations(self):
        """{name: finished?} as Prisma keeps them; one that failed and was not resolved is False."""
        rows = self.sql("SELECT migration_name, finished_at IS NOT NULL FROM _prisma_migrations WHERE rolled_back_at IS NULL")
        return {name: done == "t" for name, done in (line.split("|") for line in rows.splitlines())}
