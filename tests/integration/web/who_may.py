"""Who may open which address, written down by hand: the product has to answer as it says here.

Each line has two words, for GET and for POST. Each word stands for six answers.
"""

PEOPLE = ("nobody", "viewer", "editor", "operator", "admin", "stranger")

# ok: done, or told what to correct; no: 403; none: 404; post: 405; login: sent there
ANSWERS: dict[str, tuple[str, ...]] = {
    # of an object of ours: for the admin of another organization it does not exist
    "see": ("login", "ok", "ok", "ok", "ok", "none"),
    "configure": ("login", "no", "ok", "no", "ok", "none"),
    "dry-run": ("login", "no", "ok", "ok", "ok", "none"),
    "operate": ("login", "no", "no", "ok", "ok", "none"),
    "delete": ("login", "no", "no", "no", "ok", "none"),
    # of no object: the stranger sees and makes what is theirs
    "list": ("login", "ok", "ok", "ok", "ok", "ok"),
    "make": ("login", "no", "ok", "no", "ok", "ok"),
    "govern": ("login", "no", "no", "no", "ok", "ok"),
    "person": ("login", "ok", "ok", "ok", "ok", "ok"),
    "anybody": ("ok", "ok", "ok", "ok", "ok", "ok"),
    # only by the other method
    "-": ("login", "post", "post", "post", "post", "post"),
    "-configure": ("login", "no", "post", "no", "post", "post"),
    "-dry-run": ("login", "no", "post", "post", "post", "post"),
    "-operate": ("login", "no", "no", "post", "post", "post"),
    "-delete": ("login", "no", "no", "no", "post", "post"),
    "-anybody": ("post", "post", "post", "post", "post", "post"),
    # the operator's console asks for a superuser, and none of these is; whoever logs out is out
    "login": ("login", "login", "login", "login", "login", "login"),
    "refused": ("login", "no", "no", "no", "no", "no"),
    "nowhere": ("none", "none", "none", "none", "none", "none"),
}

SEE, LIST = ("see", "-"), ("list", "-")
CHANGE, OPERATE = ("-configure", "configure"), ("-operate", "operate")

TABLE: dict[str, tuple[str, str]] = {
    "login": ("anybody", "anybody"),
    "logout": ("-", "login"),
    "healthz": ("anybody", "-anybody"),
    "readyz": ("anybody", "-anybody"),
    "metrics": ("nowhere", "-anybody"),  # off without a token
    "home": ("person", "person"),
    "account": ("person", "person"),
    "end-sessions": ("-", "person"),
    "switch": ("-", "see"),
    "roles": LIST,
    "invitation": ("anybody", "anybody"),
    "people": LIST,
    "person-role": ("-delete", "delete"),
    "person-remove": ("-delete", "delete"),
    "invite": ("-delete", "govern"),
    "invitation-revoke": ("-delete", "delete"),
    "audit": ("govern", "-delete"),
    "audit-export": ("govern", "-delete"),
    "flows": LIST,
    "flow-rows": LIST,
    "flow": SEE,
    "flow-live": SEE,
    "flow-delete": ("delete", "delete"),
    "sources": LIST,
    "source-rows": LIST,
    "source": SEE,
    "source-state": SEE,
    "source-rename": ("configure", "configure"),
    "nexsets": LIST,
    "nexset": SEE,
    "nexset-rename": ("configure", "configure"),
    "record": SEE,
    "upload": ("make", "make"),
    "uploading": SEE,
    "upload-reading": SEE,
    "credentials": LIST,
    "credential-new": ("make", "make"),
    "credential": ("see", "configure"),
    "credential-key": CHANGE,
    "credential-test": CHANGE,
    "credential-delete": ("-delete", "delete"),
    "send": ("configure", "configure"),
    "wizard-select": ("configure", "configure"),
    "wizard-authenticate": ("configure", "configure"),
    "wizard-credential": CHANGE,
    "wizard-configure": ("see", "configure"),
    "wizard-settings": CHANGE,
    "wizard-preview": CHANGE,
    "wizard-discard": CHANGE,
    "wizard-lookup": CHANGE,
    "wizard-records": CHANGE,
    "wizard-test": CHANGE,
    "destination": SEE,
    "destination-health": SEE,
    "destination-calls": SEE,
    "destination-jobs": SEE,
    "destination-actions": SEE,
    "destination-record": SEE,
    "destination-record-edit": ("operate", "operate"),
    "destination-activate": OPERATE,
    "destination-pause": OPERATE,
    "destination-copy": CHANGE,
    "destination-delete": ("delete", "delete"),
    "destination-import": ("make", "make"),
    "destination-export": SEE,
    "quarantine": SEE,
    "quarantine-groups": SEE,
    "quarantine-decided": SEE,
    "quarantine-decide": ("operate", "operate"),
    "quarantine-decide-count": ("operate", "-operate"),
    "decision-cancel": OPERATE,
    "dryrun": SEE,
    "dryrun-start": ("-dry-run", "dry-run"),
    "dryrun-progress": SEE,
    "versions": SEE,
    "version-restore": ("configure", "configure"),
    "history": SEE,
}

CONSOLE = ("login", "login")  # everything in the namespace "admin", but for
CONSOLE_OPEN: dict[str, tuple[str, str]] = {
    "logout": ("person", "person"),
    "login": ("refused", "refused"),
}
