import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readConfig } from './config.js';

const databaseUrl = 'postgresql://localhost/crm';

test('the port is 3001 unless the environment says otherwise', () => {
  assert.equal(readConfig({ DATABASE_URL: databaseUrl }).port, 3001);
  assert.equal(readConfig({ DATABASE_URL: databaseUrl, PORT: '3002' }).port, 3002);
});

test('a port that is none is refused', () => {
  for (const PORT of ['', '0', '70000', 'http']) {
    assert.throws(() => readConfig({ DATABASE_URL: databaseUrl, PORT }), /PORT must be a port number/);
  }
});

test('there is no default database', () => {
  assert.throws(() => readConfig({}), /DATABASE_URL is not set/);
});
