"""Pages of the industry chain: policies, and enterprises under them."""

from django.urls import path

from silian.portal.industry.views import policies

app_name = "industry"
urlpatterns = [
    path("policies/", policies.policy_list, name="policy_list"),
    path("policies/<slug:policy_id>/", policies.policy_detail, name="policy_detail"),
]
