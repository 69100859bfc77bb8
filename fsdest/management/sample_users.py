"""A thousand invented users, the same ones every time, to try a delivery with."""

import random
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

HOW_MANY = 1000
NEWEST = datetime(2026, 10, 31, 18, 0, tzinfo=UTC)
YEARS = 4  # how long ago the first of them signed up

FIRST_NAMES = (
    *("Amara", "Björn", "Chiara", "Dmitri", "Élise", "Farid", "Grace", "Hiroshi", "Ines"),
    *("João", "Keiko", "Lars", "Mei", "Nadia", "Omar", "Priya", "Quentin", "Rosa", "Sven"),
    *("Tomás", "Uma", "Vera", "Wanjiru", "Xiomara", "Yusuf", "Zofia"),
)
LAST_NAMES = (
    *("Adeyemi", "Bauer", "Costa", "Dubois", "Eriksson", "Fontana", "García", "Hansen"),
    *("Ivanova", "Jensen", "Kowalska", "Lindqvist", "Mwangi", "Nakamura", "O’Brien", "Patel"),
    *("Quispe", "Rossi", "Schneider", "Tanaka", "Ueda", "Virtanen", "Wong", "Yılmaz", "Zhang"),
)
COUNTRIES = ("BR", "CA", "DE", "ES", "FI", "FR", "GB", "IN", "IT", "JP", "KE", "PL", "SE", "US")
COMPANIES = {  # name: people
    "Alder & Finch": 12,
    "Bluebird Logistics": 340,
    "Cedar Clinic": 85,
    "Driftwood Studio": 6,
    "Evergreen Foods": 1200,
    "Foxglove Books": 24,
    "Granite Insurance": 5400,
    "Harbour Lights": 48,
    "Ivory Keys Music": 9,
    "Juniper Travel": 150,
}
SEATS = {"free": (1, 1), "team": (3, 25), "business": (20, 200), "enterprise": (150, 2500)}
PLANS = ("free", "free", "team", "team", "team", "business", "business", "enterprise")


def users() -> Iterator[dict[str, Any]]:
    """Yield HOW_MANY records. Whoever is on the free plan has no company."""
    chance = random.Random(20)  # noqa: S311 - invented people, no secrets
    for number in range(1, HOW_MANY + 1):
        first, last = chance.choice(FIRST_NAMES), chance.choice(LAST_NAMES)
        plan = chance.choice(PLANS)
        domain = chance.choice(("example.com", "example.org"))
        ago = timedelta(seconds=chance.randrange(YEARS * 365 * 86_400))
        user: dict[str, Any] = {
            "uid": f"user-{number:04}",
            "display_name": f"{first} {last}",
            "email": f"{_plain(first)}.{_plain(last)}{number}@{domain}",
            "plan": plan,
            "seats": chance.randint(*SEATS[plan]),
            "is_trial": plan != "free" and chance.random() < 0.2,
            "signed_up_at": (NEWEST - ago).isoformat().replace("+00:00", "Z"),
            "country": chance.choice(COUNTRIES),
        }
        if plan != "free":
            company = chance.choice(list(COMPANIES))
            user["company"] = {"name": company, "size": COMPANIES[company]}
        yield user


def _plain(name: str) -> str:
    """Return `name` as it would stand in an address: lower case, ASCII letters."""
    letters = unicodedata.normalize("NFKD", name.lower().replace("ı", "i").replace("ø", "o"))
    return "".join(letter for letter in letters if letter.isascii() and letter.isalpha())
