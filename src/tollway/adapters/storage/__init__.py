"""SQL storage: engines, migrations, and one module for each domain. SQLite by default, PostgreSQL by a setting."""
