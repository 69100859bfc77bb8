"""`GET /me`: whose key it is. Source: https://developer.fullstory.com/me."""

from fsdest.sandbox.calls import Call
from fsdest.sandbox.replies import UNAUTHORIZED, Reply, ok
from fsdest.sandbox.world import World


def me(call: Call, world: World) -> Reply:
    """The key's owner, organization and role, in camelCase."""
    if call.key is None:
        return UNAUTHORIZED
    owner = f"{call.key.role.name.lower()}@sandbox.example"
    return ok({"email": owner, "orgId": call.key.org, "role": call.key.role.name})
