"""The tables in code are those that the migrations make."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from tollway.adapters.storage.ledger import open_store
from tollway.adapters.storage.ledger_tables import metadata


def test_migration_and_tables_agree(database, tmp_path):
    engine = database("ledger")
    open_store(engine, tmp_path)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        found = [each for each in compare_metadata(context, metadata) if "alembic_version" not in str(each)]
    assert found == []
