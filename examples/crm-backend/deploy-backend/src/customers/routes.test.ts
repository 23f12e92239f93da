import assert from 'node:assert/strict';
import { test } from 'node:test';

import { buildApp } from '../app.js';
import { FakeDatabase } from '../test/fake-database.js';
import type { Customer } from './store.js';

const ada = { id: '7', name: 'Ada', email: 'ada@example.com', phone: null, created_at: new Date(0) };

function appOn(...replies: [RegExp, object[] | Error][]) {
  const database = new FakeDatabase(replies);
  return { app: buildApp({ database, version: '0' }), database };
}

test('customers are listed, at most as many as asked for', async () => {
  const { app, database } = appOn([/FROM customers ORDER BY/, [ada]]);
  const response = await app.inject('/api/customers?limit=2');
  assert.equal(response.statusCode, 200);
  assert.equal(response.json<Customer[]>()[0]?.id, 7);
  assert.deepEqual(database.asked[0]?.values, [2]);
});

test('a limit that is no number is refused before the database is asked', async () => {
  const { app, database } = appOn();
  assert.equal((await app.inject('/api/customers?limit=many')).statusCode, 400);
  assert.deepEqual(database.asked, []);
});

test('one customer is found by id, and an unknown one is 404', async () => {
  const found = await appOn([/WHERE id/, [ada]]).app.inject('/api/customers/7');
  assert.equal(found.json<Customer>().name, 'Ada');
  const unknown = await appOn([/WHERE id/, []]).app.inject('/api/customers/8');
  assert.equal(unknown.statusCode, 404);
});

test('a new customer is 201 with the id', async () => {
  const { app, database } = appOn([/INSERT INTO customers/, [ada]]);
  const payload = { name: 'Ada', email: 'ada@example.com' };
  const response = await app.inject({ method: 'POST', url: '/api/customers', payload });
  assert.equal(response.statusCode, 201);
  assert.equal(response.json<Customer>().id, 7);
  assert.deepEqual(database.asked[0]?.values.slice(0, 2), ['Ada', 'ada@example.com']);
});

test('an email that is taken is 409', async () => {
  const { app } = appOn([/INSERT/, Object.assign(new Error('duplicate key'), { code: '23505' })]);
  const payload = { name: 'Ada', email: 'ada@example.com' };
  const response = await app.inject({ method: 'POST', url: '/api/customers', payload });
  assert.equal(response.statusCode, 409);
});

test('a customer without an email address is refused', async () => {
  const payload = { name: 'Ada', email: 'ada' };
  const response = await appOn().app.inject({ method: 'POST', url: '/api/customers', payload });
  assert.equal(response.statusCode, 400);
});

test('a failing database is 500, and the caller is not told why', async () => {
  const { app } = appOn([/./, new Error('column "name" does not exist')]);
  const response = await app.inject('/api/customers');
  assert.equal(response.statusCode, 500);
  assert.doesNotMatch(response.body, /column/);
});
