"""The connectors a person can choose from. One of them is in this installation."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """A tile of the Select step."""

    key: str
    name: str
    text: str
    icon: str
    is_installed: bool = False


CONNECTORS = (
    Connector(
        key="fullstory",
        name="FullStory",
        text="Users, events and webhooks, one by one or in batches",
        icon="book-open",
        is_installed=True,
    ),
    Connector(key="bigquery", name="Google BigQuery", text="Tables", icon="database"),
    Connector(key="postgresql", name="PostgreSQL", text="Tables", icon="database"),
    Connector(key="rest", name="REST API", text="Any HTTP service", icon="globe"),
    Connector(key="s3", name="Amazon S3", text="Files", icon="archive"),
    Connector(key="snowflake", name="Snowflake", text="Tables", icon="snowflake"),
)


def find(words: str) -> list[Connector]:
    """Return the connectors whose name or text has all of `words`, in any case."""
    wanted = words.lower().split()
    return [
        each
        for each in CONNECTORS
        if all(word in f"{each.name} {each.text}".lower() for word in wanted)
    ]


def installed(key: str) -> Connector | None:
    """Return the installed connector called `key`, if there is one."""
    return next((each for each in CONNECTORS if each.key == key and each.is_installed), None)
