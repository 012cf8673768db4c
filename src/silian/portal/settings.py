"""Django settings; every switch is an environment variable named in docs/how-to/settings.md."""

import os
from importlib.util import find_spec
from pathlib import Path

from silian.portal.environment import data_folder, database_from_url, secret_key

SILIAN_HOME = data_folder(os.environ.get("SILIAN_HOME"))
INDEX_DIRECTORY = SILIAN_HOME / "index"
UPLOAD_DIRECTORY = SILIAN_HOME / "uploads"
# Where questions about the whole city are answered: duckdb, spark or spark://host:port.
TABLES = os.environ.get("SILIAN_TABLES", "duckdb")
# Whether a process carries its own changes to the index; a worker does it otherwise.
INDEX_THREAD = os.environ.get("SILIAN_INDEX_THREAD", "1") == "1"
# What reads meaning: e5, endpoint, none, or package.module:function.
EMBEDDER = os.environ.get("SILIAN_EMBEDDER", "e5")
EMBEDDER_ENDPOINT = {
    "url": os.environ.get("SILIAN_EMBEDDER_URL", ""),
    "model": os.environ.get("SILIAN_EMBEDDER_MODEL", ""),
    "api_key": os.environ.get("SILIAN_EMBEDDER_API_KEY", ""),
    "n_dimensions": os.environ.get("SILIAN_EMBEDDER_DIMENSIONS", ""),
}

DEBUG = os.environ.get("SILIAN_DEBUG", "0") == "1"
SECRET_KEY = os.environ.get("SILIAN_SECRET_KEY") or secret_key(SILIAN_HOME)
ALLOWED_HOSTS = os.environ.get("SILIAN_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [
    origin for origin in os.environ.get("SILIAN_TRUSTED_ORIGINS", "").split(",") if origin
]

DATABASES = {"default": database_from_url(os.environ.get("SILIAN_DATABASE_URL"), SILIAN_HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "simple_history",
    "django_htmx",
    "js_lib_bootstrap5",
    "django_q",
    "ninja",
    "silian.portal.accounts",
    "silian.portal.audit",
    "silian.portal.registry",
    "silian.portal.innovation",
    "silian.portal.industry",
    "silian.portal.capital",
    "silian.portal.exchange",
    "silian.portal.insight",
    "silian.portal.api",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "silian.portal.accounts.middleware.SecurityHeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Pages of matches and tables shrink to a tenth; Django pads them against BREACH.
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "silian.portal.language_choice.LanguageChoiceMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "silian.portal.kept_text.KeptTextMiddleware",
    "silian.portal.accounts.middleware.PermissionMiddleware",
]

ROOT_URLCONF = "silian.portal.urls"
WSGI_APPLICATION = "silian.portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ],
        },
    }
]

CSRF_FAILURE_VIEW = "silian.portal.error_pages.csrf_failure"

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": name}
    for name in (
        "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "silian.portal.accounts.passwords.LengthValidator",
        "django.contrib.auth.password_validation.CommonPasswordValidator",
        "django.contrib.auth.password_validation.NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [Path(__file__).parent / "locale"]
TIME_ZONE = os.environ.get("SILIAN_TIME_ZONE", "Asia/Shanghai")
USE_TZ = True
USE_I18N = True

STATIC_URL = "static/"
STATIC_ROOT = SILIAN_HOME / "static"
STATIC_ROOT.mkdir(exist_ok=True)
# ECharts comes inside a wheel; finding its folder must not import the package around it.
_echarts = find_spec("instaui_echarts")
STATICFILES_DIRS = [
    Path(__file__).parent / "static",
    ("echarts", Path(_echarts.origin).parent / "static"),
]
WHITENOISE_USE_FINDERS = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = os.environ.get("SILIAN_HTTPS", "0") == "1"
SESSION_COOKIE_AGE = int(os.environ.get("SILIAN_SESSION_HOURS", "12")) * 3600
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SESSION_COOKIE_SECURE else 0
X_FRAME_OPTIONS = "DENY"

# Guessing passwords: failures of one name from one address, and of one address, in the window.
SIGN_IN_FAILURES = int(os.environ.get("SILIAN_SIGN_IN_FAILURES", "5"))
SIGN_IN_FAILURES_PER_ADDRESS = 10 * SIGN_IN_FAILURES
SIGN_IN_WINDOW_MINUTES = int(os.environ.get("SILIAN_SIGN_IN_WINDOW_MINUTES", "10"))
# How many of our own proxies stand before us and write X-Forwarded-For.
TRUSTED_PROXY_COUNT = int(os.environ.get("SILIAN_TRUSTED_PROXIES", "0"))

# The home page sums contracts once it can't tell of single ones: so many, of so many owners.
CONTRACTS_SUMMED_MIN = int(os.environ.get("SILIAN_CONTRACTS_SUMMED_MIN", "3"))
# Questions about the whole city are answered from facts that are at most so old.
CITY_SECONDS = int(os.environ.get("SILIAN_CITY_SECONDS", "300"))
# Statistics over fewer than so many are withheld or widened: they would tell of single ones.
SMALL_COUNT_MIN = max(2, int(os.environ.get("SILIAN_SMALL_COUNT_MIN", "5")))
# Code of the region whose industry chains are looked at; empty: the only city that is loaded.
HOME_REGION = os.environ.get("SILIAN_REGION", "").strip()

# Whether the ranker reads how near supplies are in the graph; measured, it did not help by itself.
GRAPH_NEARNESS = os.environ.get("SILIAN_GRAPH_NEARNESS", "0") == "1"

API_BODY_BYTES_MAX = 1024 * 1024
UPLOAD_BYTES_MAX = int(os.environ.get("SILIAN_UPLOAD_MB_MAX", "1024")) * 1024 * 1024
# So long, and for so many loads, what a load changed is kept, so that it can be taken back.
UNDO_DAYS = max(0, int(os.environ.get("SILIAN_UNDO_DAYS", "90")))
UNDO_LOADS = max(0, int(os.environ.get("SILIAN_UNDO_LOADS", "200")))
# Requests a minute to the REST API, for each worker process: a key's, and an address's without.
API_REQUESTS_PER_MINUTE = int(os.environ.get("SILIAN_API_REQUESTS_PER_MINUTE", "600"))
API_ANONYMOUS_REQUESTS_PER_MINUTE = int(
    os.environ.get("SILIAN_API_ANONYMOUS_REQUESTS_PER_MINUTE", "60")
)

# Background jobs in the records database: no broker to start. At least once, so jobs are
# idempotent.
Q_CLUSTER = {
    "name": "silian",
    "orm": "default",
    "workers": int(os.environ.get("SILIAN_WORKERS", "1")),
    "timeout": 6 * 3600,
    "retry": 7 * 3600,
    "max_attempts": 3,
    "catch_up": False,
    "bulk": 1,
    "poll": 0.5,
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": os.environ.get("SILIAN_LOG_LEVEL", "WARNING")},
}

UNFOLD = {
    "SITE_TITLE": "四链 silian",
    "SITE_HEADER": "四链 silian",
    "SITE_SYMBOL": "hub",
    "SHOW_HISTORY": True,
}
