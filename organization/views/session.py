"""Log-in, log-out and one's own password."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import LoginView, LogoutView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from common.access import PUBLIC, SIGNED_IN, audience
from engines.audit.record import record
from organization.forms import PasswordForm
from organization.services import accounts
from organization.views.parts import Asked, actor


class SignIn(LoginView):
    """Django's own, throttled by axes; every log-in is kept in the trail."""

    redirect_authenticated_user = True

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        record("account.login", form.get_user(), actor=form.get_user(), now=self.request.now)  # type: ignore[attr-defined]
        return response


class SignOut(LogoutView):
    @transaction.atomic
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            record("account.logout", request.user, actor=request.user, now=request.now)  # type: ignore[attr-defined]
        return super().post(request, *args, **kwargs)  # type: ignore[return-value]


login = audience(PUBLIC)(SignIn.as_view())
logout = audience(SIGNED_IN)(SignOut.as_view())


@audience(SIGNED_IN)
def password_change(request: Asked) -> HttpResponse:
    """The account's own new password; at first log-in nothing else opens before."""
    user = actor(request)
    form = PasswordForm(user, request.POST or None)
    if form.is_valid():
        changed = accounts.change_own_password(user, password=form.cleaned_data["new"], now=request.now)
        update_session_auth_hash(request, changed)
        messages.success(request, "密码已修改。")
        return redirect("password_change_done")
    status = 422 if form.is_bound else 200
    return render(request, "registration/password_change_form.html", {"form": form}, status=status)


@audience(SIGNED_IN)
def password_change_done(request: Asked) -> HttpResponse:
    return render(request, "registration/password_change_done.html")
