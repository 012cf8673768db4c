"""Steps of migrations that Django has not: many tables at once, indexes without new tables."""

from collections.abc import Mapping, Sequence

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import CreateModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import Index, Model


class CreateModels(Operation):
    """Create the tables of many models that may refer to each other in any order.

    Between two operations Django makes all models anew that hang together, and here nearly all do:
    of a fresh database's start that was most. These models are made once.
    """

    def __init__(self, operations: Sequence[CreateModel]) -> None:
        self.operations = operations

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)  # made again once, when somebody asks
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for operation in reversed(self.operations):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return f"Create models {', '.join(operation.name for operation in self.operations)}"


class DropIndexes(Operation):
    """Take the indexes off single columns.

    SQLite's ``AlterField`` copies the whole table for each column, which takes minutes where
    history is long; dropping an index takes none.

    Parameters
    ----------
    fields_by_model
        Names of the fields that lose their index, by lowercase model name.
    """

    def __init__(self, fields_by_model: Mapping[str, Sequence[str]]) -> None:
        self.fields_by_model = fields_by_model

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)  # made again once, not with every field
        for model_name, names in self.fields_by_model.items():
            for name in names:
                field = state.models[app_label, model_name].fields[name].clone()
                field.db_index = False
                state.alter_field(app_label, model_name, name, field, preserve_default=True)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for model in self._models(app_label, schema_editor, from_state):
            names = self.fields_by_model[model._meta.model_name]
            columns = [[model._meta.get_field(name).column] for name in names]
            connection = schema_editor.connection
            with connection.cursor() as cursor:
                table = model._meta.db_table
                found = connection.introspection.get_constraints(cursor, table)
            for index, told in found.items():
                if told["index"] and not told["unique"] and told["columns"] in columns:
                    schema_editor.remove_index(model, Index(*told["columns"], name=index))

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for model in self._models(app_label, schema_editor, to_state):
            for name in self.fields_by_model[model._meta.model_name]:
                field = model._meta.get_field(name)
                # Also what PostgreSQL has beside an index of texts; Django has no public way.
                for statement in schema_editor._field_indexes_sql(model, field):
                    schema_editor.execute(statement)

    def describe(self) -> str:
        return f"Drop indexes of {', '.join(self.fields_by_model)}"

    def _models(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, state: ProjectState
    ) -> list[type[Model]]:
        models = [state.apps.get_model(app_label, name) for name in self.fields_by_model]
        alias = schema_editor.connection.alias
        return [model for model in models if self.allow_migrate_model(alias, model)]
