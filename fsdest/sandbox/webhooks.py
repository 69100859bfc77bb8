"""Webhook endpoints, v1: create, list, get, update, delete, and the types of events they may have.

Source: https://developer.fullstory.com/create-endpoint, /update-endpoint,
/anywhere/v1/webhooks/list-endpoints/, /list-event-types/ and the pages beside them.
"""

from typing import Any
from urllib.parse import urlsplit

from fsdest.sandbox import effects
from fsdest.sandbox.calls import Call, Refusal
from fsdest.sandbox.jobs import now, stamp
from fsdest.sandbox.pages import window
from fsdest.sandbox.replies import EMPTY_OBJECT, NOT_FOUND, Reply, error, invalid, ok, required
from fsdest.sandbox.things import Endpoint, endpoint_id
from fsdest.sandbox.world import World

ALREADY_EXISTS = error(409, "An endpoint with this url already exists", "already_exists")

# name: (display name, subcategories as value: display name)
EVENT_TYPES: dict[str, tuple[str, dict[str, str]]] = {
    "note.created": ("Note Created", {}),
    "segment.created": ("Segment Created", {}),
    "segment.trend.alert": (
        "Segment Alert",
        {"c2VnLTE": "Checkout drop", "c2VnLTI": "Rage clicks"},
    ),
    "metric.alert": ("Metric Alert", {"bWV0LTE": "Conversion"}),
    "nativemobile.event.crash": ("Native Mobile Crash", {}),
    "recording.event.custom": ("Custom Event", {"QWRkZWQ": "Added Item to Cart"}),
}


def create(call: Call, world: World) -> Reply:
    """Add an endpoint, enabled."""
    given = call.json
    url, types = _url(given), _types(given)
    if not url:
        return required("url")
    if not types:
        return required("event_types")
    moment = stamp(now())
    endpoint = Endpoint(
        url=url,
        event_types=types,
        secret=str(given.get("secret") or ""),
        created=moment,
        modified=moment,
    )
    if endpoint.id in world.endpoints and world.settings.duplicate_url != "upsert":
        return ALREADY_EXISTS
    world.endpoints[endpoint.id] = endpoint
    return _wrote("webhook.created", call, world, endpoint)


def list_(call: Call, world: World) -> Reply:
    """All endpoints, a page at a time."""
    found, about = window(call, list(world.endpoints.values()), most=100)
    return ok({"endpoints": [describe(endpoint) for endpoint in found]} | about)


def get(call: Call, world: World) -> Reply:
    """One endpoint."""
    return ok(describe(_endpoint(call, world)))


def update(call: Call, world: World) -> Reply:
    """Change an endpoint. What is absent stays, but not `disabled`: without it, it is enabled."""
    endpoint, given = _endpoint(call, world), call.json
    url, types = _url(given), _types(given)
    if url and url != endpoint.url:
        if endpoint_id(url) in world.endpoints:
            return ALREADY_EXISTS
        world.state.no_endpoint(endpoint.id)
        del world.endpoints[endpoint.id]
        endpoint.url = url
    endpoint.enabled = given.get("disabled") is not True
    endpoint.event_types = types or endpoint.event_types
    endpoint.secret = str(given.get("secret") or endpoint.secret)
    endpoint.modified = stamp(now())
    world.endpoints[endpoint.id] = endpoint
    return _wrote("webhook.updated", call, world, endpoint)


def delete(call: Call, world: World) -> Reply:
    """Remove an endpoint."""
    endpoint = _endpoint(call, world)
    del world.endpoints[endpoint.id]
    world.state.no_endpoint(endpoint.id)
    world.ledger.applied(
        [effects.by_call("webhook.deleted", call, id=endpoint.id, url=endpoint.url)]
    )
    return EMPTY_OBJECT


def event_types(_call: Call, _world: World) -> Reply:
    """The types an endpoint may have."""
    return ok(
        {
            "eventDefs": [
                {"eventName": name, "displayName": shown, "hasSubcategories": bool(parts)}
                for name, (shown, parts) in EVENT_TYPES.items()
            ]
        }
    )


def subcategories(call: Call, _world: World) -> Reply:
    """The subcategories of a type, a page at a time."""
    known = EVENT_TYPES.get(call.parts[0])
    if known is None:
        return NOT_FOUND
    found, about = window(call, list(known[1].items()), most=1000)
    shown = [{"subcategory": value, "displayName": name} for value, name in found]
    return ok({"subcategoryDefs": shown} | about)


def describe(endpoint: Endpoint) -> dict[str, Any]:
    """Return an endpoint as FullStory shows it: in camelCase, and never with its secret."""
    return {
        "id": endpoint.id,
        "created": endpoint.created,
        "modified": endpoint.modified,
        "enabled": endpoint.enabled,
        "url": endpoint.url,
        "eventTypes": endpoint.event_types,
    }


def _endpoint(call: Call, world: World) -> Endpoint:
    endpoint = world.endpoints.get(call.parts[0])
    if endpoint is None:
        raise Refusal(NOT_FOUND)
    return endpoint


def _wrote(kind: str, call: Call, world: World, endpoint: Endpoint) -> Reply:
    world.state.endpoint(endpoint)
    world.ledger.applied([effects.by_call(kind, call, id=endpoint.id, url=endpoint.url)])
    return ok(describe(endpoint))


def _url(given: dict[str, Any]) -> str:
    """Return the url given, or an empty one. Refuses one that is not http or https."""
    url = given.get("url") or ""
    if url and (not isinstance(url, str) or not _is_web(url)):
        raise Refusal(invalid("url must be an http or https url"))
    return str(url)


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _types(given: dict[str, Any]) -> list[dict[str, str]]:
    """Return the types given, under either spelling. Refuses an unknown or an incomplete one."""
    listed = given.get("event_types") or given.get("eventTypes") or []
    if not isinstance(listed, list):
        raise Refusal(invalid("event_types must be a list"))
    return [_type(each) for each in listed]


def _type(given: Any) -> dict[str, str]:
    name = (given.get("event_name") or given.get("eventName")) if isinstance(given, dict) else None
    if name not in EVENT_TYPES:
        raise Refusal(invalid(f"unknown event_name {name!r}"))
    part = given.get("subcategory")
    if EVENT_TYPES[name][1] and not part:
        raise Refusal(invalid(f"subcategory is required for {name}"))
    return {"eventName": name} | ({"subcategory": str(part)} if part else {})
