"""The attack surface, line by line. A test proves a line by `@pytest.mark.surface("S7")`.

S20 (a webhook that takes records in) does not apply: records come in as files that a person who
is logged in uploads, or from the shell; no address takes anything from a machine. The test of S20
checks that this is still so.
"""

SURFACE = {
    "S1": "forbidden addresses in every spelling",
    "S2": "names that resolve differently the second time",
    "S3": "redirects",
    "S4": "the sandbox in production",
    "S5": "proxies and netrc of the environment",
    "S6": "header injection",
    "S7": "secrets at rest",
    "S8": "redaction",
    "S9": "forged requests",
    "S10": "content security policy",
    "S11": "framing, sniffing, referrers, caches",
    "S12": "stored markup",
    "S13": "formulas in exports",
    "S14": "uploads that are too much",
    "S15": "JSON that is too much",
    "S16": "replies that are too much or never end",
    "S17": "templates within data",
    "S18": "objects of other organizations",
    "S19": "fields that no form has",
    "S20": "webhooks that take records in (there are none)",
    "S21": "logging in",
    "S22": "open redirects",
    "S23": "the operator's console",
    "S24": "hostile messages in the broker",
    "S25": "calls that cannot be undone",
    "S26": "the audit",
    "S27": "log injection",
    "S28": "too many requests to ourselves",
    "S29": "dependencies",
    "S30": "check --deploy",
}
