"""Signing in: on a page of its own, or over a page that is worked on, by its script."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Django's own, but that signing in leads from a form back to the page that the form was on.

    The form's own address takes no GET, so it would answer 405.
    """

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseRedirect:
        if request.method in ("GET", "HEAD"):
            return super().handle_no_permission(request, view_func)
        return redirect_to_login(_page_of_form(request), self.get_login_url(view_func))


class SignInView(LoginView):
    """Django's own sign-in page, which also answers a script that asks for JSON.

    Such a script says by `user` for whom its page was made: nobody else is signed in over that
    person's typing. Passwords are counted in both ways alike, by the backends.
    """

    redirect_authenticated_user = True

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        accepted = request.get_preferred_type(["text/html", "application/json"])
        self.for_script = request.method == "POST" and accepted == "application/json"
        if self.for_script:  # the session may be another person's, who signed in since
            self.redirect_authenticated_user = False

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        if not self.for_script:
            return super().form_valid(form)
        user = form.get_user()
        if str(user.pk) != self.request.POST.get("user", str(user.pk)):
            owner = User.objects.filter(pk=_number(self.request.POST["user"])).first()
            whose = f"{owner.get_username()}'s" if owner else "somebody else's"
            return JsonResponse(
                {
                    "code": "other_user",
                    "message": f"This page is {whose}: only they can go on with it here.",
                },
                status=409,
            )
        login(self.request, user)
        return JsonResponse({"user": user.pk})

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        if not self.for_script:
            return super().form_invalid(form)
        told = "The name and the password do not match an account. Both are case-sensitive."
        return JsonResponse({"code": "wrong_password", "message": told}, status=422)


def _page_of_form(request: HttpRequest) -> str:
    """The page of this site that a form was sent from; the first page where no browser says so."""
    page = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(page, {request.get_host()}, request.is_secure()):
        return resolve_url(settings.LOGIN_REDIRECT_URL)
    parts = urlsplit(page)
    return urlunsplit(("", "", parts.path, parts.query, ""))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
