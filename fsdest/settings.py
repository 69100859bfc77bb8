"""All settings, top to bottom: environment, Django, Celery, FullStory.

Everything has a default for one machine: SQLite and Valkey below `FSDEST_DATA` (default: var/).
A wrong value stops the start with a sentence.
"""

import contextlib
import re
import secrets
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import environ
from cryptography.fernet import Fernet
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from kombu import Queue

from fsdest import logs

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


def env_secret(name: str, default: str) -> str:
    """Return the variable `name`, or the content of the file that `name`_FILE points to."""
    file = env.str(f"{name}_FILE", default="")
    return Path(file).read_text().strip() if file else env.str(name, default=default)


# --- Where data lives ---------------------------------------------------------------------
DATA_DIR = Path(env.str("FSDEST_DATA", default=str(BASE_DIR / "var"))).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)
UPLOAD_DIR = DATA_DIR / "uploads"


def kept_secret(name: str, make: str) -> str:
    """Return the secret kept in DATA_DIR/`name`, writing `make` there at the first start."""
    file = DATA_DIR / name
    if not file.exists():
        fresh = file.with_suffix(f".{secrets.token_hex(4)}")
        fresh.touch(mode=0o600)
        fresh.write_text(make)
        with contextlib.suppress(FileExistsError):
            file.hardlink_to(fresh)  # atomic: two first starts agree on one secret
        fresh.unlink()
    return file.read_text().strip()


# --- Django ---------------------------------------------------------------------------------
# "development" allows the sandbox on loopback; "production" does not.
FSDEST_ENV = env.str("FSDEST_ENV", default="development")
if FSDEST_ENV not in {"development", "production"}:
    raise ImproperlyConfigured("FSDEST_ENV may be development or production.")
IS_DEVELOPMENT = FSDEST_ENV == "development"
SANDBOX_ALLOWED = IS_DEVELOPMENT  # no variable allows it in production

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env_secret("SECRET_KEY", "") or kept_secret("secret_key", secrets.token_urlsafe(50))
# Signs nothing new; what was signed with it stays valid until it is taken out here.
SECRET_KEY_FALLBACKS = [k for k in env_secret("SECRET_KEY_FALLBACKS", "").split(",") if k]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "fsdest.apps.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "csp",
    "django_htmx",
    "axes",
    "template_partials.apps.SimpleAppConfig",
    "lucide",
    "fsdest.apps.FsdestConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "fsdest.web.asking.asking_middleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "fsdest.web.console.ConsoleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "fsdest.web.caches.private_middleware",
    "fsdest.web.permissions.RolesMiddleware",
    "fsdest.web.haste.PaceMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "fsdest.web.once.OnceMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "fsdest.web.sessions.SessionLimits",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "fsdest.urls"
WSGI_APPLICATION = "fsdest.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "fsdest.web.shell.shell",
            ],
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "builtins": [
                "template_partials.templatetags.partials",
                "django.templatetags.static",
                "lucide.templatetags.lucide",
                "fsdest.web.templatetags",
            ],
        },
    }
]

# WAL and IMMEDIATE are what make SQLite safe under several processes: with the defaults one
# read-then-write in four fails at once with "database is locked".
SQLITE_OPTIONS = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA busy_timeout=20000;"
    "PRAGMA temp_store=MEMORY;PRAGMA cache_size=-20000;PRAGMA journal_size_limit=67108864;",
}
# A server that is gone without a word is noticed within a minute, not within hours.
POSTGRES_OPTIONS = {
    "connect_timeout": 10,
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 40_000,  # milliseconds
}
DATABASES = {
    "default": environ.Env.db_url_config(
        env.str("DATABASE_URL", default="") or f"sqlite:///{DATA_DIR / 'fsdest.sqlite3'}"
    )
}
# A socket's folder comes as %2Fvar%2Frun, which libpq decodes and django-environ does not.
DATABASES["default"]["HOST"] = unquote(DATABASES["default"].get("HOST") or "")
if password := env_secret("DATABASE_PASSWORD", ""):
    DATABASES["default"]["PASSWORD"] = password
IS_SQLITE = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
if IS_SQLITE:
    DATABASES["default"]["OPTIONS"] = SQLITE_OPTIONS
else:
    asked = DATABASES["default"].get("OPTIONS") or {}  # as in ?sslmode=require
    DATABASES["default"]["OPTIONS"] = POSTGRES_OPTIONS | asked
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if env.bool("FSDEST_HASHED_STATIC", default=not DEBUG)
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "flows"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]

# --- Logging in: how often it may fail, and how long it lasts ------------------------------
LOGIN_FAILURES = env.int("FSDEST_LOGIN_FAILURES", default=5)  # of a name, from an address
LOGIN_COOL_OFF = timedelta(minutes=env.int("FSDEST_LOGIN_COOL_OFF_MIN", default=15))
SESSION_IDLE = timedelta(minutes=env.int("FSDEST_SESSION_IDLE_MIN", default=120))
SESSION_LONGEST = timedelta(hours=env.int("FSDEST_SESSION_LONGEST_H", default=12))
SESSION_COOKIE_AGE = int(SESSION_LONGEST.total_seconds())
# Where the operator's console is, "" for nowhere, and from where it may be opened; all: anywhere.
ADMIN_PATH = env.str("FSDEST_ADMIN_PATH", default="").strip("/") or "admin"
if not re.fullmatch(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*", ADMIN_PATH):
    raise ImproperlyConfigured("FSDEST_ADMIN_PATH may have letters, digits, - and _, or be off.")
ADMIN_PATH = "" if ADMIN_PATH == "off" else ADMIN_PATH
try:
    ADMIN_NETWORKS = [
        ip_network(network) for network in env.list("FSDEST_ADMIN_NETWORKS", default=[]) if network
    ]
except ValueError as error:
    raise ImproperlyConfigured(f"FSDEST_ADMIN_NETWORKS: {error}.") from error
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # refuses before the next one is asked
    "django.contrib.auth.backends.ModelBackend",
]
AXES_HANDLER = "fsdest.web.login.Throttle"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], "ip_address", "username"]
AXES_FAILURE_LIMIT = LOGIN_FAILURES
AXES_COOLOFF_TIME = LOGIN_COOL_OFF
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "fsdest.web.login.address"
AXES_LOCKOUT_CALLABLE = "fsdest.web.login.locked"
AXES_DISABLE_ACCESS_LOG = True  # fsdest.audit tells who was there
AXES_VERBOSE = False

# An upload streams to disk beyond this; a form without files may not be larger.
FILE_UPLOAD_MAX_MEMORY_SIZE = 0
FILE_UPLOAD_TEMP_DIR = UPLOAD_DIR
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024  # bytes
UPLOAD_DIR.mkdir(parents=True, exist_ok=True)

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
TRUST_PROXY = not IS_DEVELOPMENT and env.bool("TRUST_PROXY", default=False)
if not IS_DEVELOPMENT:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    if TRUST_PROXY:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LOG_FORMAT = env.str("FSDEST_LOG_FORMAT", default="line" if IS_DEVELOPMENT else "json")
if LOG_FORMAT not in logs.FORMS:
    raise ImproperlyConfigured("FSDEST_LOG_FORMAT may be line or json.")
LOGGING = logs.configuration(form=LOG_FORMAT, level=env.str("LOG_LEVEL", default="INFO"))

# Who asks for /metrics names this token; without one there is no such page.
METRICS_TOKEN = env_secret("FSDEST_METRICS_TOKEN", "")
if METRICS_TOKEN and len(METRICS_TOKEN) < 16:
    raise ImproperlyConfigured("FSDEST_METRICS_TOKEN must have at least 16 characters.")

# --- Celery: messages are hints -----------------------------------------------------------
# The start command leaves the address of the Valkey that it runs, so that manage.py finds it too.
VALKEY_URL_FILE = DATA_DIR / "valkey.url"
REDIS_URL = env.str("REDIS_URL", default="") or (
    VALKEY_URL_FILE.read_text() if VALKEY_URL_FILE.exists() else "redis://127.0.0.1:6379/0"
)
if password := env_secret("REDIS_PASSWORD", ""):
    address = urlsplit(REDIS_URL)
    host = address.netloc.rpartition("@")[2]
    login = f"{address.username or ''}:{quote(password, safe='')}"
    REDIS_URL = address._replace(netloc=f"{login}@{host}").geturl()
CELERY_BROKER_URL = REDIS_URL
VISIBILITY_TIMEOUT = 900  # seconds; no message waits that long, none has an ETA
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": VISIBILITY_TIMEOUT,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 3,
    "socket_keepalive": True,
    "health_check_interval": 10,
    "global_keyprefix": "fsdest:",
    "client_name": "fsdest",
}
CELERY_VISIBILITY_TIMEOUT = VISIBILITY_TIMEOUT
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_CHANNEL_ERROR_RETRY = True
CELERY_BROKER_POOL_LIMIT = 4
CELERY_TASK_PUBLISH_RETRY_POLICY = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.2,
    "interval_max": 0.2,
}
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False  # the lease is the acknowledgement
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_MAX_TASKS_PER_CHILD = 2000
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000  # KiB
CELERY_WORKER_PROC_ALIVE_TIMEOUT = 60
CELERY_TASK_TIME_LIMIT = 3600  # backstop: reading a very large file is the longest task
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 45
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_REMOTE_TRACEBACKS = False
CELERY_TASK_CREATE_MISSING_QUEUES = False  # a mistyped queue must fail, not wait for ever
CELERY_TASK_DEFAULT_QUEUE = "drain"
CELERY_TASK_QUEUES = [Queue("drain"), Queue("ingest"), Queue("maintenance")]
CELERY_TASK_ROUTES = {
    "fsdest.tasks.work_lane": {"queue": "drain"},
    "fsdest.tasks.ingest_upload": {"queue": "ingest"},
    "fsdest.tasks.dry_run": {"queue": "maintenance"},
    "fsdest.tasks.work_decision": {"queue": "maintenance"},
    "fsdest.tasks.follow_jobs": {"queue": "maintenance"},
    "fsdest.tasks.sweep": {"queue": "maintenance"},
    "fsdest.tasks.prune": {"queue": "maintenance"},
}
# A worker whose event loop stands still for so long, or that leaves messages lie, ends itself.
WATCHDOG_S = env.int("FSDEST_WATCHDOG_S", default=60)
CELERY_BEAT_MAX_LOOP_INTERVAL = 5
SWEEP_EVERY_S = env.int("FSDEST_SWEEP_EVERY_S", default=2)
FOLLOW_EVERY_S = 2
PRUNE_EVERY_S = 600
CANARY_EVERY_S = 10
KEEP_CALLS_DAYS = env.int("FSDEST_KEEP_CALLS_DAYS", default=14)  # then calls are deleted
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "fsdest.tasks.sweep",
        "schedule": timedelta(seconds=SWEEP_EVERY_S),
        "options": {"expires": SWEEP_EVERY_S},
    },
    "follow-jobs": {
        "task": "fsdest.tasks.follow_jobs",
        "schedule": timedelta(seconds=FOLLOW_EVERY_S),
        "options": {"expires": FOLLOW_EVERY_S},
    },
    "prune": {
        "task": "fsdest.tasks.prune",
        "schedule": timedelta(seconds=PRUNE_EVERY_S),
        "options": {"expires": PRUNE_EVERY_S},
    },
    # One into each queue: that somebody takes it shows that the queue is served.
    **{
        f"canary-{queue.name}": {
            "task": "fsdest.tasks.canary",
            "schedule": timedelta(seconds=CANARY_EVERY_S),
            "options": {"queue": queue.name, "expires": CANARY_EVERY_S},
        }
        for queue in CELERY_TASK_QUEUES
    },
}

# --- FullStory ----------------------------------------------------------------------------
FULLSTORY_URL = "https://api.fullstory.com"
# Where SANDBOX_ALLOWED, a credential may go there instead: to exactly this host and port.
FULLSTORY_SANDBOX_URL = env.str("FULLSTORY_SANDBOX_URL", default="http://127.0.0.1:8010").rstrip(
    "/"
)
CALL_DEADLINE_S = env.int("FSDEST_CALL_DEADLINE_S", default=30)  # one call, connect to last byte

LEAN = env.bool("FSDEST_LEAN", default=True)  # calls go the short way; see outbound.lean

CALLS_IN_FLIGHT = env.int(
    "FSDEST_CALLS_IN_FLIGHT", default=16
)  # single calls, for each lane at work

# Newest first: seals with the first, opens with any.
CREDENTIAL_KEYS = [k for k in env_secret("CREDENTIAL_KEYS", "").split(",") if k] or [
    kept_secret("credential_key", Fernet.generate_key().decode())
]
