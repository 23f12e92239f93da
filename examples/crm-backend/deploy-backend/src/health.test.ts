import assert from 'node:assert/strict';
import { test } from 'node:test';

import { buildApp } from './app.js';
import { FakeDatabase, silentDatabase } from './test/fake-database.js';

test('the health names the version and says that the database answers', async () => {
  const app = buildApp({ database: new FakeDatabase([[/SELECT 1/, [{}]]]), version: '1.2.3' });
  const response = await app.inject('/api/health');
  assert.equal(response.statusCode, 200);
  const { uptime, ...rest } = response.json<Record<string, unknown>>();
  assert.deepEqual(rest, { status: 'ok', version: '1.2.3', database: 'ok' });
  assert.equal(typeof uptime, 'number');
});

test('a database that refuses makes the health 503', async () => {
  const app = buildApp({ database: new FakeDatabase([[/./, new Error('refused')]]), version: '1.2.3' });
  const response = await app.inject('/api/health');
  assert.equal(response.statusCode, 503);
  assert.equal(response.json<{ database: string }>().database, 'unreachable');
});

test('a database that says nothing makes the health 503, in time', { timeout: 10_000 }, async () => {
  const app = buildApp({ database: silentDatabase, version: '1.2.3' });
  const response = await app.inject('/api/health');
  assert.equal(response.statusCode, 503);
});
