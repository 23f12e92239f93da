/** What the process is told by its environment. A missing or impossible value stops it before it listens. */
export interface Config {
  host: string;
  port: number;
  databaseUrl: string;
}

const DEFAULT_PORT = 3001;

export function readConfig(env: NodeJS.ProcessEnv): Config {
  const databaseUrl = env['DATABASE_URL'];
  if (!databaseUrl) throw new Error('DATABASE_URL is not set');
  const port = env['PORT'] === undefined ? DEFAULT_PORT : Number(env['PORT']);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new Error(`PORT must be a port number, not "${env['PORT']}"`);
  }
  return { host: env['HOST'] ?? '127.0.0.1', port, databaseUrl };
}
