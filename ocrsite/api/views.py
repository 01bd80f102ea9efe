"""The API's own addresses: a token for a password, and the browsable description."""

from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate, user_logged_in
from django.http import Http404
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.authtoken.models import Token
from rest_framework.exceptions import APIException, Throttled
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class CredentialsSerializer(serializers.Serializer[Any]):
    """A person's name and password."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=4096, trim_whitespace=False)


class TokenSerializer(serializers.Serializer[Any]):
    """Send it as `Authorization: Token <token>`."""

    token = serializers.CharField()


class WrongCredentials(APIException):
    """No such name, or another password: which of them is not told."""

    status_code = 401
    default_code = "wrong_credentials"
    default_detail = "This name and password do not belong together."


class TokenView(APIView):
    """A token for a password."""

    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_scope = "token"

    @extend_schema(request=CredentialsSerializer, responses=TokenSerializer, auth=[])
    def post(self, request: Request) -> Response:
        """Get your token; the same one each time.

        Wrong passwords count like those on the sign-in page, and end in the same pause (429).
        """
        form = CredentialsSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        # The framework's request, not Django's: what the pause notes on it stays here, and the
        # middleware does not put the sign-in page's answer in place of this one.
        user = authenticate(request, **form.validated_data)
        paused = getattr(request, "axes_locked_out", False)
        if paused:
            raise Throttled(
                wait=settings.AXES_COOLOFF_TIME.total_seconds(),
                detail="Too many wrong passwords.",
            )
        if user is None:
            raise WrongCredentials
        user_logged_in.send(sender=user.__class__, request=request, user=user)
        token, _ = Token.objects.get_or_create(user=user)
        return Response({"token": token.key})


class DocsView(SpectacularSwaggerSplitView):
    """The description as a page to browse and to try calls from, without inline script or style."""

    url_name = "api-schema"
    template_name = "api/docs.html"


class NothingHereView(APIView):
    """Whatever else lies below /api/: an error in the API's own shape."""

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        raise Http404

    post = put = patch = delete = get
