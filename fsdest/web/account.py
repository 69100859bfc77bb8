"""One's own account: another password, and an end to one's sessions elsewhere."""

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from fsdest.audit import Action, record_login
from fsdest.web.permissions import any_person, memberships, person

# The rules of AUTH_PASSWORD_VALIDATORS in a sentence.
RULES = "At least 12 characters: no common password, not only digits, not like your name."


class EndSessionsForm(forms.Form):
    """The password, so that nobody else does it in a browser that was left open."""

    password = forms.CharField(
        label="Your password",
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "current-password"}),
    )

    def __init__(self, data: QueryDict | None = None, *, user: User) -> None:
        super().__init__(data, prefix="sessions")
        self.user = user

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise forms.ValidationError("This is not your password.")
        return password


@any_person
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Change the password. All other sessions end with it."""
    user = person(request)
    form = PasswordChangeForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            form.save()
            record_login(Action.PASSWORD_CHANGED, user, actor=user)
        update_session_auth_hash(request, user)
        messages.success(request, "Your password is changed. You are logged out everywhere else.")
        return redirect("account")
    return _page(request, form, EndSessionsForm(user=user))


@any_person
@sensitive_post_parameters()
@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Log out everywhere else.

    A session belongs to a password as it is kept. Kept anew, with another salt, the same
    password ends all sessions but this one.
    """
    user = person(request)
    form = EndSessionsForm(request.POST, user=user)
    if not form.is_valid():
        return _page(request, PasswordChangeForm(user), form)
    with transaction.atomic():
        user.set_password(form.cleaned_data["password"])
        user.save(update_fields=["password"])
        record_login(Action.SESSIONS_ENDED, user, actor=user)
    update_session_auth_hash(request, user)
    messages.success(request, "You are logged out everywhere else.")
    return redirect("account")


def _page(request: HttpRequest, form: forms.Form, sessions: EndSessionsForm) -> HttpResponse:
    for field in form.fields.values():
        field.widget.attrs["class"] = "input"
    form.fields["new_password1"].help_text = RULES
    context = {"form": form, "sessions": sessions, "memberships": memberships(request)}
    is_wrong = bool(form.errors or sessions.errors)
    return render(request, "account/account.html", context, status=422 if is_wrong else 200)
