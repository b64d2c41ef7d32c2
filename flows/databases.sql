-- Run once by the database container: the ledger has a database of its own beside Prefect's.
CREATE DATABASE ledger OWNER returns ENCODING 'UTF8' TEMPLATE template0;
