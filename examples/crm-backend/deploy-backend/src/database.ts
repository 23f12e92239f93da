import pg from 'pg';

/** All of the database that the app uses: a pool can stand in for it, and so can a test's table in memory. */
export interface Database {
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<{ rows: Row[] }>;
}

const MAX_CONNECTIONS = 10;
const CONNECT_LIMIT_MS = 2_000;
const STATEMENT_LIMIT_MS = 5_000;

export function openDatabase(connectionString: string, onLostConnection: (error: Error) => void): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    query_timeout: STATEMENT_LIMIT_MS,
    statement_timeout: STATEMENT_LIMIT_MS,
  });
  // An idle connection that breaks (the database restarts) is replaced by the pool; unheard, the event would end us.
  pool.on('error', onLostConnection);
  return pool;
}
