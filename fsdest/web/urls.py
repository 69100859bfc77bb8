"""Every address of the browser's door, part by part."""

from django.contrib.auth import views as auth
from django.urls import path
from django.urls.resolvers import URLPattern
from django.views.generic import RedirectView

from fsdest.web import (
    account,
    audit,
    configure,
    credentials,
    decisions,
    destinations,
    dryruns,
    editing,
    flows,
    health,
    history,
    invitations,
    metrics,
    nexsets,
    organizations,
    people,
    portable,
    quarantine,
    records,
    renaming,
    sources,
    uploads,
    versions,
    wizard,
)
from fsdest.web.permissions import any_person, anybody

urlpatterns: list[URLPattern] = [
    path("login/", anybody(auth.LoginView.as_view(redirect_authenticated_user=True)), name="login"),
    path("logout/", any_person(auth.LogoutView.as_view()), name="logout"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("", any_person(RedirectView.as_view(pattern_name="flows")), name="home"),
    path("flows/", flows.flows, name="flows"),
    path("flows/rows/", flows.rows, name="flow-rows"),
    path("flows/<uuid:source>/", flows.flow, name="flow"),
    path("flows/<uuid:source>/live/", flows.live, name="flow-live"),
    path("flows/<uuid:source>/delete/", flows.delete, name="flow-delete"),
]

urlpatterns += [
    path(f"destinations/<uuid:destination>/{end}", view, name=name)
    for end, view, name in (
        ("", destinations.destination, "destination"),
        ("health/", destinations.health, "destination-health"),
        ("calls/", destinations.calls, "destination-calls"),
        ("jobs/", destinations.jobs, "destination-jobs"),
        ("actions/", destinations.actions, "destination-actions"),
        ("activate/", destinations.activate, "destination-activate"),
        ("pause/", destinations.pause, "destination-pause"),
        ("copy/", destinations.copy, "destination-copy"),
        ("delete/", destinations.delete, "destination-delete"),
        ("quarantine/", quarantine.quarantine, "quarantine"),
        ("quarantine/groups/", quarantine.groups, "quarantine-groups"),
        ("quarantine/decided/", quarantine.decided, "quarantine-decided"),
        ("quarantine/decided/<int:decision>/cancel/", decisions.cancel, "decision-cancel"),
        ("quarantine/<slug:verb>/", decisions.decide, "quarantine-decide"),
        ("quarantine/<slug:verb>/count/", decisions.decide_count, "quarantine-decide-count"),
        ("records/<int:offset>/edit/", editing.edit, "destination-record-edit"),
    )
]

urlpatterns += [
    path("destinations/import/", portable.bring_in, name="destination-import"),
    path("destinations/<uuid:destination>/export/", portable.export, name="destination-export"),
]

urlpatterns += [
    path(f"destinations/<uuid:destination>/{end}", view, name=name)
    for end, view, name in (
        ("dry-run/", dryruns.dry_run, "dryrun"),
        ("dry-run/start/", dryruns.dry_run_start, "dryrun-start"),
        ("dry-run/progress/", dryruns.dry_run_progress, "dryrun-progress"),
        ("versions/", versions.versions, "versions"),
        ("versions/<int:number>/restore/", versions.restore, "version-restore"),
    )
]

urlpatterns += [
    path("credentials/", credentials.credentials, name="credentials"),
    path("credentials/new/", credentials.credential_new, name="credential-new"),
    path("credentials/<uuid:credential>/", credentials.credential, name="credential"),
    path("credentials/<uuid:credential>/key/", credentials.credential_key, name="credential-key"),
    path(
        "credentials/<uuid:credential>/test/", credentials.credential_test, name="credential-test"
    ),
    path(
        "credentials/<uuid:credential>/delete/",
        credentials.credential_delete,
        name="credential-delete",
    ),
    path("nexsets/<uuid:nexset>/send/", wizard.send, name="send"),
    *(
        path(f"destinations/<uuid:destination>/{end}/", view, name=f"wizard-{end}")
        for end, view in (
            ("select", wizard.wizard_select),
            ("authenticate", wizard.wizard_authenticate),
            ("credential", wizard.wizard_credential),
            ("configure", configure.wizard_configure),
            ("settings", configure.wizard_settings),
            ("preview", configure.wizard_preview),
            ("discard", configure.wizard_discard),
            ("lookup", configure.wizard_lookup),
            ("records", configure.wizard_records),
            ("test", configure.wizard_test),
        )
    ),
]

urlpatterns += [
    path("uploads/new/", uploads.upload, name="upload"),
    path("uploads/<uuid:source>/", uploads.uploading, name="uploading"),
    path("uploads/<uuid:source>/reading/", uploads.upload_reading, name="upload-reading"),
    path("sources/", sources.sources, name="sources"),
    path("sources/rows/", sources.source_rows, name="source-rows"),
    path("sources/<uuid:source>/", sources.source, name="source"),
    path("sources/<uuid:source>/rename/", renaming.rename_source, name="source-rename"),
    path("sources/<uuid:source>/state/", sources.source_state, name="source-state"),
    path("nexsets/", nexsets.nexsets, name="nexsets"),
    path("nexsets/<uuid:nexset>/", nexsets.nexset, name="nexset"),
    path("nexsets/<uuid:nexset>/rename/", renaming.rename_nexset, name="nexset-rename"),
    path("nexsets/<uuid:nexset>/records/<int:offset>/", nexsets.record, name="record"),
]

urlpatterns += [
    path("destinations/<uuid:destination>/history/", history.history, name="history"),
    path(
        "destinations/<uuid:destination>/records/<int:offset>/",
        records.record,
        name="destination-record",
    ),
]

urlpatterns += [
    path("audit/", audit.audit, name="audit"),
    path("audit/export/", audit.export, name="audit-export"),
]

urlpatterns += [
    path("people/", people.people, name="people"),
    path("people/<int:membership>/role/", people.change, name="person-role"),
    path("people/<int:membership>/remove/", people.remove, name="person-remove"),
    path("people/invite/", invitations.invite, name="invite"),
    path(
        "people/invitations/<int:invitation>/revoke/", invitations.revoke, name="invitation-revoke"
    ),
    path("people/roles/", organizations.roles, name="roles"),
    path("invitations/<str:token>/", invitations.invitation, name="invitation"),
    path("organizations/<uuid:organization>/switch/", organizations.switch, name="switch"),
    path("account/", account.account, name="account"),
    path("account/sessions/", account.end_sessions, name="end-sessions"),
]
