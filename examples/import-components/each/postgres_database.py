import pulumi

from platform_components import PostgresDatabase

config = pulumi.Config()  # a server that is there: pulumi config set host … ; pulumi config set administrator …
database = PostgresDatabase(
    "db",
    {
        "host": config.require("host"),
        "administrator": config.require("administrator"),
        "database_name": "shop",
        "role_name": "shop",
        "on_destroy": "drop",
    },
)
pulumi.export("database", database.name)
