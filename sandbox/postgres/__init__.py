"""The PostgreSQL servers behind the simulated flexible servers: real ones, one process and one address each."""
