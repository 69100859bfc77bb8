"""The people of an organization: who belongs to it, what they may do, and who was invited."""

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from fsdest.audit import Action, record
from fsdest.models import Invitation, Membership, Permission, Role
from fsdest.models.invitations import LASTS
from fsdest.web.permissions import may, member

LAST_ADMIN = (
    "{} is the only admin of {}. Make somebody else an admin first, or nobody could let people in."
)


class RoleForm(forms.Form):
    """What a person is trusted with."""

    role = forms.ChoiceField(
        choices=Role, initial=Role.VIEWER, widget=forms.Select(attrs={"class": "select"})
    )
    may_delete_people = forms.BooleanField(
        required=False,
        label="May delete people at FullStory",
        help_text="Beside the role: deletions cannot be undone.",
    )


class InviteForm(RoleForm):
    """An invitation: what the person will be trusted with, and whom it is for."""

    note = forms.CharField(
        label="For whom",
        max_length=120,
        required=False,
        help_text="A name or an address, to tell invitations apart. Nothing is sent to it.",
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )
    field_order = ("note", "role", "may_delete_people")


@may(Permission.READ)
@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """Who is in the organization; for its admins also the open invitations."""
    return page(request)


@may(Permission.PEOPLE)
@require_POST
def change(request: HttpRequest, membership: int) -> HttpResponse:
    """Give a person another role."""
    found = get_object_or_404(_members(request), pk=membership)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose one of the roles.")
        return redirect("people")
    role, deletes = Role(form.cleaned_data["role"]), form.cleaned_data["may_delete_people"]
    before = trusted(found.role, found.may_delete_people)
    with transaction.atomic():
        changed = found.change(role=role, may_delete_people=deletes)
        if changed:
            record(Action.ROLE_CHANGED, found, before=before, after=trusted(role, deletes))
    if changed:
        beside = ", and may delete people at FullStory" if deletes else ""
        messages.success(request, f"{found.user} is {role.label.lower()} now{beside}.")
    else:
        messages.error(request, LAST_ADMIN.format(found.user, found.organization))
    return redirect("people")


@may(Permission.PEOPLE)
@require_POST
def remove(request: HttpRequest, membership: int) -> HttpResponse:
    """Take a person out of the organization."""
    found = get_object_or_404(_members(request), pk=membership)
    with transaction.atomic():
        removed = found.remove()
        if removed:
            before = trusted(found.role, found.may_delete_people)
            record(Action.REMOVED, found.user, organization=found.organization, before=before)
    if removed:
        messages.success(request, f"{found.user} is no longer in {found.organization}.")
    else:
        messages.error(request, LAST_ADMIN.format(found.user, found.organization))
    return redirect("people")


def trusted(role: str, may_delete_people: bool) -> dict[str, object]:
    """Return what a person is trusted with, as the audit has it."""
    return {"role": str(role), "may_delete_people": may_delete_people}


@never_cache
def page(request: HttpRequest, *, form: InviteForm | None = None, link: str = "") -> HttpResponse:
    """The page; `link` is that of an invitation just made, and shown this once."""
    invitations = Invitation.objects.for_member(member(request)).open(timezone.now())
    context = {
        "people": [(each, _role_form(each)) for each in _members(request)],
        "invitations": invitations if member(request).may(Permission.PEOPLE) else [],
        "form": form or InviteForm(),
        "link": link,
        "lasts": LASTS,
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "people/people.html", context, status=status)


def _members(request: HttpRequest) -> QuerySet[Membership]:
    found = Membership.objects.for_member(member(request))
    return found.select_related("user", "organization").order_by("user__username")


def _role_form(membership: Membership) -> RoleForm:
    return RoleForm(
        initial={
            "role": membership.role,
            "may_delete_people": membership.may_delete_people,
        },
        auto_id=f"id_{membership.pk}_%s",
    )
