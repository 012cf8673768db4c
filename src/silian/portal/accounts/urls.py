"""Pages of accounts: session, profile, keys, users."""

from django.urls import path

from silian.portal.accounts.views import keys, session, users

app_name = "accounts"
urlpatterns = [
    path("sign-in/", session.sign_in, name="sign_in"),
    path("sign-out/", session.sign_out, name="sign_out"),
    path("profile/", session.profile, name="profile"),
    path("keys/", keys.api_keys, name="api_keys"),
    path("users/", users.users, name="users"),
]
