"""Ask axe what on a page keeps somebody out."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SERIOUS = {"serious", "critical"}
LOOK_AT_COLOURS = ["color-contrast", "link-in-text-block"]


def serious(page: Page, *, colours_only: bool = False) -> list[str]:
    """Return the serious violations, each with up to three elements.

    `colours_only` is for a page that was looked at in another scheme of colours: a scheme changes
    nothing but colours, and no other rule looks at them.
    """
    options: dict[str, object] = {"resultTypes": ["violations"]}
    if colours_only:
        options["runOnly"] = LOOK_AT_COLOURS
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{each['id']} {[node['html'][:120] for node in each['nodes'][:3]]}"
        for each in found
        if each["impact"] in SERIOUS
    ]
