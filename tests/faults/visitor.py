"""A person at the pages of the product, without a browser: logs in, presses buttons."""

import time
from typing import Self

import requests

from tests.running import Stack


class Visitor:
    """One session of the demo user."""

    def __init__(self, stack: Stack) -> None:
        self._url = stack.url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.get(f"{self._url}/login/", timeout=20)
        login = {"username": stack.username, "password": stack.password}
        assert self.post("login/", **login).status_code == 302

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def get(self, path: str) -> requests.Response:
        """Open a page."""
        return self._session.get(f"{self._url}/{path}", timeout=60, allow_redirects=False)

    def post(self, path: str, **form: str) -> requests.Response:
        """Send a form; a redirect is what it leads to, not followed."""
        form["csrfmiddlewaretoken"] = self._session.cookies.get("csrftoken", "")
        url = f"{self._url}/{path}"
        headers = {"Referer": url}
        return self._session.post(
            url, data=form, headers=headers, timeout=60, allow_redirects=False
        )

    def press(self, destination: str, button: str) -> float:
        """Press a button of a destination, which has to work; return the seconds it took."""
        began = time.monotonic()
        answer = self.post(f"destinations/{destination}/{button}/")
        assert answer.status_code == 302, answer.text[:500]
        return time.monotonic() - began
