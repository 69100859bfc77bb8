"""Invitations by link: made and revoked by an admin, accepted by whoever holds the link, once."""

from django.contrib import messages
from django.contrib.auth import get_user_model, login
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from fsdest.audit import Action, record
from fsdest.models import Invitation, Membership, Permission, Role
from fsdest.models.invitations import invite as make_invitation
from fsdest.web import permissions
from fsdest.web.account import RULES
from fsdest.web.people import InviteForm, page, trusted
from fsdest.web.permissions import anybody, may, member, person

BACKEND = "django.contrib.auth.backends.ModelBackend"  # whose session a new person's is


class NewPersonForm(UserCreationForm):  # type: ignore[type-arg]  # not generic when it runs
    """A name to log in with and a password, by the rules of AUTH_PASSWORD_VALIDATORS."""

    class Meta(UserCreationForm.Meta):
        model = get_user_model()
        fields = ("username",)

    def __init__(self, *given: object, **more: object) -> None:
        super().__init__(*given, **more)
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"
        self.fields["password1"].help_text = RULES
        self.fields["username"].help_text = "Letters, digits and @ . + - _"


@may(Permission.PEOPLE)
@require_POST
def invite(request: HttpRequest) -> HttpResponse:
    """Make an invitation, and show its link: this once, because only its digest is kept."""
    form = InviteForm(request.POST)
    if not form.is_valid():
        return page(request, form=form)
    here, asked = member(request).organization, form.cleaned_data
    with transaction.atomic():
        made, token = make_invitation(
            here,
            role=Role(asked["role"]),
            may_delete_people=asked["may_delete_people"],
            note=asked["note"],
            user=person(request),
            now=timezone.now(),
        )
        record(Action.INVITED, here, after=_told(made))
    return page(request, link=request.build_absolute_uri(reverse("invitation", args=[token])))


@may(Permission.PEOPLE)
@require_POST
def revoke(request: HttpRequest, invitation: int) -> HttpResponse:
    """Let nobody in by this invitation any more."""
    found = get_object_or_404(
        Invitation.objects.for_member(member(request)).select_related("organization"),
        pk=invitation,
    )
    with transaction.atomic():
        revoked = found.revoke(now=timezone.now())
        if revoked:
            record(Action.INVITATION_REVOKED, found.organization, before=_told(found))
    if revoked:
        messages.success(request, "The invitation is revoked: its link lets nobody in.")
    else:
        messages.warning(request, "The invitation was used, revoked or had expired already.")
    return redirect("people")


@anybody
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """What the link leads to: join as who is logged in, or as a new person."""
    found = Invitation.objects.by_token(token).open(timezone.now()).first()
    if found is None:
        return render(request, "people/no_invitation.html", status=404)
    user = request.user if isinstance(request.user, User) else None
    form = None if user else NewPersonForm(request.POST or None)
    if request.method == "POST":
        joined = _join(request, found, user, form)
        if joined is not None:
            return joined
    is_in = (
        user is not None
        and Membership.objects.filter(organization=found.organization_id, user=user.pk).exists()
    )
    context = {"invitation": found, "form": form, "is_in": is_in}
    # Also with something to correct a 200: a 422 would be logged with its address, which is secret.
    return render(request, "people/invitation.html", context)


def _told(invitation: Invitation) -> dict[str, object]:
    """Return what the audit has of an invitation."""
    return {
        **trusted(invitation.role, invitation.may_delete_people),
        "invitation": invitation.pk,
        "for": invitation.note,
    }


def _join(
    request: HttpRequest,
    found: Invitation,
    user: User | None,
    form: NewPersonForm | None,
) -> HttpResponse | None:
    """Let the person in; None where what a new person typed has to be corrected first."""
    with transaction.atomic():
        if user is None:
            if form is None or not form.is_valid():
                return None
            user = form.save()
        joined = found.accept(user, now=timezone.now())
        if joined is None:  # used up between two looks
            transaction.set_rollback(True)
            return render(request, "people/no_invitation.html", status=404)
        record(Action.JOINED, found.organization, actor=user, after=_told(found))
    if not request.user.is_authenticated:
        login(request, user, backend=BACKEND)
    request.session[permissions.CURRENT] = str(found.organization_id)
    role = Role(joined.role).label.lower()
    messages.success(request, f"You are in {found.organization} now, as {role}.")
    return redirect("flows")
