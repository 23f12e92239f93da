import type { FastifyInstance } from 'fastify';

import type { Database } from './database.js';

const DATABASE_LIMIT_MS = 2_000;

/** GET /api/health: 200 when the app can do its work, 503 when its database does not answer in time. */
export function healthRoutes(app: FastifyInstance, database: Database, version: string): void {
  app.get('/api/health', async (request, reply) => {
    const answers = await databaseAnswers(database).catch((error: unknown) => {
      request.log.error(error, 'the database does not answer');
      return false;
    });
    return reply.code(answers ? 200 : 503).send({
      status: answers ? 'ok' : 'unavailable',
      version,
      uptime: Math.round(process.uptime()),
      database: answers ? 'ok' : 'unreachable',
    });
  });
}

async function databaseAnswers(database: Database): Promise<true> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${DATABASE_LIMIT_MS} ms`));
    }, DATABASE_LIMIT_MS);
  });
  try {
    await Promise.race([database.query('SELECT 1'), limit]);
    return true;
  } finally {
    clearTimeout(timer);
  }
}
