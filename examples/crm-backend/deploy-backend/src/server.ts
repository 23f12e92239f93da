import { buildApp } from './app.js';
import { readConfig } from './config.js';
import { openDatabase } from './database.js';
import { version } from './version.js';

const SHUTDOWN_LIMIT_MS = 8_000; // Docker kills after 10 s

const config = readConfig(process.env);
const database = openDatabase(config.databaseUrl, (error) => {
  app.log.warn(error, 'a database connection was lost');
});
const app = buildApp({ database, version, logger: { level: process.env['LOG_LEVEL'] ?? 'info' } });

/** Accepts no more connections, answers what is under way, then goes. */
async function shutDown(signal: NodeJS.Signals): Promise<void> {
  app.log.info(`${signal}: shutting down`);
  setTimeout(() => {
    app.log.error(`requests were still running after ${SHUTDOWN_LIMIT_MS} ms`);
    process.exit(1);
  }, SHUTDOWN_LIMIT_MS).unref();
  await app.close();
  await database.end();
  process.exit(0);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void shutDown(signal));
}

await app.listen({ host: config.host, port: config.port });
app.log.info(`crm-backend ${version} is ready`);
