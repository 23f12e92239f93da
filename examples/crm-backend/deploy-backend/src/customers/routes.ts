import type { FastifyInstance } from 'fastify';

import { type CustomerStore, EmailTaken, type NewCustomer } from './store.js';

const listQuery = {
  type: 'object',
  properties: { limit: { type: 'integer', minimum: 1, maximum: 1000, default: 50 } },
} as const;

const idParams = {
  type: 'object',
  properties: { id: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER } },
} as const;

const newCustomer = {
  type: 'object',
  required: ['name', 'email'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 200 },
    email: { type: 'string', format: 'email', maxLength: 320 },
    phone: { type: 'string', minLength: 5, maxLength: 32 },
  },
} as const;

export function customerRoutes(app: FastifyInstance, customers: CustomerStore): void {
  app.get<{ Querystring: { limit: number } }>('/api/customers', { schema: { querystring: listQuery } }, (request) =>
    customers.list(request.query.limit),
  );

  app.get<{ Params: { id: number } }>('/api/customers/:id', { schema: { params: idParams } }, async (request, reply) => {
    const customer = await customers.find(request.params.id);
    if (customer === undefined) return reply.code(404).send({ error: `there is no customer ${request.params.id}` });
    return customer;
  });

  app.post<{ Body: NewCustomer }>('/api/customers', { schema: { body: newCustomer } }, async (request, reply) => {
    try {
      return await reply.code(201).send(await customers.add(request.body));
    } catch (error) {
      if (error instanceof EmailTaken) return reply.code(409).send({ error: error.message });
      throw error;
    }
  });
}
