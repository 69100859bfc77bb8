"""Credentials: never their keys; a key can be replaced and tested."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.timezone import now

from fsdest.admin.asked import Told, asks
from fsdest.admin.books import BoundedPaginator, chip, list_link, when
from fsdest.delivery import keys, resuming
from fsdest.models import Credential


class ReplaceForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when it runs
    """The name and the description; and another key, if one is typed."""

    new_key = forms.CharField(
        label="Replace the key",
        required=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Left empty, the key stays. It is sealed, tested at once, and never shown.",
    )

    class Meta:
        model = Credential
        fields = ("name", "description", "per_second")


@asks("Test the key again", "Ask FullStory who these keys belong to?")
def test_again(rows: QuerySet[Credential]) -> Told:
    """Ask FullStory about each key; destinations that halted for it go on if it works."""
    return _tested(rows)


def _tested(rows: QuerySet[Credential]) -> Iterator[tuple[bool, str]]:
    for credential in rows:
        went_on = resuming.check_key(credential, now=now())
        works = credential.is_verified and not credential.problem
        more = f" {len(went_on)} destinations go on." if went_on else ""
        yield works, f"{credential}: {'works.' if works else credential.problem}{more}"


@admin.register(Credential)
class CredentialAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = ReplaceForm
    list_display = (
        "name",
        "organization",
        "state",
        "role",
        "ends_in",
        "used_by",
        when("checked_at", "tested"),
    )
    list_filter = ("status", "target")
    list_select_related = ("organization",)
    search_fields = ("name", "organization__name")
    sortable_by = ()
    actions = (test_again,)
    paginator = BoundedPaginator
    show_full_result_count = False
    fields = (
        *("name", "description", "organization", "target", "ends_in", "new_key", "state"),
        *("problem", "role", "org_id", "email", "checked_at", "created_at", "per_second"),
        *("hold_until", "hold_reason"),
    )
    readonly_fields = tuple(
        each for each in fields if each not in {"name", "description", "new_key", "per_second"}
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Credential]:
        """Count along what uses it, and leave the sealed key where it is."""
        return Credential.objects.annotate(uses=Count("destinations")).order_by("name", "id")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody here: a key is typed by who owns it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody here: its page in the product does that."""
        return False

    def save_model(self, request: HttpRequest, obj: Credential, form: Any, change: bool) -> None:
        """Save what was typed, through the functions that write it down."""
        before = {name: str(form.initial.get(name) or "") for name in ("name", "description")}
        keys.rename(obj, before=before)
        if "per_second" in form.changed_data:
            obj.save(update_fields=["per_second"])
        if key := form.cleaned_data["new_key"].strip():
            resuming.replace_key(obj, key, now=now())

    @admin.display(description="status")
    def state(self, credential: Credential) -> SafeString:
        """Return whether it works."""
        return chip(credential.status, credential.get_status_display())

    @admin.display(description="key")
    def ends_in(self, credential: Credential) -> str:
        """Return the last characters of the key, which is all that is ever shown."""
        return f"…{credential.key_hint}" if credential.key_hint else "sealed"

    @admin.display(description="destinations")
    def used_by(self, credential: Credential) -> SafeString:
        """Return a link to the destinations that use it."""
        number = credential.uses  # type: ignore[attr-defined]  # annotated
        return list_link(f"{number:,}", "destination", credential__id__exact=credential.pk)
