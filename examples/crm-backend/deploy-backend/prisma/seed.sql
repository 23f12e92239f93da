-- 20,000 made-up customers, for a staging database:
--   docker exec -i crm-postgres-dev psql -U crm_user crm_whatsapp_saas < prisma/seed.sql
-- Run twice it adds nothing.
INSERT INTO customers (name, email, phone)
SELECT 'Customer ' || n,
       'customer' || n || '@example.com',
       '+55 11 9' || lpad(n::text, 8, '0')
FROM generate_series(1, 20000) AS n
ON CONFLICT (email) DO NOTHING;
