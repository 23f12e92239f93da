import type pg from 'pg';

import type { Database } from '../database.js';

/** Answers each statement with the rows of the first reply whose pattern it matches, and remembers what it was asked. */
export class FakeDatabase implements Database {
  readonly asked: { sql: string; values: unknown[] }[] = [];

  constructor(private readonly replies: [RegExp, object[] | Error][]) {}

  query<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<{ rows: Row[] }> {
    this.asked.push({ sql, values });
    const reply = this.replies.find(([pattern]) => pattern.test(sql))?.[1];
    if (reply === undefined) return Promise.reject(new Error(`no reply is prepared for: ${sql}`));
    return reply instanceof Error ? Promise.reject(reply) : Promise.resolve({ rows: reply as Row[] });
  }
}

/** A database that took the connection and says nothing. */
export const silentDatabase: Database = { query: () => new Promise(() => undefined) };
