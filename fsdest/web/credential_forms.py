"""What a person types about a credential, on its own page and in the wizard alike."""

from typing import ClassVar

from django import forms
from django.conf import settings

from fsdest.delivery import keys
from fsdest.models import Credential, Organization

LONGEST_KEY = 500  # characters; FullStory's keys are far shorter


class KeyForm(forms.Form):
    """An API key as it was pasted. It is sealed at once and never shown again."""

    api_key = forms.CharField(
        label="API Key",
        max_length=LONGEST_KEY,
        error_messages={"required": "Paste the API key that FullStory gave you."},
        widget=forms.PasswordInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "class": "input"}
        ),
        help_text="FullStory shows it once, under Settings → Integrations → API Keys.",
    )

    def clean_api_key(self) -> str:
        key: str = self.cleaned_data["api_key"].strip()
        if key.lower().startswith(("basic ", "bearer ")):
            raise forms.ValidationError("Paste the key alone, without the word before it.")
        if not key.isascii() or not key.isprintable() or " " in key:
            raise forms.ValidationError(
                "A key has only letters, digits and signs: no spaces, no line breaks."
            )
        return key


class NameForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when it runs
    """The name and description of a credential that belongs to `organization`."""

    class Meta:
        model = Credential
        fields: tuple[str, ...] = ("name", "description")
        labels = {"name": "Credential Name", "description": "Credential Description"}
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "name": forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
            "description": forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
        }
        error_messages = {"name": {"required": "Give the credential a name to find it by."}}

    def __init__(
        self, data: object = None, *, organization: Organization, instance: Credential | None = None
    ) -> None:
        super().__init__(data, instance=instance)  # type: ignore[arg-type]
        self.organization = organization

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        others = Credential.objects.filter(organization=self.organization, name=name)
        if others.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("Another credential has this name already.")
        return name


class NewCredentialForm(KeyForm, NameForm):
    """A new credential. Where its key may go is chosen here and never changes."""

    field_order = ("name", "description", "target", "api_key")

    class Meta(NameForm.Meta):
        fields: tuple[str, ...] = ("name", "description", "target")
        labels = {**NameForm.Meta.labels, "target": "Connect to"}
        widgets: ClassVar[dict[str, forms.Widget]] = {
            **NameForm.Meta.widgets,
            "target": forms.Select(attrs={"class": "select"}),
        }

    def __init__(self, data: object = None, *, organization: Organization) -> None:
        super().__init__(data, organization=organization)
        if not settings.SANDBOX_ALLOWED:
            del self.fields["target"]  # FullStory itself is the model's default

    def create(self) -> Credential:
        """Save what was typed as a credential, its key sealed."""
        credential: Credential = self.save(commit=False)
        credential.organization = self.organization
        return keys.add(credential, self.cleaned_data["api_key"])
