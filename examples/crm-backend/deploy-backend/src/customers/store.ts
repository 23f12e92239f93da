import type { Database } from '../database.js';

export interface Customer {
  id: number;
  name: string;
  email: string;
  phone: string | null;
  createdAt: string;
}

export interface NewCustomer {
  name: string;
  email: string;
  phone?: string;
}

interface Row {
  id: string; // a bigint: pg hands it over as text
  name: string;
  email: string;
  phone: string | null;
  created_at: Date;
}

const COLUMNS = [
  'id',
  'name',
  'email',
  'phone',
  'created_at',
].join(', ');
const UNIQUE_VIOLATION = '23505';

export class EmailTaken extends Error {
  constructor(email: string) {
    super(`a customer with the email ${email} exists`);
  }
}

export class CustomerStore {
  constructor(private readonly database: Database) {}

  /** The newest customers first. */
  async list(limit: number): Promise<Customer[]> {
    const { rows } = await this.database.query<Row>(`SELECT ${COLUMNS} FROM customers ORDER BY id DESC LIMIT $1`, [
      limit,
    ]);
    return rows.map(fromRow);
  }

  async find(id: number): Promise<Customer | undefined> {
    const { rows } = await this.database.query<Row>(`SELECT ${COLUMNS} FROM customers WHERE id = $1`, [id]);
    return rows.map(fromRow)[0];
  }

  /** Throws EmailTaken when another customer has the address. */
  async add({ name, email, phone }: NewCustomer): Promise<Customer> {
    try {
      const { rows } = await this.database.query<Row>(
        `INSERT INTO customers (name, email, phone) VALUES ($1, $2, $3) RETURNING ${COLUMNS}`,
        [name, email, phone ?? null],
      );
      const [row] = rows;
      if (row === undefined) throw new Error('the database returned no row for the new customer');
      return fromRow(row);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION) throw new EmailTaken(email);
      throw error;
    }
  }
}

function fromRow(row: Row): Customer {
  return {
    id: Number(row.id),
    name: row.name,
    email: row.email,
    phone: row.phone,
    createdAt: row.created_at.toISOString(),
  };
}
