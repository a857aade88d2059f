"""The provider's pages for people: enter the code, sign in, look at what is asked, done."""

from __future__ import annotations

import secrets
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeAlias

from flask import Blueprint, abort, current_app, redirect, render_template, request, session, url_for
from werkzeug.exceptions import HTTPException

from .catalogue import APPLICATIONS, PEOPLE, SCOPE_TITLES, Person, person_with
from .state import DeviceRequest, ProviderState

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response

#: What a view answers: a page, a page with a status, or the way to another.
Page: TypeAlias = "str | Response | tuple[str, int]"

pages = Blueprint("pages", __name__)


def state() -> ProviderState:
    """The memory of the provider that answers this request."""
    known: ProviderState = current_app.extensions["demo_provider"]
    return known


def signed_in() -> Person | None:
    return PEOPLE.get(session.get("username", ""))


def csrf_token() -> str:
    """The word that every form of this browser session carries."""
    return str(session.setdefault("csrf", secrets.token_urlsafe(24)))


def form_checked(view: Callable[[], Page]) -> Callable[[], Page]:
    """Take a form only from a page this provider gave to this browser: no other site can send one."""

    @wraps(view)
    def checked() -> Page:
        sent = request.form.get("csrf", "")
        if request.method == "POST" and not secrets.compare_digest(sent.encode(), csrf_token().encode()):
            abort(400)
        return view()

    return checked


@pages.get("/")
def start() -> Page:
    return redirect(url_for(".enter_code"), 303)


@pages.route("/device", methods=["GET", "POST"])
@form_checked
def enter_code() -> Page:
    """The code, typed or brought by `verification_uri_complete`; confirmed either way (RFC 8628, 3.3.1)."""
    if request.method == "GET":
        brought = request.args.get("user_code", "")[:40]
        return render_template(
            "code.html", user_code=brought, known=state().open_request(brought) is not None
        )
    typed = request.form.get("user_code", "")[:40]
    waiting = state().open_request(typed)
    if waiting is None:
        return render_template("code.html", user_code=typed, known=False, wrong=True), 400
    session["user_code"] = waiting.user_code
    return redirect(url_for(".consent" if signed_in() else ".sign_in"), 303)


@pages.route("/sign-in", methods=["GET", "POST"])
@form_checked
def sign_in() -> Page:
    if waiting_request() is None:
        return redirect(url_for(".enter_code"), 303)
    if request.method == "GET":
        return render_template("sign_in.html", people=PEOPLE.values())
    username = request.form.get("username", "")
    person = person_with(username, request.form.get("password", ""))
    if person is None:
        return render_template(
            "sign_in.html", people=PEOPLE.values(), username=username[:40], wrong=True
        ), 401
    user_code = session["user_code"]
    session.clear()  # a new session, and a new word for its forms
    session.update(username=person.username, user_code=user_code, auth_time=int(state().clock()))
    return redirect(url_for(".consent"), 303)


@pages.post("/sign-out")
@form_checked
def sign_out() -> Page:
    """Let somebody else answer the same request."""
    user_code = session.get("user_code")
    session.clear()
    session["user_code"] = user_code
    return redirect(url_for(".sign_in"), 303)


@pages.route("/consent", methods=["GET", "POST"])
@form_checked
def consent() -> Page:
    person, waiting = signed_in(), waiting_request()
    if waiting is None:
        return redirect(url_for(".enter_code"), 303)
    if person is None:
        return redirect(url_for(".sign_in"), 303)
    if request.method == "GET":
        return render_template("consent.html", person=person, **_asked(waiting))
    decision = request.form.get("decision")
    if decision not in ("allow", "decline"):
        abort(400)
    approved = decision == "allow"
    auth_time = int(session["auth_time"])
    if not state().answer(waiting.user_code, person, approved=approved, auth_time=auth_time):
        return redirect(url_for(".enter_code"), 303)
    del session["user_code"]
    session["answer"] = {"approved": approved, "application": APPLICATIONS[waiting.client_id].name}
    return redirect(url_for(".done"), 303)


@pages.get("/done")
def done() -> Page:
    answer, person = session.get("answer"), signed_in()
    if answer is None or person is None:
        return redirect(url_for(".enter_code"), 303)
    return render_template("done.html", person=person, **answer)


def waiting_request() -> DeviceRequest | None:
    """The request whose code this browser entered, while it still waits."""
    user_code = session.get("user_code")
    return state().open_request(user_code) if user_code else None


def _asked(waiting: DeviceRequest) -> dict[str, Any]:
    return {
        "user_code": waiting.user_code,
        "application": APPLICATIONS[waiting.client_id],
        "scopes": [(SCOPE_TITLES[name], name) for name in waiting.scope.split()],
    }


def show_problem(error: HTTPException) -> tuple[str, int]:
    """Any refusal as a page that says what happened and what to do."""
    status = error.code or 500
    return render_template("problem.html", status=status), status
