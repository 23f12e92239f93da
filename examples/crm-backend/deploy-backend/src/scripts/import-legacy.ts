// One-off: reads the spreadsheet export of the old CRM ("name;email;phone" lines) on stdin and adds who is missing.
//   docker exec -i crm-backend node dist/scripts/import-legacy.js < customers.csv
import { createInterface } from 'node:readline';

import { readConfig } from '../config.js';
import { CustomerStore, EmailTaken } from '../customers/store.js';
import { openDatabase } from '../database.js';

const database = openDatabase(readConfig(process.env).databaseUrl, (error) => {
  console.error(error.message);
});
const customers = new CustomerStore(database);
let added = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const [name, email, phone] = line.split(';').map((cell) => cell.trim());
  if (!name || !email) continue;
  try {
    await customers.add({ name, email, ...(phone ? { phone } : {}) });
    added += 1;
  } catch (error) {
    if (!(error instanceof EmailTaken)) throw error;
  }
}
await database.end();
console.log(`${added} customers added`);
