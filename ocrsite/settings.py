"""Settings of the site. Each comes from the environment, with a default that is safe.

Numbers bear their unit in the name or in the comment beside them, and their reason.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from jinja2 import StrictUndefined
from kombu import Queue

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var"))).resolve()

# --- Safety: no key means no start; `bin/up` makes one. -----------------------------------------
SECRET_KEY = env.str("SECRET_KEY")
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# Set where TLS ends before this site: cookies are then sent over HTTPS only.
HTTPS = env.bool("HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0  # a year, as browsers' preload lists ask
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14  # seconds; a reviewer signs in every other week

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- Applications -------------------------------------------------------------------------------
INSTALLED_APPS = [
    "ocrsite.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "pgtrigger",
    "django_htmx",
    "template_partials",
    "django_celery_beat",
    "axes",
    "csp",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "recognition",
    "review",
    "training",
    "ocrsite",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "ocrsite.sign_in.SignInRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "ocrsite.urls"
WSGI_APPLICATION = "ocrsite.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "ocrsite.context.navigation",
            ],
        },
    },
    {  # What a page has hundreds of (docs/decisions/0058); texts are escaped there, too.
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates" / "jinja2"],
        "OPTIONS": {"autoescape": True, "undefined": StrictUndefined},
    },
]

# --- Database: PostgreSQL, and only that ----------------------------------------------------------
DATABASES = {"default": env.db_url("DATABASE_URL")}
DATABASES["default"].setdefault("CONN_MAX_AGE", 60)  # seconds
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# Seconds: a host that drops packets is told of, not waited for.
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- People ---------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
AXES_FAILURE_LIMIT = env.int("LOGIN_FAILURE_LIMIT", default=10)  # wrong passwords before a pause
AXES_COOLOFF_TIME = timedelta(minutes=env.int("LOGIN_PAUSE_MINUTES", default=10))
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False  # at each start of each process it would tell its version
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"

# --- Files ----------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR_DIR / "static"
MEDIA_ROOT = VAR_DIR / "media"  # never served by URL: views check who asks
MODEL_STORE = Path(env.str("MODEL_STORE", default=str(VAR_DIR / "models")))
RUN_DIR = Path(env.str("RUN_DIR", default=str(VAR_DIR / "runs")))  # training's working files
FEATURE_DIR = VAR_DIR / "features"  # what heads learn from, kept between runs; may be removed
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        # Files are named by their content: over what is damaged, never over another.
        "OPTIONS": {"allow_overwrite": True},
    },
    "staticfiles": {
        "BACKEND": "ocrsite.static_storage.StaticFiles"
        if not DEBUG
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
FILE_UPLOAD_PERMISSIONS = 0o640
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "recognition.uploads.DiskUploadHandler",
]
DATA_UPLOAD_MAX_NUMBER_FILES = 1_000  # in one request without JavaScript; with it, one file each
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # a page of 1,500 lines has some 3,000 fields
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 2**20  # bytes, files not counted

BASE_RECOGNISER = env.str("BASE_RECOGNISER", default="")  # PaddleOCR's name, or a directory
BASE_DETECTOR = env.str("BASE_DETECTOR", default="")  # empty: PP-OCRv6 small

# --- What an uploaded file may be ---------------------------------------------------------------
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_MB", default=200) * 2**20
UPLOADS_OPEN_MAX = env.int("UPLOADS_OPEN_MAX", default=20)  # unfinished, of one person
UPLOADS_OPEN_MAX_BYTES = env.int("UPLOADS_OPEN_MAX_MB", default=20_480) * 2**20  # their whole sizes
UPLOAD_KEEP_HOURS = env.int("UPLOAD_KEEP_HOURS", default=72)  # of one nobody goes on with
ARCHIVE_MAX_FILES = env.int("ARCHIVE_MAX_FILES", default=2_000)  # in one ZIP
ARCHIVE_MAX_BYTES = env.int("ARCHIVE_MAX_MB", default=4_096) * 2**20  # that one ZIP unpacks to
UPLOAD_MAX_PAGES = env.int("UPLOAD_MAX_PAGES", default=2_000)
PAGE_MAX_PIXELS = env.int("PAGE_MAX_MEGAPIXELS", default=100) * 10**6  # A3 at 600 dpi is 70
PDF_RENDER_DPI = env.int("PDF_RENDER_DPI", default=200)  # text of 8 points is then 22 pixels high
PDF_SCAN_DPI = env.int("PDF_SCAN_DPI", default=300)  # a scan as a picture file is kept as it is
INGEST_MAX_SECONDS = env.int("INGEST_MAX_SECONDS", default=600)
INGEST_MAX_MEMORY_BYTES = env.int("INGEST_MAX_MEMORY_MB", default=1_500) * 2**20

# A folder on the server, with one folder in it for each document type, whose files are taken in.
WATCH_DIR = env.str("WATCH_DIR", default="")
WATCH_QUIET_SECONDS = env.int("WATCH_QUIET_SECONDS", default=20)  # not written to for so long

# --- Reading ------------------------------------------------------------------------------------
READ_MAX_ATTEMPTS = 3  # a page that kills its worker so often is marked failed
READ_LEASE_SECONDS = 660  # longer than the task's hard limit: none reads a page that another reads
READ_THREADS = env.int("READ_THREADS", default=2)  # ONNX Runtime threads of one OCR worker

# --- Review -------------------------------------------------------------------------------------
REVIEW_LEASE_SECONDS = env.int("REVIEW_LEASE_SECONDS", default=15 * 60)

# --- Learning -----------------------------------------------------------------------------------
REFRESH_MIN_NEW_LABELS = env.int("REFRESH_MIN_NEW_LABELS", default=50)
FEATURE_CACHE_MB = env.int("FEATURE_CACHE_MB", default=4_096)  # some 0.4 MB a label; 0: none
TRAIN_MAX_SECONDS = env.int("TRAIN_MAX_SECONDS", default=6 * 3600)
# The whole network, backbone and all: new labels of all types that are worth a night (0: never),
# seconds its training may take, and how much of the backbone stays as it is (0: all of it learns,
# which is for a GPU; on a processor the lower blocks cost most and gain least).
NETWORK_MIN_NEW_LABELS = env.int("NETWORK_MIN_NEW_LABELS", default=500)
NETWORK_TRAIN_SECONDS = env.int("NETWORK_TRAIN_SECONDS", default=3 * 3600)
NETWORK_FROZEN_BLOCKS = env.int("NETWORK_FROZEN_BLOCKS", default=4)
TRAIN_DEVICES = env.str("TRAIN_DEVICES", default="")  # GPUs by number, "0,1": one process each
# Processes that train the whole network on a processor (0: one a core, as far as memory goes).
TRAIN_PROCESSES = env.int("TRAIN_PROCESSES", default=0)
NETWORK_MAX_RESUMES = 5  # times a run whose process died goes on; then it is the run that kills it
TRAIN_HEARTBEAT_SECONDS = 120  # a run silent for so long is dead

# --- Celery: every task is idempotent, so it may be acknowledged late ---------------------------
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Longer than the longest task, or Redis would deliver a running one twice.
    "visibility_timeout": TRAIN_MAX_SECONDS + 3_600,
    # A worker of several queues empties them in the order of the alphabet: `line` before `ocr`.
    "queue_order_strategy": "sorted",
    "socket_connect_timeout": 3,  # seconds; an upload must not hang on a broker that is down
    "socket_timeout": 30,
}
CELERY_TASK_PUBLISH_RETRY = False  # the sweep queues again what could not be queued at once
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_QUEUES = [Queue(name) for name in ("default", "line", "ocr", "train", "refresh")]
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TASK_ROUTES = {
    # A person waits for a line: it never queues up behind pages.
    "recognition.tasks.read_lines": {"queue": "line"},
    "review.tasks.read_page_turned": {"queue": "line"},
    "recognition.tasks.split_document": {"queue": "ocr"},
    "recognition.tasks.read_page": {"queue": "ocr"},
    "recognition.tasks.reread_page": {"queue": "ocr"},
    "review.tasks.find_proposals": {"queue": "ocr"},  # it looks with the recogniser's backbone
    # A head is learnt within minutes, also while a network is trained for hours.
    "training.tasks.train_head": {"queue": "refresh"},
    "training.tasks.make_features_ahead": {"queue": "refresh"},
    "training.tasks.train_network": {"queue": "train"},
    "training.tasks.read_for_trials": {"queue": "ocr"},
}
CELERY_TASK_SOFT_TIME_LIMIT = 540  # seconds; a page of 1,500 lines takes 85 of one core
CELERY_TASK_TIME_LIMIT = 600
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_MEMORY_PER_CHILD = env.int("OCR_WORKER_MAX_MEMORY_MB", default=1_200) * 1024
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE = env.str("TIME_ZONE", default="UTC")
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"


def _every(seconds: int, task: str) -> dict[str, object]:
    """Where no worker has come to it by the next time, that one is enough."""
    return {"task": task, "schedule": float(seconds), "options": {"expire_seconds": seconds}}


CELERY_BEAT_SCHEDULE = {
    "sweep": _every(30, "ocrsite.tasks.sweep"),
    "refresh": _every(10, "training.tasks.request_due_refreshes"),
    "features": _every(15, "training.tasks.make_features_ahead"),
    "trials": _every(15, "training.tasks.judge_trials"),
    "accuracy": _every(3600, "training.tasks.watch_accuracy"),
    "order the queue": _every(60, "review.tasks.refresh_queue"),
    "choose thresholds": _every(600, "review.tasks.choose_thresholds"),
    "watch": _every(15, "recognition.tasks.take_watched_files"),
}

# --- REST API -------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    # JSON only: the browsable pages of the framework need inline scripts.
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "ocrsite.api.schema.Operation",
    "DEFAULT_PAGINATION_CLASS": "ocrsite.api.pagination.Pagination",
    "PAGE_SIZE": 50,
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
        "rest_framework.throttling.ScopedRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {"anon": "30/min", "user": "6000/min", "token": "10/min"},
    "EXCEPTION_HANDLER": "ocrsite.api.errors.handle",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "OCR review",
    "DESCRIPTION": "Upload documents, follow them through reading and review, take the text out.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "ocrsite.api.schema.add_errors",
    ],
    "ENUM_NAME_OVERRIDES": {
        "DocumentStatus": "recognition.states.DocumentStatus",
        "PageStatus": "recognition.states.PageStatus",
        "TaskStatus": "review.states.TaskStatus",
        "TaskKind": "review.states.TaskKind",
        "TaskHold": "review.states.Hold",
        "Verdict": "review.states.Verdict",
        "ProposalStatus": "review.proposals.states.ProposalStatus",
        "RunStatus": "training.states.RunStatus",
        "RunStage": "training.states.Stage",
        "RunDepth": "training.states.Depth",
        "RunTrigger": "training.models.TrainingRun.Trigger",
        "TrialAim": "training.states.TrialAim",
        "TrialStatus": "training.states.TrialStatus",
        "CanaryStatus": "recognition.states.CanaryStatus",
        "RereadingStatus": "training.states.RereadingStatus",
        "TextSource": "recognition.states.TextSource",
        "ModelKind": "recognition.models.ModelVersion.Kind",
        "ActivationKind": "recognition.models.Activation.Kind",
    },
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# --- Language, time, log ------------------------------------------------------------------------
LANGUAGE_CODE = "en"
USE_TZ = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
}
