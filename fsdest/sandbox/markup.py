"""HTML in small pieces; every value is escaped here, so that no panel has to think of it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape
from typing import Any


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def text(value: Any) -> Html:
    """Escape a value, unless it is markup; nothing becomes a dash."""
    if isinstance(value, Html):
        return value
    return Html("–" if value is None or value == "" else escape(str(value)))


def code(value: Any) -> Html:
    """Show a value in fixed width."""
    return Html(f"<code>{text(value)}</code>")


def badge(word: Any, tone: str = "") -> Html:
    """Show a word in a pill; tones are good, bad, busy."""
    return Html(f'<span class="badge {tone}">{text(word)}</span>')


def table(heads: Iterable[str], rows: Iterable[Iterable[Any]], *, nothing: str, name: str) -> Html:
    """Show rows under heads, or the sentence `nothing`. A head that begins with # is of numbers."""
    listed = [list(row) for row in rows]
    if not listed:
        return Html(f'<p class="nothing">{text(nothing)}</p>')
    columns = list(heads)
    kinds = [' class="number"' if head.startswith("#") else "" for head in columns]
    top = "".join(
        f'<th scope="col"{kind}>{text(head.lstrip("#"))}</th>'
        for head, kind in zip(columns, kinds, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(f"<td{kind}>{text(v)}</td>" for v, kind in zip(row, kinds, strict=True))
        + "</tr>"
        for row in listed
    )
    return Html(
        f'<div class="scroll" tabindex="0" role="region" aria-label="{text(name)}">'
        f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def panel(title: str, *parts: str, note: str = "") -> Html:
    """Show parts in a card under a title."""
    told = f'<p class="note">{text(note)}</p>' if note else ""
    return Html(
        f'<section class="card"><div class="title"><h2>{text(title)}</h2>{told}</div>'
        f"{''.join(parts)}</section>"
    )


def button(label: str, action: str, tone: str = "", **hidden: Any) -> Html:
    """Show a button that does `action`; `hidden` goes with it."""
    fields = "".join(
        f'<input type="hidden" name="{text(name)}" value="{text(value)}">'
        for name, value in hidden.items()
    )
    return Html(
        f'<form method="post" action="/_sandbox/do/{text(action)}">{fields}'
        f'<button class="button {tone}">{text(label)}</button></form>'
    )


def field(label: str, name: str, *, value: Any = "", kind: str = "text", hint: str = "") -> Html:
    """Show an input under its label."""
    filled = "" if value == "" else text(value)
    return Html(
        f'<label>{text(label)}<input name="{text(name)}" type="{kind}" value="{filled}" '
        f'placeholder="{escape(hint)}" autocomplete="off"></label>'
    )


def select(label: str, name: str, choices: Iterable[tuple[str, str]]) -> Html:
    """Show a pulldown under its label; choices are (value, what is shown)."""
    options = "".join(
        f'<option value="{text(value)}">{text(shown)}</option>' for value, shown in choices
    )
    return Html(f'<label>{text(label)}<select name="{text(name)}">{options}</select></label>')


def clock(seconds: float) -> str:
    """Show a time of day, UTC, to the millisecond."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}"
