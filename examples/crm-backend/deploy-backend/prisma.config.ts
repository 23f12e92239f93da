// How `prisma migrate deploy` reaches the database: through the JS engine and the pg driver, so that npm's
// packages are all it needs. (The native engine is a binary that Prisma downloads apart from npm, at install or at
// the first run: a server behind a proxy may not reach it, and no lock file pins it.)
//
// The JS engine is experimental in Prisma 6.19.3. Four things it gets wrong are put right below.
import { PrismaPg } from '@prisma/adapter-pg';
import { DriverAdapterError } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { defineConfig } from 'prisma/config';

// 1. Waiting for the advisory lock is bounded by a timer of 10 s that is not cleared when the lock is there: every
//    command lingers until it has run out (6.19.3). It may run, but not keep the process alive.
const ADVISORY_LOCK_LIMIT_MS = 10_000;
const startTimer = globalThis.setTimeout;
function startTimerThatLetsGo(callback: () => void, delay?: number): NodeJS.Timeout {
  const timer = startTimer(callback, delay);
  return delay === ADVISORY_LOCK_LIMIT_MS ? timer.unref() : timer;
}
globalThis.setTimeout = Object.assign(startTimerThatLetsGo, startTimer); // keeps util.promisify's hook

// 2. The adapter refuses columns of the catalog's own types, and the catalog is where the engine looks for the
//    tables that exist: "Column type 'name' could not be deserialized from the database", prisma/prisma issue 27403
//    (6.9.0, and still 6.19.3). On the wire they are text, so they are announced as its types.
const TEXT_TYPE_OF_CATALOG_TYPE = new Map([
  [18, 1042], // "char" → bpchar
  [19, 25], // name → text
  [1003, 1009], // name[] → text[]
]);

function announceCatalogTypesAsText(pool: pg.Pool): void {
  const query = pool.query.bind(pool) as (...args: unknown[]) => Promise<pg.QueryResult | pg.QueryResult[]>;
  const queryWithTextTypes = async (...args: unknown[]) => {
    const answer = await query(...args);
    for (const field of [answer].flat().flatMap((result) => result.fields)) {
      field.dataTypeID = TEXT_TYPE_OF_CATALOG_TYPE.get(field.dataTypeID) ?? field.dataTypeID;
    }
    return answer;
  };
  pool.query = queryWithTextTypes as typeof pool.query;
}

class MigrationAdapter extends PrismaPg {
  override async connect() {
    const adapter = await super.connect();
    const pool = adapter.underlyingDriver();
    announceCatalogTypesAsText(pool);
    // 3. The adapter splits a script at every ";", also inside a function's body or a string, and runs the pieces
    //    one by one (6.19.3). Sent whole, PostgreSQL splits it itself and runs it as one transaction: a migration
    //    that fails half way leaves nothing behind, as with the native engine.
    adapter.executeScript = async (script) => {
      try {
        await pool.query(script);
      } catch (error) {
        throw asFailedMigration(error);
      }
    };
    return adapter;
  }
}

// 4. The JS engine has no P3018 (6.16.3 to 6.19.3): whatever fails, it says "external connector error", and of some
//    of PostgreSQL's errors, such as an unknown column, it keeps only the name. So PostgreSQL's words are handed over
//    under a code that the engine does not rewrite, with those the native engine would have added.
function asFailedMigration(error: unknown): unknown {
  if (!(error instanceof pg.DatabaseError)) return error;
  const message = [
    error.message,
    '',
    'Error: P3018',
    'A migration failed to apply. New migrations cannot be applied before the error is recovered from. Read more ' +
      'about how to resolve migration issues in a production database: https://pris.ly/d/migrate-resolve',
    `Database error code: ${error.code ?? 'none'}`,
    ...(error.detail ? [`Detail: ${error.detail}`] : []),
    ...(error.hint ? [`Hint: ${error.hint}`] : []),
  ].join('\n');
  const unmapped = { code: 'N/A', detail: undefined, column: undefined, hint: undefined };
  return new DriverAdapterError({ kind: 'postgres', severity: error.severity ?? 'ERROR', message, ...unmapped });
}

export default defineConfig({
  experimental: { adapter: true },
  engine: 'js',
  schema: 'prisma/schema.prisma',
  adapter: () => {
    const connectionString = process.env['DATABASE_URL'];
    if (!connectionString) throw new Error('DATABASE_URL is not set');
    // One connection: the advisory lock belongs to the one that took it. Idle, it does not keep the process alive.
    return Promise.resolve(new MigrationAdapter({ connectionString, max: 1, allowExitOnIdle: true }));
  },
});
