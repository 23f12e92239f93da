import Fastify, { LogController, type FastifyError, type FastifyInstance, type FastifyServerOptions } from 'fastify';

import { customerRoutes } from './customers/routes.js';
import { CustomerStore } from './customers/store.js';
import type { Database } from './database.js';
import { healthRoutes } from './health.js';

export interface AppOptions {
  database: Database;
  version: string;
  logger?: FastifyServerOptions['logger'];
}

export function buildApp({ database, version, logger = false }: AppOptions): FastifyInstance {
  const app = Fastify({
    logger,
    logController: new LogController({ disableRequestLogging: true }),
    return503OnClosing: false, // a request that came before the socket closed is still answered
  });
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) return reply.code(status).send({ error: error.message });
    request.log.error(error, `${request.method} ${request.url} failed`);
    return reply.code(status).send({ error: 'internal error' }); // what went wrong is for the log, not for the caller
  });
  healthRoutes(app, database, version);
  customerRoutes(app, new CustomerStore(database));
  return app;
}
