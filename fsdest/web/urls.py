"""Every address of the browser's door, part by part."""

from django.contrib.auth import views as auth
from django.urls import path
from django.urls.resolvers import URLPattern

urlpatterns: list[URLPattern] = [
    path("login/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
]
